"""Numbers that cannot be true are recognised, whatever else is around them; true ones pass."""

from decimal import Decimal
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.market import STAMP_MIN, Level, OrderBook, Quote
from arbedge.domain.plausible import RATE_MAX, are_plausible_rates, is_plausible_book, is_plausible_quote

QUOTE = Quote("BTCUSDT", "BTC", "USDT", 100.0, 1.0, 100.5, 2.0, None)
prices = st.decimals("0.00000001", "1000000", places=8)


@given(st.floats(1e-9, 1e9), st.floats(0, 1), st.floats(1e-9, 1e9))
def test_any_positive_quote_that_is_not_crossed_may_be_true(bid: float, spread: float, size: float):
    assert is_plausible_quote(replace(QUOTE, bid=bid, ask=bid * (1 + spread), bid_size=size, ask_size=size))


@pytest.mark.parametrize("field", ["bid", "ask", "bid_size", "ask_size"])
@pytest.mark.parametrize("lie", [nan, inf, -inf, 0.0, -1.0])
def test_a_quote_with_one_impossible_number_is_a_lie(field: str, lie: float):
    assert not is_plausible_quote(replace(QUOTE, **{field: lie}))


def test_a_crossed_quote_is_a_lie_and_a_locked_one_is_not():
    assert not is_plausible_quote(replace(QUOTE, bid=100.6))
    assert is_plausible_quote(replace(QUOTE, bid=100.5))


def make_book(bids: list[Decimal], asks: list[Decimal], size: str = "1") -> OrderBook:
    sides = [[Level(price, Decimal(size)) for price in side] for side in (bids, asks)]
    return OrderBook("okx", "spot", "BTC-USDT", sides[0], sides[1], None, 0)


@given(st.sets(prices, min_size=2, max_size=20))
def test_levels_in_order_on_both_sides_of_a_gap_may_be_true(levels: set[Decimal]):
    rising = sorted(levels)
    middle = len(rising) // 2
    bids, asks = rising[:middle][::-1], rising[middle:]
    assert is_plausible_book(make_book(bids, asks))
    assert not is_plausible_book(make_book(asks[::-1], bids[::-1])), "crossed"
    if len(asks) > 1:
        assert not is_plausible_book(make_book(bids, asks[::-1])), "unordered"


@pytest.mark.parametrize("size", ["0", "-1", "NaN", "Infinity"])
def test_a_book_with_an_impossible_size_is_a_lie(size: str):
    assert not is_plausible_book(make_book([Decimal(1)], [Decimal(2)], size))


def test_a_book_without_a_side_or_with_a_price_that_is_none_is_a_lie():
    assert not is_plausible_book(make_book([], [Decimal(2)]))
    assert not is_plausible_book(make_book([Decimal("NaN")], [Decimal(2)]))


@pytest.mark.parametrize(
    ("rows", "is_plausible"),
    [
        ([], True),
        ([(1, 0.0001), (2, -0.0001)], True),
        ([(2, 0.0001), (1, 0.0001)], False),
        ([(1, 0.0001), (1, 0.0001)], False),
        ([(11, 0.0001)], False),
        ([(1, RATE_MAX * 1.01)], False),
        ([(1, nan)], False),
        ([(1, -inf)], False),
        ([(-(10**300), 0.0001)], False),
    ],
)
def test_settlements_rise_into_the_past_with_rates_below_every_cap(rows: list[tuple[int, float]], is_plausible: bool):
    since = STAMP_MIN
    assert are_plausible_rates([(since + at, rate) for at, rate in rows], since + 10) is is_plausible
