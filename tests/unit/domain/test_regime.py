"""The regime: measured against the instrument's own past, and silent where there is too little of it."""

import random
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.candles import CandleSeries, aggregate, build_series
from arbedge.domain.regime import (
    HISTORY_BARS_MIN,
    SHOCK_RANK_MIN,
    STRAIGHT_MIN,
    TREND_RANK_MIN,
    WINDOW_BARS,
    classify_regime,
    rank,
)
from tests.unit.domain.candle_builders import HOUR, MINUTE, candle, from_closes, load_recorded, needs_recordings

PAST = 400


def noise(size: int, seed: int = 1, spread: float = 0.001) -> list[float]:
    rng = random.Random(seed)
    return [rng.gauss(0, spread) for _ in range(size)]


def closes_of(returns: list[float], start: float = 100.0) -> list[float]:
    closes = [start]
    for one in returns:
        closes.append(closes[-1] * exp(one))
    return closes


def swings(size: int, step: float = 0.001) -> list[float]:
    return [step if index % 2 else -step for index in range(size)]


def series_of(returns: list[float]) -> CandleSeries:
    return from_closes(closes_of(returns))


def test_a_sudden_rise_in_volatility_is_a_shock_whatever_the_direction():
    for sign in (1, -1):
        found = classify_regime(series_of([*noise(PAST), *[sign * 0.02] * 5]))
        assert found is not None
        assert (found.kind, found.direction) == ("shock", None)
        assert found.volatility_rank == 1


@pytest.mark.parametrize(("sign", "direction"), [(1, "up"), (-1, "down")])
def test_a_straight_move_at_usual_volatility_is_a_trend(sign, direction):
    found = classify_regime(series_of([*noise(PAST, spread=0.002), *[sign * 0.001] * WINDOW_BARS]))
    assert found is not None
    assert (found.kind, found.direction) == ("trend", direction)
    assert found.strength == pytest.approx(1)


def test_back_and_forth_at_usual_volatility_is_a_range():
    found = classify_regime(series_of([*noise(PAST, spread=0.002), *swings(WINDOW_BARS)]))
    assert found is not None
    assert (found.kind, found.direction) == ("range", None)
    assert found.strength < 0.1


def test_a_straight_line_is_a_trend_though_it_never_was_anything_else():
    found = classify_regime(series_of([0.001] * PAST))
    assert found is not None
    assert (found.kind, found.direction) == ("trend", "up")


def test_a_market_that_never_moves_is_a_range():
    found = classify_regime(from_closes([5.0] * PAST))
    assert found is not None
    assert (found.kind, found.volatility, found.strength) == ("range", 0, 0)
    assert (found.volatility_rank, found.strength_rank) == (0, 0)


def test_what_is_a_shock_for_one_is_an_ordinary_hour_for_another():
    jump = [0.01, -0.01] * (WINDOW_BARS // 2)
    calm = classify_regime(series_of([*noise(PAST, spread=0.001), *jump]))
    wild = classify_regime(series_of([*noise(PAST, spread=0.05), *jump]))
    assert calm is not None
    assert wild is not None
    assert (calm.kind, wild.kind) == ("shock", "range")


def test_history_is_counted_and_one_bar_less_is_too_little():
    bars = WINDOW_BARS + HISTORY_BARS_MIN + 1
    closes = closes_of(noise(bars - 1))
    found = classify_regime(from_closes(closes))
    assert found is not None
    assert found.history_bars == HISTORY_BARS_MIN
    assert classify_regime(from_closes(closes[1:])) is None
    assert classify_regime(from_closes([])) is None


def test_an_open_bar_does_not_count():
    bars = from_closes(closes_of(noise(PAST))).candles
    whole = classify_regime(build_series(bars, MINUTE))
    crash = replace(bars[-1], start=bars[-1].start + MINUTE, low=1.0, close=1.0, is_closed=False)
    assert classify_regime(build_series([*bars, crash], MINUTE)) == whole


def test_it_says_when_and_of_what_it_speaks():
    bars = [candle(index, close, mode="cached") for index, close in enumerate(closes_of(noise(PAST)))]
    found = classify_regime(build_series(bars, MINUTE))
    assert found is not None
    assert (found.ended_at, found.mode) == ((PAST + 1) * MINUTE, "cached")


def test_just_after_a_gap_nothing_is_said_and_later_the_past_before_it_still_counts():
    closes = closes_of(noise(PAST))
    before = [candle(index, close) for index, close in enumerate(closes)]
    for after, is_known in ((WINDOW_BARS, False), (WINDOW_BARS + 1, True)):
        later = [candle(PAST + 10 + index, close) for index, close in enumerate(closes[:after])]
        found = classify_regime(build_series([*before, *later], MINUTE))
        assert (found is not None) == is_known
        if found:
            assert found.history_bars == PAST + 1 - WINDOW_BARS


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([0.125, 64.0]))
def test_the_price_level_does_not_matter_and_the_rules_are_kept(seed, factor):
    closes = closes_of(noise(PAST, seed))
    found = classify_regime(from_closes(closes))
    assert found is not None
    assert classify_regime(from_closes([close * factor for close in closes])) == found
    assert 0 <= found.strength <= 1 + 1e-12
    assert 0 <= found.strength_rank <= 1
    is_shock = found.volatility_rank >= SHOCK_RANK_MIN
    is_trend = found.strength_rank >= TREND_RANK_MIN or found.strength >= STRAIGHT_MIN
    assert found.kind == ("shock" if is_shock else "trend" if is_trend else "range")
    assert (found.direction is None) == (found.kind != "trend")


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_upside_down_a_trend_turns(seed):
    returns = noise(PAST, seed)
    # Turned around the level: up and down moves of equal size in price, not in percent.
    closes = closes_of(returns)
    mirrored = [200.0 - close for close in closes]
    one, other = classify_regime(from_closes(closes)), classify_regime(from_closes(mirrored))
    assert one is not None
    assert other is not None
    assert other.strength == pytest.approx(one.strength)
    if one.kind == other.kind == "trend":
        assert {one.direction, other.direction} == {"up", "down"}


@given(st.lists(st.floats(-100, 100), min_size=1), st.floats(-100, 100))
def test_a_rank_is_the_share_that_lies_below(history, value):
    assert rank(value, history) == sum(one < value for one in history) / len(history)


@needs_recordings
def test_a_stablecoin_losing_its_peg_is_a_shock():
    minutes = load_recorded("minute_2023-03_usdc_depeg/binanceus_BTCUSDC_1m", MINUTE)
    quarters = aggregate(minutes, 15 * MINUTE)
    kinds = {}
    for hour in range(6, 13):  # of 11 March 2023, when USDC fell to 0.88
        upto = [bar for bar in quarters.closed if bar.start < 1_678_492_800_000 + hour * HOUR]
        found = classify_regime(build_series(upto, 15 * MINUTE))
        assert found is not None
        kinds[hour] = found.kind
    assert set(kinds.values()) == {"shock"}


@needs_recordings
def test_recorded_hours_are_mostly_quiet():
    bars = load_recorded("klines_1h_perp_binance", HOUR, "BTCUSDT").runs[-1]
    found = [classify_regime(build_series(bars[end - 700 : end], HOUR)) for end in range(750, len(bars), 97)]
    kinds = [one.kind for one in found if one]
    assert len(kinds) == len(found)
    assert 0 < kinds.count("trend") < len(kinds) / 2
    assert kinds.count("shock") < len(kinds) / 4
    assert kinds.count("range") > len(kinds) / 4
