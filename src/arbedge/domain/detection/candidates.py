"""The board all detectors read, and the candidates and drops they leave.

Every pair that was looked at ends as a candidate or as a drop with exactly one reason.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from heapq import nlargest
from itertools import combinations
from statistics import median
from typing import NamedTuple

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


class Listed(NamedTuple):
    """A quote with the feed it came in."""

    feed: Feed
    quote: Quote


class Drops:
    """Counts every drop by reason and keeps the nearest misses."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._all: list[Drop] = []

    def add(self, candidate: Candidate, reason: Reason, **numbers: float) -> None:
        self.counts[reason] += 1
        self._all.append(Drop(candidate=candidate, reason=reason, numbers=numbers))

    def nearest(self) -> list[Drop]:
        """The drops that came closest to being told, best net edge first."""
        return nlargest(NEAR_MISSES_KEPT, self._all, key=lambda drop: drop.candidate.net_bps)


def pair_up(snapshot: Snapshot, market: Market) -> Iterator[tuple[Listed, Listed, float]]:
    """All pairs of one asset in one quote currency on two exchanges, with the asset's median mid price."""
    groups: defaultdict[tuple[str, str], list[Listed]] = defaultdict(list)
    for feed in snapshot.feeds:
        if feed.market == market:
            for quote in feed.quotes:
                groups[quote.asset, quote.quote].append(Listed(feed, quote))
    for group in groups.values():
        if len(group) < 2:
            continue
        middle = median(listed.quote.mid for listed in group)
        for a, b in combinations(group, 2):
            if a.feed.exchange != b.feed.exchange:
                yield a, b, middle


def check_pair(a: Listed, b: Listed, middle: float, now: int, policy: Policy) -> tuple[Reason, dict[str, float]] | None:
    """Why two quotes must not be compared, or None. The order of the checks is the order of the reasons."""
    for listed in (a, b):
        if not 0 < listed.quote.bid < listed.quote.ask:
            return "crossed_book", {"bid": listed.quote.bid, "ask": listed.quote.ask}
    ages = [listed.feed.age_ms(listed.quote, now) for listed in (a, b)]
    if max(ages) > policy.age_ms_max:
        return "stale", {"age_ms": max(ages), "age_ms_max": policy.age_ms_max}
    if abs(ages[0] - ages[1]) > policy.skew_ms_max:
        return "skew", {"skew_ms": abs(ages[0] - ages[1]), "skew_ms_max": policy.skew_ms_max}
    mids = (a.quote.mid, b.quote.mid)
    apart = max(max(mids) / min(mids) - 1, *(abs(mid / middle - 1) for mid in mids))
    if apart > policy.identity_ratio_max:
        return "identity", {"ratio": apart, "ratio_max": policy.identity_ratio_max}
    return None


def make_leg(listed: Listed, side: str) -> LegRef:
    return LegRef(exchange=listed.feed.exchange, market=listed.feed.market, symbol=listed.quote.symbol, side=side)
