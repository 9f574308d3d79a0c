"""Keeps instruments out of every comparison whose price has not been that of their asset.

Two coins that share a ticker have two prices, and sooner or later these cross: then the difference looks like a gap
that can be traded. So an instrument that was apart from its asset's median in three scans in a row stays out until it
has agreed for a week. Of three listings the odd one out is apart; of two nobody knows who is wrong, so both are.

What proves nothing changes nothing: a feed that is missing, a stale or empty book, a spread as wide as the guard, and a
feed that is apart in so many instruments at once that it is the feed which is wrong and not their names.

Each feed has room for so many and no more, so that one of them never takes that of the others. What finds no room is
withheld pair by pair in every scan that it is apart in, and not remembered; whoever reads the watch sees it is full.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from arbedge.domain.market import ExchangeId, Feed, FeedKey, Market, Quote, Snapshot
from arbedge.domain.policy import Policy
from arbedge.limits import WATCHED_MAX

SCANS_MIN: Final = 3  # in a row
RELEASE_MS: Final = 7 * 86_400_000  # of agreement that was seen
AGREE_SHARE: Final = 0.75  # of the guard: agreement begins inside it, so that prices on the guard's edge do not flicker
CHECK_MS: Final = 600_000  # agreement is counted in steps of this, so that it is not written down at every scan
EVIDENCE_MS: Final = 3_600_000  # how often the evidence of a quarantined instrument is renewed
PAUSE_MS_MAX: Final = 900_000  # scans further apart than this are not in a row
FORGET_MS: Final = 30 * 86_400_000  # an instrument not seen for this long is no longer listed
OTHERS_KEPT: Final = 5
FEED_APART_MIN: Final = 20  # collisions are few: more than this many, and
FEED_APART_SHARE: Final = 0.1  # more than this share of a feed, are the feed's own trouble

Name = tuple[str, str]  # an asset and the currency it is quoted in
Verdict = Literal["apart", "near", "agrees"]


class Suspect(Struct, frozen=True, array_like=True):
    """One instrument that is or was apart, with the evidence: the prices per asset unit as they were at `seen_at`."""

    asset: str
    quote: str
    scans: int  # apart in a row; of a quarantined instrument those that led there
    first_at: int
    seen_at: int
    price: float
    median: float
    others: list[tuple[str, float]]  # the asset's other listings
    quarantined_at: int | None = None
    agreed_ms: int = 0  # without interruption, as far as it was seen
    agreed_at: int | None = None  # when `agreed_ms` was last added to

    @property
    def is_quarantined(self) -> bool:
        return self.quarantined_at is not None


Watch = Mapping[str, Suspect]  # by `exchange:market:symbol`


class Survey(NamedTuple):
    """The watch after a scan, the market without what is quarantined, and by feed the quotes that this left out."""

    watch: dict[str, Suspect]
    snapshot: Snapshot
    left_out: dict[FeedKey, list[Quote]]


class _Listing(NamedTuple):
    feed: FeedKey
    symbol: str
    price: float

    @property
    def key(self) -> str:
        return make_key(*self.feed, self.symbol)


def make_key(exchange: ExchangeId, market: Market, symbol: str) -> str:
    return f"{exchange}:{market}:{symbol}"


def survey(snapshot: Snapshot, known: Watch, policy: Policy) -> Survey:
    """Compares every price with its asset's median and moves the watch on by one scan."""
    groups = _find_groups(snapshot, known, policy)
    ratio, now = policy.identity_ratio_max, snapshot.finished_at
    if doubtful := _find_doubtful_feeds(snapshot.feeds, groups.values(), known, ratio):
        groups = {name: [one for one in group if one.feed not in doubtful] for name, group in groups.items()}
    watch = {key: suspect for key, suspect in known.items() if not _is_forgotten(suspect, now)}
    taken = _count_by_feed(watch)
    for name, group in groups.items():
        for one, verdict, median in _judge(group, known, ratio):
            key, place = one.key, ":".join(one.feed)
            before = watch.get(key)
            if verdict == "apart":
                if before is not None or taken[place] < WATCHED_MAX:
                    taken[place] += before is None
                    others = [(other.key, other.price) for other in group if other is not one][:OTHERS_KEPT]
                    evidence = Suspect(*name, 1, now, now, one.price, median, others)
                    watch[key] = _count_apart(before, evidence, now)
            elif before is not None:
                after = _count_agreement(before, verdict, now)
                if after is None:
                    del watch[key]
                    taken[place] -= 1
                else:
                    watch[key] = after
    held = {key for key, suspect in watch.items() if suspect.is_quarantined}
    return Survey(watch, *_leave_out(snapshot, held))


def find_full(watch: Watch) -> list[str]:
    """The feeds, as `exchange:market`, of which no further instrument can be watched."""
    return sorted(place for place, count in _count_by_feed(watch).items() if count >= WATCHED_MAX)


def _count_by_feed(watch: Watch) -> Counter[str]:
    return Counter(_split_key(key)[0] for key in watch)


def _split_key(key: str) -> tuple[str, str]:
    """The feed and the symbol, which may hold a colon of its own."""
    exchange, market, symbol = key.split(":", 2)
    return f"{exchange}:{market}", symbol


def _find_groups(snapshot: Snapshot, known: Watch, policy: Policy) -> dict[Name, list[_Listing]]:
    """The listings, as far as they prove anything, of assets that are watched or spread wider than the guard."""
    widest = 1 + policy.identity_ratio_max
    wanted = {name for name, (low, high) in _span_prices(snapshot).items() if high > low * widest}
    wanted.update((suspect.asset, suspect.quote) for suspect in known.values())
    groups: defaultdict[Name, list[_Listing]] = defaultdict(list)
    if not wanted:
        return groups
    assets = {asset for asset, _ in wanted}
    for feed in snapshot.feeds:
        for quote in feed.quotes:
            if quote.asset in assets and (name := (quote.asset, quote.quote)) in wanted:
                is_fresh = abs(feed.age_ms(quote, snapshot.finished_at)) <= policy.age_ms_max
                if is_fresh and 0 < quote.bid < quote.ask <= quote.bid * widest:
                    groups[name].append(_Listing((feed.exchange, feed.market), quote.symbol, quote.mid))
    return groups


def _span_prices(snapshot: Snapshot) -> dict[Name, tuple[float, float]]:
    """The lowest and the highest price of each asset, both doubled.

    This looks at every quote of a scan, and nearly all assets are done with after it: it does nothing else.
    """
    spans: dict[Name, tuple[float, float]] = {}
    for feed in snapshot.feeds:
        for quote in feed.quotes:
            name, twice = (quote.asset, quote.quote), quote.bid + quote.ask
            span = spans.get(name)
            if span is None:
                spans[name] = (twice, twice)
            elif twice < span[0]:
                spans[name] = (twice, span[1])
            elif twice > span[1]:
                spans[name] = (span[0], twice)
    return spans


def _find_doubtful_feeds(
    feeds: Iterable[Feed], groups: Iterable[Sequence[_Listing]], known: Watch, ratio: float
) -> set[FeedKey]:
    """Feeds of which so many instruments are newly apart that names cannot be the reason."""
    apart: Counter[FeedKey] = Counter()
    for group in groups:
        for one, verdict, _ in _judge(group, known, ratio):
            if verdict == "apart" and not _is_held(one, known):
                apart[one.feed] += 1
    sizes = {(feed.exchange, feed.market): len(feed.quotes) for feed in feeds}
    return {key for key, count in apart.items() if count > max(FEED_APART_MIN, FEED_APART_SHARE * sizes[key])}


def _judge(group: Sequence[_Listing], known: Watch, ratio: float) -> Iterator[tuple[_Listing, Verdict, float]]:
    """What this scan says of each listing of an asset, and the median it was compared with.

    The median is that of the listings in good standing. A listing without a verdict has nothing to be compared with.
    """
    if len(group) < 2:
        return
    trusted = [one for one in group if not _is_held(one, known)] or group
    prices = sorted(one.price for one in trusted)
    low, high = prices[(len(prices) - 1) // 2], prices[len(prices) // 2]
    median = (low + high) / 2
    for one in group:
        is_trusted = one in trusted
        if high > low * (1 + ratio):  # two halves that contradict each other
            if is_trusted:
                yield one, "apart", median
        elif not (is_trusted and len(trusted) == 1):
            off = max(one.price / median - 1, 1 - one.price / median)
            yield one, "apart" if off > ratio else "agrees" if off <= ratio * AGREE_SHARE else "near", median


def _count_apart(before: Suspect | None, evidence: Suspect, now: int) -> Suspect:
    if before is None or not (before.is_quarantined or now - before.seen_at <= PAUSE_MS_MAX):
        return evidence
    if before.is_quarantined:
        if before.agreed_at is None and now - before.seen_at < EVIDENCE_MS:
            return before
        return replace(evidence, scans=before.scans, first_at=before.first_at, quarantined_at=before.quarantined_at)
    scans = before.scans + 1
    return replace(evidence, scans=scans, first_at=before.first_at, quarantined_at=now if scans >= SCANS_MIN else None)


def _count_agreement(before: Suspect, verdict: Verdict, now: int) -> Suspect | None:
    """None when nothing stands against the instrument any more."""
    if not before.is_quarantined:
        return None
    if before.agreed_at is None:
        return replace(before, agreed_at=now) if verdict == "agrees" else before
    if now // CHECK_MS == before.agreed_at // CHECK_MS:
        return before
    # Time in which nobody looked is no agreement, so a step counts for no more than two of its length.
    agreed_ms = before.agreed_ms + min(now - before.agreed_at, 2 * CHECK_MS)
    return None if agreed_ms >= RELEASE_MS else replace(before, agreed_ms=agreed_ms, agreed_at=now)


def _is_held(one: _Listing, known: Watch) -> bool:
    suspect = known.get(one.key)
    return suspect is not None and suspect.is_quarantined


def _is_forgotten(suspect: Suspect, now: int) -> bool:
    last_at = max(suspect.seen_at, suspect.agreed_at or 0)
    return now - last_at > (FORGET_MS if suspect.is_quarantined else PAUSE_MS_MAX)


def _leave_out(snapshot: Snapshot, held: set[str]) -> tuple[Snapshot, dict[FeedKey, list[Quote]]]:
    symbols: defaultdict[str, set[str]] = defaultdict(set)
    for key in held:
        feed, symbol = _split_key(key)
        symbols[feed].add(symbol)
    left_out: dict[FeedKey, list[Quote]] = {}
    feeds: list[Feed] = []
    for feed in snapshot.feeds:
        if mine := symbols.get(f"{feed.exchange}:{feed.market}"):
            left_out[feed.exchange, feed.market] = [quote for quote in feed.quotes if quote.symbol in mine]
            feeds.append(replace(feed, quotes=[quote for quote in feed.quotes if quote.symbol not in mine]))
        else:
            feeds.append(feed)
    return (replace(snapshot, feeds=feeds) if left_out else snapshot), left_out
