"""A distance that can be recomputed by hand, and reasons in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.market import ExchangeId, Market
from arbedge.domain.similarity import HOUR_MS, Traits, compare, find_nearest

Place = tuple[ExchangeId, Market]
OKX: Place = ("okx", "spot")
BYBIT: Place = ("bybit", "spot")
PERP: Place = ("binance", "perp")
ONE = Traits("a", "cross_exchange", "BTC", (OKX, BYBIT), 20.0, 5.0, 24, 0, 2.0)
TRAITS = st.builds(
    Traits,
    st.text("abc", min_size=1, max_size=4),
    st.sampled_from(["cross_exchange", "funding", "triangular"]),
    st.sampled_from(["BTC", "ETH"]),
    st.lists(st.sampled_from([OKX, BYBIT, PERP]), min_size=1, max_size=3).map(tuple),
    st.floats(-50, 500),
    st.floats(0, 1e6),
    st.sampled_from([8, 24]),
    st.integers(0, 10**13),
    st.none() | st.floats(0, 8),
    st.none() | st.integers(0, 10**13),
)


def test_itself_is_at_no_distance_and_every_reason_applies():
    found = compare(ONE, replace(ONE, id="b"))
    assert found.distance == 0
    assert [part.reason for part in found.parts if part.reason] == [
        "same type", "same asset", "same exchanges", "edge within 10 %", "as much room at the size",
        "as steady between scans", "same hour of the day",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "distance"),
    [
        ({"asset": "ETH"}, 3 / 13.5),
        ({"type": "triangular"}, 3 / 13.5),
        ({"type": "funding"}, 4 / 13.5),
        ({"edge_bps": 40.0}, 1 / 13.5),
        ({"places": (OKX, PERP)}, 2 * (1 - 1 / 3) / 13.5),
        ({"room": 0.0}, 1 / 13.5),
        ({"confirmed_at": 12 * HOUR_MS}, 0.5 / 13.5),
        ({"confirmed_at": 23 * HOUR_MS}, 0.5 / 12 / 13.5),
        ({"steadiness": None, "asset": "ETH"}, 3 / 12.5),
    ],
)
def test_each_feature_counts_by_its_weight(changes: dict[str, Any], distance: float):
    found = compare(ONE, replace(ONE, id="b", **changes))
    assert found.distance == pytest.approx(distance)


def test_shared_places_are_named():
    reasons = [part.reason for part in compare(ONE, replace(ONE, id="b", places=(OKX, PERP))).parts]
    assert "both on okx spot" in reasons


@given(TRAITS, TRAITS)
def test_a_distance_is_the_same_both_ways_within_bounds_and_the_mean_of_its_parts(one: Traits, other: Traits):
    found, back = compare(one, other), compare(other, one)
    assert found.distance == pytest.approx(back.distance)
    assert 0 <= found.distance <= 1
    total = sum(part.weight for part in found.parts)
    assert found.distance == pytest.approx(sum(part.distance * part.weight for part in found.parts) / total)
    assert all(0 <= part.distance <= 1 for part in found.parts)


@given(TRAITS, st.lists(TRAITS, max_size=12), st.integers(1, 5))
def test_the_nearest_are_exactly_those_of_a_full_comparison(one: Traits, others: list[Traits], limit: int):
    found = find_nearest(one, others, limit)
    every = sorted(compare(one, other).distance for other in others if other.id != one.id)
    assert [neighbour.distance for neighbour in found] == every[:limit]
    assert one.id not in {neighbour.id for neighbour in found}
