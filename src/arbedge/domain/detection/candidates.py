"""What detectors leave: candidates worth a look at their order books, and drops with one reason each.

Every combination of instruments that was looked at ends as a candidate or as a drop with exactly one reason.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from heapq import heappush, heapreplace
from typing import NamedTuple

from msgspec import Struct

from arbedge.domain.market import ExchangeId, Feed, LegKey, Market, Quote, Side
from arbedge.domain.policy import OpportunityType, Policy
from arbedge.domain.reasons import BAD_DATA, Reason, name_lack
from arbedge.limits import BAD_DATA_KEPT, NEAR_MISSES_KEPT, NEAR_MISSES_OF_A_TYPE_MIN


class LegRef(Struct, frozen=True):
    """Which instrument a leg trades and on which side it enters."""

    exchange: ExchangeId
    market: Market
    symbol: str
    side: Side

    @property
    def key(self) -> LegKey:
        return (self.exchange, self.market, self.symbol)


class Candidate(Struct, frozen=True):
    """Legs whose edge at top of book, an upper bound of the edge at any size, reaches the minimum.

    The legs come in order of execution; of a pair the one that buys comes first. Both edges are in bps of the first
    buy's ask (of what is put in, for a cycle).
    """

    type: OpportunityType
    asset: str
    quote: str
    legs: tuple[LegRef, ...]
    gross_bps: float
    net_bps: float
    signal: str = ""  # of a technical one: which rule, side and bar

    @property
    def key(self) -> str:
        """What makes two sightings the same opportunity: type, asset, legs, and by their order or signal, direction."""
        legs = (f"{leg.exchange}:{leg.market}:{leg.symbol}" for leg in self.legs)
        return "|".join((self.type, self.asset, self.quote, *legs, *filter(None, (self.signal,))))


class Drop(Struct, frozen=True):
    """What was not told, the one reason, and the numbers that decided."""

    candidate: Candidate
    reason: Reason
    numbers: dict[str, float]


Refusal = tuple[Reason, dict[str, float]]


class Listed(NamedTuple):
    """A quote with the feed it came in."""

    feed: Feed
    quote: Quote


Entry = tuple[float, int, Drop]


class Drops:
    """Counts every drop by reason and keeps the nearest misses, those with the best net edge.

    Bad data is kept apart: what it seems to be worth is no measure, and would push out what really came near.
    """

    def __init__(self, kept: int | None = None) -> None:
        """Keeps `kept` of each type, as many as can be asked about unless it is said."""
        self.counts: Counter[str] = Counter()
        self._kept = NEAR_MISSES_KEPT if kept is None else kept
        self._order = 0
        self._nearest: dict[OpportunityType, list[Entry]] = {}  # heaps, the worst kept one first
        self._bad: dict[OpportunityType, list[Entry]] = {}

    def copy(self) -> "Drops":
        """The same drops, to add to without a trace in these."""
        twin = Drops(self._kept)
        twin.counts, twin._order = self.counts.copy(), self._order
        twin._nearest = {kind: heap.copy() for kind, heap in self._nearest.items()}
        twin._bad = {kind: heap.copy() for kind, heap in self._bad.items()}
        return twin

    def get_floor(self, kind: OpportunityType) -> float:
        """A drop of this type with at most this net edge is only counted."""
        nearest = self._nearest.get(kind)
        return nearest[0][0] if nearest and len(nearest) == self._kept else float("-inf")

    def count(self, reason: Reason, times: int = 1) -> None:
        """Drops that are known to be at or below the floor, or whose worth nobody can tell."""
        self.counts[reason] += times

    def count_short(self, net_bps: float) -> None:
        """A drop at or below the floor against which nothing stands but what it is worth."""
        self.counts[name_lack(net_bps)] += 1

    def add(self, kind: OpportunityType, net_bps: float, refusal: Refusal, make: Callable[[], Candidate]) -> None:
        """Counts a drop; `make` is only called for one that is near enough to be kept."""
        reason, numbers = refusal
        self.counts[reason] += 1
        self._order -= 1
        heap = (self._bad if reason in BAD_DATA else self._nearest).setdefault(kind, [])
        if len(heap) < self._kept:
            heappush(heap, (net_bps, self._order, Drop(make(), reason, numbers)))
        elif net_bps > heap[0][0]:
            heapreplace(heap, (net_bps, self._order, Drop(make(), reason, numbers)))

    def nearest(self) -> list[Drop]:
        """The drops that came closest to being told, best net edge first, and of each type at least a few."""
        of_types = [sorted(heap, key=_rank, reverse=True) for heap in self._nearest.values()]
        sure = [entry for entries in of_types for entry in entries[:NEAR_MISSES_OF_A_TYPE_MIN]]
        rest = [entry for entries in of_types for entry in entries[NEAR_MISSES_OF_A_TYPE_MIN:]]
        bad = sorted((entry for heap in self._bad.values() for entry in heap), key=_rank, reverse=True)
        rest.sort(key=_rank, reverse=True)
        near = NEAR_MISSES_KEPT - len(sure) - min(len(bad), BAD_DATA_KEPT)
        kept = sure + rest[: max(near, 0)]
        kept += bad[: max(NEAR_MISSES_KEPT - len(kept), 0)]
        return [drop for _, _, drop in sorted(kept, key=_rank, reverse=True)]

    def by_key(self) -> dict[str, Drop]:
        """Every drop that was kept."""
        heaps = (*self._nearest.values(), *self._bad.values())
        return {drop.candidate.key: drop for heap in heaps for _, _, drop in heap}


def _rank(entry: Entry) -> tuple[float, int]:
    return entry[:2]


def judge_net(gross_bps: float, net_bps: float, minimum_bps: float) -> Refusal | None:
    """Why what is left after costs is too little, or None."""
    if net_bps >= minimum_bps:
        return None
    numbers = {"gross_bps": gross_bps, "net_bps": net_bps, "minimum_bps": minimum_bps}
    return name_lack(net_bps), numbers


def check_quotes(listed: Sequence[Listed], now: int, policy: Policy) -> Refusal | None:
    """Why quotes must not be used together, or None. The order of the checks is the order of the reasons."""
    for _, quote in listed:
        if not 0 < quote.bid < quote.ask:
            return "crossed_book", {"bid": quote.bid, "ask": quote.ask}
    ages = [feed.age_ms(quote, now) for feed, quote in listed]
    if (oldest := max(map(abs, ages))) > policy.age_ms_max:
        return "stale", {"age_ms": oldest, "age_ms_max": policy.age_ms_max}
    if (skew := max(ages) - min(ages)) > policy.skew_ms_max:
        return "skew", {"skew_ms": skew, "skew_ms_max": policy.skew_ms_max}
    return None


def check_pair(a: Listed, b: Listed, middle: float, now: int, policy: Policy) -> Refusal | None:
    """Why two quotes must not be compared, or None; `middle` is the median of the asset's mid prices."""
    if refusal := check_quotes((a, b), now, policy):
        return refusal
    one, other = a.quote, b.quote
    low, high = sorted((one.mid, other.mid))
    apart = max(high / low - 1, high / middle - 1, 1 - low / middle)
    if apart > policy.identity_ratio_max:
        return "identity", {"ratio": apart, "ratio_max": policy.identity_ratio_max}
    return None


def refer(listed: Listed, side: Side) -> LegRef:
    return LegRef(listed.feed.exchange, listed.feed.market, listed.quote.symbol, side)


def make_pair(kind: OpportunityType, buy: Listed, sell: Listed, gross_bps: float, net_bps: float) -> Candidate:
    legs = refer(buy, "buy"), refer(sell, "sell")
    return Candidate(kind, buy.quote.asset, buy.quote.quote, legs, gross_bps, net_bps)
