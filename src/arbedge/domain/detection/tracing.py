"""Finds out why certain pairs and cycles are no candidates of a scan: those that were told of a short while ago.

Detectors count what is far from the minimum without a look at each pair. So the few quotes that these are made of are
put on a board of their own, on which every drop is kept: what is found there is what a look at each would have found.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, get_args

from msgspec.structs import replace

from arbedge.domain.detection import detect_all
from arbedge.domain.detection.candidates import Drop, Drops
from arbedge.domain.detection.census import find_absence
from arbedge.domain.market import Feed, FeedKey, Quote, Snapshot
from arbedge.domain.opportunity import Leg, Opportunity
from arbedge.domain.policy import Policy
from arbedge.domain.quarantine import Watch, make_key
from arbedge.domain.reasons import BAD_DATA, Reason
from arbedge.domain.technical.signals import BackedSignal

PAIR_LEGS: Final = 2
_ORDER: Final[tuple[Reason, ...]] = get_args(Reason)


class Trace(NamedTuple):
    """Why something is no candidate; `drop` has the numbers, where there were quotes to make them of."""

    reason: Reason
    drop: Drop | None = None


def trace(
    sought: Iterable[Opportunity],
    snapshot: Snapshot,
    watch: Watch,
    policy: Policy,
    signals: Sequence[BackedSignal] = (),
) -> dict[str, Trace]:
    """The reason of each by its key; nothing for one that no detector looks at. `watch` is that of this scan."""
    wanted = {one.key: one for one in sought}
    if not wanted:
        return {}
    cut = _cut_out(wanted.values(), snapshot, watch)
    drops = Drops(kept=sys.maxsize)
    candidates = {one.key for one in detect_all(cut, snapshot.finished_at, policy, drops, signals)}
    found = drops.by_key()
    rows = {(feed.exchange, feed.market, quote.symbol): quote for feed in cut.feeds for quote in feed.quotes}
    feeds: dict[FeedKey, Feed] = {(feed.exchange, feed.market): feed for feed in snapshot.feeds}
    traced: dict[str, Trace] = {}
    for key, one in wanted.items():
        if reason := _check_legs(one.sighting.legs, feeds, rows, watch):
            traced[key] = Trace(reason)
        elif drop := found.get(key):
            traced[key] = Trace(drop.reason, drop)
        elif key in candidates:
            traced[key] = Trace("not_shortlisted")  # a signal that others have outranked
        elif (other := _turn_round(one)) in found or other in candidates:
            # Detectors look at the better direction only. What is bad data one way is so the other way too; and of
            # two directions the worse one never gains anything before costs.
            drop = found.get(other)
            traced[key] = Trace(drop.reason if drop and drop.reason in BAD_DATA else "fees")
    return traced


def _check_legs(
    legs: Sequence[Leg], feeds: Mapping[FeedKey, Feed], rows: Mapping[tuple[str, str, str], Quote], watch: Watch
) -> Reason | None:
    """What keeps an instrument from being looked at, in the order of the reasons."""
    found: set[Reason] = set()
    for leg in legs:
        feed = feeds.get((leg.exchange, leg.market))
        suspect = watch.get(make_key(leg.exchange, leg.market, leg.symbol))
        quote = rows.get((leg.exchange, leg.market, leg.symbol))
        absence = find_absence(feed) if feed else "feed_unavailable"
        if absence:
            found.add(absence)
        elif suspect and suspect.is_quarantined:
            found.add("quarantine")
        elif quote is None:
            found.add("no_quote")
        elif leg.market == "perp" and quote.funding is None:
            found.add("interval")
    return min(found, key=_ORDER.index, default=None)


def _turn_round(one: Opportunity) -> str:
    """The key of the same legs the other way round."""
    legs = (f"{leg.exchange}:{leg.market}:{leg.symbol}" for leg in reversed(one.sighting.legs))
    return "|".join((one.type, one.asset, one.quote, *legs))


def _cut_out(sought: Iterable[Opportunity], snapshot: Snapshot, watch: Watch) -> Snapshot:
    """The quotes of these: of a pair all of its asset, since its median is that of all; of a cycle its own legs."""
    names: set[tuple[str, str]] = set()
    symbols: defaultdict[FeedKey, set[str]] = defaultdict(set)
    for one in sought:
        if len(one.sighting.legs) == PAIR_LEGS:
            names.add((one.asset, one.quote))
        for leg in one.sighting.legs:
            symbols[leg.exchange, leg.market].add(leg.symbol)
    assets = {asset for asset, _ in names}  # asked first: most quotes are of other assets, and need no pair made

    def choose(feed: Feed) -> list[Quote]:
        mine = symbols[feed.exchange, feed.market]
        return [
            quote
            for quote in feed.quotes
            if (quote.symbol in mine or (quote.asset in assets and (quote.asset, quote.quote) in names))
            and not _is_held(feed, quote, watch)
        ]

    return replace(snapshot, feeds=[replace(feed, quotes=choose(feed)) for feed in snapshot.feeds])


def _is_held(feed: Feed, quote: Quote, watch: Watch) -> bool:
    suspect = watch.get(make_key(feed.exchange, feed.market, quote.symbol)) if watch else None
    return suspect is not None and suspect.is_quarantined
