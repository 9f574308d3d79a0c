"""The board all detectors read, and the candidates and drops they leave.

Every pair that was looked at ends as a candidate or as a drop with exactly one reason.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from heapq import heappush, heapreplace
from itertools import combinations

from msgspec import Struct

from arbedge.domain.market import ExchangeId, Feed, Market, Quote, Snapshot
from arbedge.domain.policy import OpportunityType, Policy
from arbedge.domain.reasons import Reason
from arbedge.limits import NEAR_MISSES_KEPT


class LegRef(Struct, frozen=True):
    """Which instrument a leg trades and on which side it enters."""

    exchange: ExchangeId
    market: Market
    symbol: str
    side: str  # "buy" or "sell"

    @property
    def key(self) -> tuple[ExchangeId, Market, str]:
        return (self.exchange, self.market, self.symbol)


class Candidate(Struct, frozen=True):
    """A pair whose edge at top of book, an upper bound of the edge at any size, reaches the minimum.

    Both edges are in bps of the buy leg's ask.
    """

    type: OpportunityType
    asset: str
    quote: str
    buy: LegRef
    sell: LegRef
    gross_bps: float
    net_bps: float

    @property
    def key(self) -> str:
        """What makes two sightings the same opportunity: type, asset, legs and direction."""
        legs = (f"{leg.exchange}:{leg.market}:{leg.symbol}" for leg in (self.buy, self.sell))
        return "|".join((self.type, self.asset, self.quote, *legs))


class Drop(Struct, frozen=True):
    """A pair that was not told, the one reason, and the numbers that decided."""

    candidate: Candidate
    reason: Reason
    numbers: dict[str, float]


Refusal = tuple[Reason, dict[str, float]]


class Listed(Struct, gc=False):
    """A quote with the feed it came in, and what every pair it is part of asks of it."""

    feed: Feed
    quote: Quote
    mid: float
    age_ms: int


class Drops:
    """Counts every drop by reason and keeps the nearest misses, those with the best net edge."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._nearest: list[tuple[float, int, Drop]] = []  # a heap, the worst of the kept ones first

    def copy(self) -> "Drops":
        """The same drops, to add to without a trace in these."""
        twin = Drops()
        twin.counts, twin._nearest = self.counts.copy(), self._nearest.copy()
        return twin

    def add(self, net_bps: float, refusal: Refusal, make: Callable[[], Candidate]) -> None:
        """Counts a drop; `make` is only called for one that is near enough to be kept."""
        reason, numbers = refusal
        self.counts[reason] += 1
        nearest = self._nearest
        if len(nearest) < NEAR_MISSES_KEPT:
            heappush(nearest, (net_bps, -self.counts.total(), Drop(make(), reason, numbers)))
        elif net_bps > nearest[0][0]:
            heapreplace(nearest, (net_bps, -self.counts.total(), Drop(make(), reason, numbers)))

    def nearest(self) -> list[Drop]:
        """The drops that came closest to being told, best net edge first."""
        return [drop for _, _, drop in sorted(self._nearest, key=lambda entry: entry[:2], reverse=True)]


def pair_up(snapshot: Snapshot, market: Market, now: int) -> Iterator[tuple[Listed, Listed, float]]:
    """All pairs of one asset in one quote currency on two exchanges, with the asset's median mid price."""
    groups: defaultdict[tuple[str, str], list[Listed]] = defaultdict(list)
    for feed in snapshot.feeds:
        if feed.market == market:
            for quote in feed.quotes:
                groups[quote.asset, quote.quote].append(Listed(feed, quote, quote.mid, feed.age_ms(quote, now)))
    for group in groups.values():
        if len(group) < 2:
            continue
        mids = sorted([listed.mid for listed in group])
        middle = (mids[(len(mids) - 1) // 2] + mids[len(mids) // 2]) / 2
        for a, b in combinations(group, 2):
            if a.feed.exchange != b.feed.exchange:
                yield a, b, middle


def check_pair(a: Listed, b: Listed, middle: float, policy: Policy) -> Refusal | None:
    """Why two quotes must not be compared, or None. The order of the checks is the order of the reasons.

    Spelled out, since it runs for every pair of a scan.
    """
    one, other, age_ms, other_age_ms = a.quote, b.quote, a.age_ms, b.age_ms
    if not (0 < one.bid < one.ask and 0 < other.bid < other.ask):
        crossed = other if 0 < one.bid < one.ask else one
        return "crossed_book", {"bid": crossed.bid, "ask": crossed.ask}
    age_ms_max = policy.age_ms_max
    if not (-age_ms_max <= age_ms <= age_ms_max and -age_ms_max <= other_age_ms <= age_ms_max):
        return "stale", {"age_ms": max(abs(age_ms), abs(other_age_ms)), "age_ms_max": age_ms_max}
    if not -policy.skew_ms_max <= age_ms - other_age_ms <= policy.skew_ms_max:
        return "skew", {"skew_ms": abs(age_ms - other_age_ms), "skew_ms_max": policy.skew_ms_max}
    low, high = (a.mid, b.mid) if a.mid <= b.mid else (b.mid, a.mid)
    apart = max(high / low - 1, high / middle - 1, 1 - low / middle)
    if apart > policy.identity_ratio_max:
        return "identity", {"ratio": apart, "ratio_max": policy.identity_ratio_max}
    return None


def make_candidate(type_: OpportunityType, buy: Listed, sell: Listed, gross_bps: float, net_bps: float) -> Candidate:
    legs = [
        LegRef(listed.feed.exchange, listed.feed.market, listed.quote.symbol, side)
        for listed, side in ((buy, "buy"), (sell, "sell"))
    ]
    return Candidate(type_, buy.quote.asset, buy.quote.quote, legs[0], legs[1], gross_bps, net_bps)
