"""What holds for every type of two legs, against a walk through the books that shares nothing with the product."""

from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.domain.detection import DETECTORS
from arbedge.domain.edge import Refused, find_capacity, measure_pair, size_for, trace_curve
from arbedge.domain.market import Funding
from arbedge.domain.policy import HELD_TYPES, Policy
from tests.unit.domain.builders import HOUR, NOW, book, pair, terms

POLICY = Policy()
FREE = Policy(rebalancing_bps=D(0))
KINDS: list[Any] = [
    ("cross_exchange", "spot", "spot"),
    ("funding", "perp", "perp"),
    ("spot_perp", "spot", "perp"),
    ("spot_perp", "perp", "spot"),
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=" ".join)
FEES = {"spot": "0.001", "perp": "0.0005"}
rates = st.sampled_from(["-0.004", "0", "0.0001", "0.0025"])


def leg(market: str, one, rate: str = "0", next_at: int = NOW + HOUR):
    funding = Funding(float(rate), next_at, 8.0, 100.0) if market == "perp" else None
    return terms(one, fee=FEES[market], funding=funding)


def position(kind: Any, a: Any, b: Any, rate_a: str = "0", rate_b: str = "0"):
    return pair(leg(kind[1], a, rate_a), leg(kind[2], b, rate_b))


def hold(kind, data, rate_a: str, rate_b: str):
    a, b = data.draw(ladders(*kind[1:]))
    return position(kind, a, b, rate_a, rate_b)


@st.composite
def ladders(draw, *markets: str) -> Any:
    """One uncrossed book a market, in the same region of prices."""
    found = []
    for exchange, market in zip(("binance", "okx"), markets, strict=True):
        mid = draw(st.decimals(min_value="97", max_value="103", places=2))
        bids, asks, down, up = [], [], mid - D("0.01"), mid + D("0.01")
        for _ in range(draw(st.integers(1, 5))):
            bids.append((str(down), str(draw(st.decimals(min_value="0.5", max_value="20", places=1)))))
            asks.append((str(up), str(draw(st.decimals(min_value="0.5", max_value="20", places=1)))))
            down -= draw(st.decimals(min_value="0.01", max_value=2, places=2))
            up += draw(st.decimals(min_value="0.01", max_value=2, places=2))
        found.append(book(exchange, market, bids=bids, asks=asks))
    return found


def cash_of(levels, size: D) -> D:
    left, cash = size, D(0)
    for level in levels:
        taken = min(left, level.size)
        left, cash = left - taken, cash + taken * level.price
    assert not left
    return cash


def depth(*sides) -> D:
    return min(sum((level.size for level in side), D(0)) for side in sides)


def brute_force(kind, legs, size: D) -> D:
    """Cash that is left, over the notional at top of book: every fill with its fee, every settlement."""
    buy, sell = legs
    fees = [D(FEES[market]) for market in kind[1:]]
    cash = cash_of(sell.book.bids, size) * (1 - fees[1]) - cash_of(buy.book.asks, size) * (1 + fees[0])
    notional = size * buy.book.asks[0].price
    if kind[0] == "cross_exchange":
        return (cash - notional * 2 / 10_000) / notional
    cash += cash_of(buy.book.bids, size) * (1 - fees[0]) - cash_of(sell.book.asks, size) * (1 + fees[1])
    for one, sign in ((buy, -1), (sell, 1)):
        if one.funding:  # in 1, 9 and 17 hours, on 100 each
            cash += sign * 3 * size * 100 * D(str(one.funding.rate))
    return cash / notional


def value_of(kind, legs, policy=POLICY):
    return lambda size: DETECTORS[kind[0]].value(legs, size, NOW, policy)


def sides_of(kind, legs):
    entries = [one.entry.levels for one in legs]
    return entries + [one.exit.levels for one in legs] if kind[0] in HELD_TYPES else entries


@every_kind
@settings(max_examples=40)
@given(st.data(), rates, rates)
def test_value_and_curve_equal_a_walk_by_brute_force(kind, data, rate_a, rate_b):
    legs = hold(kind, data, rate_a, rate_b)
    value, sizing = value_of(kind, legs), measure_pair(legs)
    size = (depth(*sides_of(kind, legs)) * data.draw(st.decimals(min_value="0.05", max_value=1, places=3))).quantize(
        D("0.001")
    )
    edge = value(size)
    assert edge.gross_bps + sum(part.bps for part in edge.parts) == edge.net_bps
    assert abs(edge.unrounded_bps / 10_000 - brute_force(kind, legs, size)) < D("1e-9")
    assert abs(edge.net_bps / 10_000 - brute_force(kind, legs, size)) < D("1e-7")
    for point in trace_curve(value, sizing):
        at = point.size_quote / sizing.price
        assert at % sizing.lot == 0
        assert abs(point.net_bps / 10_000 - brute_force(kind, legs, at)) < D("1e-9")


@every_kind
@settings(max_examples=40)
@given(st.data(), rates, st.integers(1, 500), st.integers(1, 500))
def test_net_edge_does_not_rise_with_size(kind, data, rate, one, other):
    legs = hold(kind, data, "0", rate)
    small, large = sorted((D(one) / 1000, D(other) / 1000))
    value = value_of(kind, legs)
    assert value(small).unrounded_bps >= value(large).unrounded_bps


@every_kind
@settings(max_examples=40)
@given(st.data(), st.integers(1, 500))
def test_more_depth_never_hurts(kind, data, steps):
    books = data.draw(ladders(*kind[1:]))
    deeper = [
        book(
            one.exchange,
            one.market,
            bids=[(str(level.price), str(level.size * 2)) for level in one.bids],
            asks=[(str(level.price), str(level.size * 2)) for level in one.asks],
        )
        for one in books
    ]
    size = D(steps) / 1000
    nets = [value_of(kind, position(kind, ones[0], ones[1]))(size).unrounded_bps for ones in (books, deeper)]
    assert nets[1] >= nets[0]


@every_kind
def test_flat_equal_books_lose_exactly_the_fees_of_the_fills(kind):
    books = [
        book(exchange, market, bids=[("100", "50")], asks=[("100", "50")])
        for exchange, market in zip(("binance", "okx"), kind[1:], strict=True)
    ]
    fills = 2 if kind[0] in HELD_TYPES else 1
    expected = -fills * sum(D(FEES[market]) for market in kind[1:]) * 10_000
    assert value_of(kind, position(kind, books[0], books[1]), FREE)(D(3)).net_bps == expected


@every_kind
@settings(max_examples=40)
@given(st.data(), rates, rates)
def test_the_swapped_direction_never_has_a_gross_edge_above_minus_the_other(kind, data, rate_a, rate_b):
    a, b = data.draw(ladders(*kind[1:]))
    swapped = (kind[0], kind[2], kind[1])
    size = D("0.1")
    one = value_of(kind, position(kind, a, b, rate_a, rate_b))(size)
    other = value_of(swapped, position(swapped, b, a, rate_b, rate_a))(size)
    rounding = D("0.0002") * size * 100
    assert other.gross_bps * other.size_quote <= -one.gross_bps * one.size_quote + rounding


@every_kind
@settings(max_examples=40)
@given(st.data(), st.sampled_from(["0.0025", "0.009"]), st.integers(-50, 100))
def test_the_capacity_is_the_largest_size_that_reaches_the_minimum(kind, data, rate, minimum):
    legs = hold(kind, data, "0", rate)
    value, sizing = value_of(kind, legs), measure_pair(legs)

    def reaches(size: D) -> bool:
        try:
            return value(size).net_bps >= minimum
        except Refused:
            return False

    size = find_capacity(value, sizing, minimum) / sizing.price
    assert not size or reaches(size)
    assert not reaches(size + sizing.lot)


def carry(rate: str = "0.001", **changes):
    """Spot at 100, the perpetual a little above."""
    spot = book("binance", bids=[("99.9", "50")], asks=[("100", "50")])
    perp = book("okx", "perp", bids=[("100.5", "50")], asks=[("100.6", "50")])
    return leg("spot", spot), leg("perp", perp, rate, **changes)


def test_a_carry_can_be_recomputed_by_hand():
    edge = DETECTORS["spot_perp"].value(pair(*carry()), D(10), NOW, POLICY)
    # Three settlements of 0.1 % on a mark of 100 are 0.3 a unit; the basis is 0.5, and at exit 99.9 - 100.6.
    assert edge.gross_bps == 80
    assert {part.label: part.bps for part in edge.parts} == {
        "fee_buy": D("-19.99"),
        "fee_sell": D("-10.055"),
        "slippage_buy": 0,
        "slippage_sell": 0,
        "exit_basis": D(-70),
    }
    assert edge.net_bps == D("-20.045")


def test_the_basis_alone_earns_nothing_since_it_is_given_back():
    """However dear the perpetual is, without funding two round trips are what is left."""
    spot = book("binance", bids=[("99.99", "50")], asks=[("100", "50")])
    for price in ("100", "105"):
        perp = book("okx", "perp", bids=[(price, "50")], asks=[(price, "50")])
        assert value_of(KINDS[2], pair(leg("spot", spot), leg("perp", perp)))(D(1)).net_bps < -30


def test_selling_spot_against_a_long_pays_when_funding_is_below_zero():
    spot, perp = carry("-0.004")
    net = DETECTORS["spot_perp"].value(pair(perp, spot), D(10), NOW, POLICY).net_bps
    assert net == pytest.approx(
        (D("1.2") - D("0.1") - D("0.1") - D("0.1999") - D("0.10055")) / D("100.6") * 10_000, abs=D("0.001")
    )


@pytest.mark.parametrize(("next_at", "settlements"), [(NOW + 24 * HOUR, 1), (NOW + 24 * HOUR + 1, 0), (NOW + 1, 3)])
def test_only_settlements_inside_the_horizon_are_counted(next_at, settlements):
    edge = DETECTORS["spot_perp"].value(pair(*carry(next_at=next_at)), D(1), NOW, POLICY)
    assert edge.gross_bps == 50 + 10 * settlements


def test_minimums_bind_both_legs_after_rounding():
    spot, perp = carry()
    coarse = terms(perp.book, fee="0.0005", funding=perp.funding, lot_size=D(3), min_notional=D(905))
    with pytest.raises(Refused) as refused:
        size_for(measure_pair(pair(spot, coarse)), D(999))
    assert (refused.value.reason, refused.value.numbers) == ("min_notional", {"notional": 904.5, "minimum": 905.0})
