"""Freezing, speeding and shifting the market; candles and settlements that fit together."""

import itertools

import pytest

from scripts.sandbox.clock import SettableClock
from scripts.sandbox.market.market import Market
from scripts.sandbox.market.synthetic import SyntheticSource

from .conftest import NOW_MS

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def test_a_frozen_market_stands_still_while_time_goes_on(source: SyntheticSource, clock: SettableClock) -> None:
    market = Market(source, clock, speed=0)
    before = {place: list(market.board(place).quotes) for place in source.boards}
    first_wall_ms = market.board(("okx", "spot")).wall_ms
    clock.advance(90_000)
    assert {place: market.board(place).quotes for place in source.boards} == before
    assert market.board(("okx", "spot")).wall_ms == first_wall_ms + 90_000


def test_a_market_that_runs_moves(market: Market, clock: SettableClock) -> None:
    before = market.board(("binance", "spot")).quotes
    clock.advance(10_000)
    assert market.board(("binance", "spot")).quotes != before


def test_speed_runs_the_story_faster(source: SyntheticSource, clock: SettableClock) -> None:
    market = Market(source, clock, speed=60)
    start_ms = market.market_ms()
    clock.advance(1_000)
    assert market.market_ms() == start_ms + 60_000


@pytest.mark.parametrize("bps", [150.0, -150.0])
def test_a_shift_moves_one_book_for_its_time(source: SyntheticSource, clock: SettableClock, bps: float) -> None:
    market = Market(source, clock, speed=0)
    row, other = market.find(("bybit", "spot"), "SOLUSDT"), market.find(("bybit", "perp"), "SOLUSDT")
    assert row is not None
    assert other is not None
    before, other_before = market.quote(row), market.quote(other)
    market.add_shift(("bybit", "spot"), "SOLUSDT", bps, 30)
    after = market.quote(row)
    assert (after.bid / before.bid - 1) * 1e4 == pytest.approx(bps, abs=3)
    assert (after.ask / before.ask - 1) * 1e4 == pytest.approx(bps, abs=3)
    assert market.book(row, 5).bids[0][0] == after.bid
    assert market.quote(other) == other_before
    clock.advance(30_000)
    assert market.quote(row) == before
    assert market.shifts() == []


def test_candles_meet_and_end_at_the_last_price(market: Market) -> None:
    row = market.find(("binance", "spot"), "ETHUSDT")
    assert row is not None
    candles = market.candles(row, MINUTE_MS, NOW_MS - 30 * MINUTE_MS, NOW_MS)
    assert len(candles) == 30
    assert [c.closed for c in candles] == [True] * 29 + [False]
    assert all(c.low <= min(c.open, c.close) <= max(c.open, c.close) <= c.high for c in candles)
    assert all(one.close == two.open for one, two in itertools.pairwise(candles))
    assert candles[-1].close == market.quote(row).last


def test_a_candle_does_not_change_once_it_is_over(market: Market, clock: SettableClock) -> None:
    row = market.find(("okx", "perp"), "BTC-USDT-SWAP")
    assert row is not None
    start_ms = NOW_MS // HOUR_MS * HOUR_MS - HOUR_MS
    before = market.candles(row, HOUR_MS, start_ms, start_ms)
    clock.advance(5 * HOUR_MS)
    assert market.candles(row, HOUR_MS, start_ms, start_ms) == before


def test_no_candle_precedes_the_listing(market: Market) -> None:
    row = market.find(("binance", "perp"), "BTCUSDT")
    assert row is not None
    candles = market.candles(row, 86_400_000, row.launch_ms - 10 * 86_400_000, row.launch_ms + 2 * 86_400_000)
    assert candles[0].start_ms >= row.launch_ms


def test_the_estimate_comes_to_rest_on_what_is_charged(market: Market, clock: SettableClock) -> None:
    row = market.find(("bybit", "perp"), "SOLUSDT")
    assert row is not None
    next_ms = market.funding(row).next_ms
    assert next_ms % (row.funding_interval_h * HOUR_MS) == 0
    assert next_ms > clock.now_ms()
    clock.set(next_ms - 1_000)
    estimate = market.funding(row).rate
    clock.set(next_ms + 1_000)
    charged = market.settlements(row, next_ms - HOUR_MS, next_ms)[-1]
    assert charged.time_ms == next_ms
    assert charged.rate == pytest.approx(estimate, abs=2e-8)
    assert market.funding(row).last_rate == charged.rate


def test_planted_steps_are_in_the_past_alone_and_end_with_a_jump(market: Market, clock: SettableClock) -> None:
    listing = next(row for row in market.listings(("binance", "perp")) if row.symbol == "BTCUSDT")
    now_ms = clock.now_ms()

    def candles():
        return market.candles(listing, HOUR_MS, now_ms - 90 * HOUR_MS, now_ms)

    before = candles()
    until_ms = market.plant_steps()
    planted = candles()
    assert until_ms == now_ms // HOUR_MS * HOUR_MS
    assert planted[-1] == before[-1], "the hour under way and everything after it stay"
    assert planted[-2].close == before[-2].close
    for one, other in itertools.pairwise(planted):
        assert one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high
        assert abs(one.close / other.open - 1) < 1e-5
    jumps = [one.start_ms for one, was in zip(planted, before, strict=True) if one.close / one.open > 1.03]
    assert jumps == [until_ms - (1 + 40 * cycle) * HOUR_MS for cycle in (2, 1, 0)]
