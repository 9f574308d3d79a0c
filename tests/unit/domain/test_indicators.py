"""Indicators as states: what scaling, shifting, gaps and standing still do to them, and bounds they keep."""

from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.candles import build_series
from arbedge.domain.indicators import (
    AllIndicators,
    Atr,
    BarRefused,
    Bollinger,
    Ema,
    EwmaVolatility,
    Macd,
    Momentum,
    RealisedVolatility,
    Rsi,
    Sma,
    VolumeZScore,
    annualise,
    compute,
)
from tests.unit.domain.candle_builders import MINUTE, candle, candle_lists, from_closes, prices, scaled

KINDS = [Sma, Ema, Rsi, Macd, Bollinger, Atr, Momentum, EwmaVolatility, RealisedVolatility, VolumeZScore]
FIRST_BAR = {
    Sma: 20,
    Ema: 20,
    Rsi: 15,
    Macd: 34,
    Bollinger: 20,
    Atr: 15,
    Momentum: 11,
    EwmaVolatility: 21,
    RealisedVolatility: 21,
    VolumeZScore: 20,
}
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def numbers(value) -> list[float]:
    return [getattr(value, name) for name in getattr(value, "__struct_fields__", ())] or [value]


def flat(values) -> list[float | None]:
    return [number for value in values for number in (numbers(value) if value is not None else [None])]


@kinds
def test_the_first_value_comes_with_the_bar_that_completes_it(kind):
    bars = [candle(index, 100.0 + index % 3, volume=float(index % 4)) for index in range(40)]
    values = compute(build_series(bars, MINUTE), kind(MINUTE))
    assert [value is None for value in values] == [index + 1 < FIRST_BAR[kind] for index in range(40)]


@given(candle_lists(size_min=40, with_gaps=True), st.sampled_from(KINDS))
def test_after_a_gap_an_indicator_is_as_new(bars, kind):
    series = build_series(bars, MINUTE)
    anew = [value for run in series.runs for value in compute(build_series(run, MINUTE), kind(MINUTE))]
    assert compute(series, kind(MINUTE)) == anew


@given(candle_lists(with_gaps=True))
def test_all_at_once_say_what_each_says_alone(bars):
    series = build_series(bars, MINUTE)
    readings = compute(series, AllIndicators(MINUTE))
    alone = [compute(series, kind(MINUTE)) for kind in KINDS]
    for index, reading in enumerate(readings):
        assert reading is not None
        fields = [getattr(reading, name) for name in reading.__struct_fields__]
        assert fields == [bars[index].start, *(values[index] for values in alone)]


@kinds
def test_an_open_bar_has_no_value_and_changes_nothing(kind):
    bars = [candle(index, 100.0 + index % 3, volume=float(index % 4)) for index in range(40)]
    state = kind(MINUTE)
    for bar in bars[:-1]:
        state.update(bar)
    with pytest.raises(BarRefused, match="open"):
        state.update(candle(39, 1e6, is_closed=False))
    assert state.update(bars[-1]) == compute(build_series(bars, MINUTE), kind(MINUTE))[-1]
    with_open = build_series([*bars[:-1], candle(39, 1e6, is_closed=False)], MINUTE)
    assert compute(with_open, kind(MINUTE)) == [*compute(build_series(bars[:-1], MINUTE), kind(MINUTE)), None]


@pytest.mark.parametrize("index", [3, 4])
def test_a_bar_that_comes_late_or_again_is_refused(index):
    state = Sma(MINUTE)
    state.update(candle(4))
    with pytest.raises(BarRefused, match="late"):
        state.update(candle(index))


@kinds
def test_lengths_and_intervals_are_positive(kind):
    with pytest.raises(ValueError, match="positive"):
        kind(0)
    length = "slow" if kind is Macd else "seed" if kind is EwmaVolatility else "length"
    with pytest.raises(ValueError, match=r"positive|longer"):
        kind(MINUTE, **{length: 0})


def test_the_fast_average_is_not_slower_than_the_slow_one():
    with pytest.raises(ValueError, match="longer"):
        Macd(MINUTE, fast=27)


@given(prices)
def test_a_market_that_stands_still(price):
    last = {kind: compute(from_closes([price] * 60), kind(MINUTE))[-1] for kind in KINDS}
    assert last[Sma] == pytest.approx(price, rel=1e-14)
    assert last[Ema] == pytest.approx(price, rel=1e-14)
    assert last[Rsi] == 0
    assert numbers(last[Macd]) == pytest.approx([0, 0, 0], abs=1e-12 * price)
    assert numbers(last[Bollinger]) == [price, price, price]
    assert (last[Atr], last[Momentum], last[EwmaVolatility], last[RealisedVolatility]) == (0, 0, 0, 0)
    assert last[VolumeZScore] is None


@given(candle_lists(size_min=40), st.sampled_from([0.25, 8.0, 1024.0]), st.sampled_from(KINDS))
def test_in_another_currency_prices_scale_and_ratios_stay(bars, factor, kind):
    # Powers of two: scaling is exact, so no rounding hides a wrong formula.
    before = flat(compute(build_series(bars, MINUTE), kind(MINUTE)))
    after = flat(compute(build_series(scaled(bars, factor), MINUTE), kind(MINUTE)))
    times = factor if kind in {Sma, Ema, Macd, Bollinger, Atr, Momentum} else 1.0
    assert after == [None if value is None else pytest.approx(value * times, rel=1e-12) for value in before]


@given(candle_lists(size_min=40), st.floats(1, 1e4), st.sampled_from([Sma, Ema, Bollinger, Macd, Atr, Momentum]))
def test_levels_move_with_prices_and_distances_do_not(bars, shift, kind):
    before = flat(compute(build_series(bars, MINUTE), kind(MINUTE)))
    after = flat(compute(build_series(scaled(bars, 1.0, shift), MINUTE), kind(MINUTE)))
    moved = shift if kind in {Sma, Ema, Bollinger} else 0.0
    biggest = shift + max(bar.high for bar in bars)
    assert after == [None if value is None else pytest.approx(value + moved, abs=1e-11 * biggest) for value in before]


@given(st.lists(st.integers(1, 10**6), min_size=20, max_size=60), st.integers(1, 10**6))
def test_relative_strength_does_not_know_the_level(closes, shift):
    # Whole numbers: differences are exact, so the values are the same to the last bit.
    shifted = [float(close + shift) for close in closes]
    assert compute(from_closes(shifted), Rsi(MINUTE)) == compute(
        from_closes([float(one) for one in closes]), Rsi(MINUTE)
    )


@given(candle_lists(size_min=40))
def test_bounds(bars):
    series = build_series(bars, MINUTE)
    for index, reading in enumerate(compute(series, AllIndicators(MINUTE))):
        assert reading is not None
        closes = [bar.close for bar in bars[max(0, index - 19) : index + 1]]
        slack = 1e-9 * max(closes)
        if reading.rsi is not None:
            assert 0 <= reading.rsi <= 100
        if reading.sma is not None and reading.bollinger is not None:
            bands = reading.bollinger
            assert min(closes) - slack <= reading.sma <= max(closes) + slack
            assert bands.middle == pytest.approx(reading.sma, rel=1e-12)
            assert bands.lower <= bands.middle <= bands.upper
            assert bands.upper - bands.middle == pytest.approx(bands.middle - bands.lower, abs=slack)
        if reading.macd is not None:
            assert reading.macd.histogram == reading.macd.macd - reading.macd.signal
        if reading.volume_z is not None:
            assert abs(reading.volume_z) <= sqrt(19) * (1 + 1e-9)
        for name in ("atr", "volatility_ewma", "volatility_realised"):
            value = getattr(reading, name)
            assert value is None or value >= 0


@given(candle_lists(size_min=40))
def test_an_average_true_range_lies_between_the_ranges_it_saw(bars):
    ranges = [max(bar.high, before.close) - min(bar.low, before.close) for before, bar in pairwise(bars)]
    for index, value in enumerate(compute(build_series(bars, MINUTE), Atr(MINUTE))):
        if value is not None:
            seen = ranges[:index]
            assert min(seen) * (1 - 1e-9) <= value <= max(seen) * (1 + 1e-9)


def test_only_ups_or_only_downs_are_the_ends_of_relative_strength():
    up = [100.0 + index for index in range(30)]
    assert compute(from_closes(up), Rsi(MINUTE))[-1] == 100
    assert compute(from_closes(up[::-1]), Rsi(MINUTE))[-1] == 0


def test_bands_of_a_coin_worth_a_millionth_do_not_collapse():
    closes = [1e-6 * (1 + 1e-3 * (index % 2)) for index in range(20)]
    bands = compute(from_closes(closes), Bollinger(MINUTE))[-1]
    assert bands is not None
    assert bands.upper - bands.middle == pytest.approx(2 * 5e-10, rel=1e-6)


def test_the_same_return_every_bar_is_the_volatility_by_either_measure():
    series = from_closes([100 * 1.01**index for index in range(60)])
    for kind in (EwmaVolatility, RealisedVolatility):
        assert compute(series, kind(MINUTE))[-1] == pytest.approx(0.00995033, rel=1e-6)


def test_a_year_of_hours_is_the_root_of_their_number():
    assert annualise(0.01, 3_600_000) == pytest.approx(0.01 * sqrt(8760))
