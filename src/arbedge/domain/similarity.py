"""How alike two opportunities are, in features that anyone can name, so that a distance can be recomputed by hand.

Each feature gives a distance from 0 (the same) to 1; the whole is their mean by weight. What is not known of one of
the two is left out of its mean. Edges are those claimed at the confirmation, before anyone knew what became of them.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from arbedge.domain.market import ExchangeId, Market
from arbedge.domain.policy import HELD_TYPES, OpportunityType

HOUR_MS: Final = 3_600_000
_CLOSE: Final = 0.1  # figures this near each other are a reason by themselves


class Traits(Struct, frozen=True):
    """What is compared. `room` is the capacity in multiples of the size, `steadiness` the claim's logarithm of edge
    over its usual move between scans; `ended_at` is None while it is open.
    """

    id: str
    type: OpportunityType
    asset: str
    places: tuple[tuple[ExchangeId, Market], ...]
    edge_bps: float
    room: float
    horizon_h: int
    confirmed_at: int
    steadiness: float | None = None
    ended_at: int | None = None

    @property
    def held_h(self) -> int:
        return self.horizon_h if self.type in HELD_TYPES else 0


class Likeness(Struct, frozen=True):
    """One feature of two opportunities: how far apart, with which weight, and in words where that is near."""

    feature: str
    distance: float
    weight: float
    reason: str | None


class Neighbour(Struct, frozen=True):
    id: str
    distance: float
    parts: list[Likeness]


def _ratio(one: float, other: float) -> float:
    """0 for equal figures, 0.5 where one is half the other; what is not above zero is like its own kind only."""
    low, high = sorted((max(0.0, one), max(0.0, other)))
    return 0.0 if high == low else 1 - low / high


def _hours_apart(one: Traits, other: Traits) -> float:
    apart = abs(one.confirmed_at - other.confirmed_at) / HOUR_MS % 24
    return min(apart, 24 - apart) / 12


def _places_apart(one: Traits, other: Traits) -> float:
    mine, theirs = frozenset(one.places), frozenset(other.places)
    return 1 - len(mine & theirs) / len(mine | theirs)


def _explain_places(one: Traits, other: Traits, distance: float) -> str | None:
    shared = sorted(frozenset(one.places) & frozenset(other.places))
    if not shared:
        return None
    return "same exchanges" if distance == 0 else "both on " + ", ".join(" ".join(place) for place in shared)


def _measure(one: Traits, other: Traits) -> Iterator[Likeness]:
    """Feature by feature, without what is not known of both."""

    def judge(feature: str, weight: float, distance: float, reason: str | None, near: float = 0.0) -> Likeness:
        return Likeness(feature, distance, weight, reason if distance <= near else None)

    yield judge("type", 3, float(one.type != other.type), "same type")
    yield judge("asset", 3, float(one.asset != other.asset), "same asset")
    places = _places_apart(one, other)
    yield judge("exchanges", 2, places, _explain_places(one, other, places), near=1.0)
    yield judge("edge", 2, _ratio(one.edge_bps, other.edge_bps), "edge within 10 %", _CLOSE)
    yield judge("room", 1, _ratio(one.room, other.room), "as much room at the size", _CLOSE)
    yield Likeness("horizon", _ratio(one.held_h, other.held_h), 1, None)
    if one.steadiness is not None and other.steadiness is not None:
        apart = _ratio(one.steadiness, other.steadiness)
        yield judge("steadiness", 1, apart, "as steady between scans", _CLOSE)
    yield judge("hour", 0.5, _hours_apart(one, other), "same hour of the day", 1 / 12)


def compare(one: Traits, other: Traits) -> Neighbour:
    """`other` as a neighbour of `one`; the distance is the same the other way round."""
    parts = list(_measure(one, other))
    total = sum(part.weight for part in parts)
    return Neighbour(other.id, sum(part.distance * part.weight for part in parts) / total, parts)


def find_nearest(one: Traits, others: Iterable[Traits], limit: int) -> list[Neighbour]:
    """The nearest first; of equals what is open, then what ended last."""

    def rank(found: tuple[Neighbour, Traits]) -> tuple[float, bool, int, str]:
        neighbour, traits = found
        return neighbour.distance, traits.ended_at is not None, -(traits.ended_at or 0), traits.id

    compared = [(compare(one, other), other) for other in others if other.id != one.id]
    return [neighbour for neighbour, _ in sorted(compared, key=rank)[:limit]]
