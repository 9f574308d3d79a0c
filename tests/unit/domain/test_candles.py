"""Series of candles: nothing impossible gets in, nothing missing is made up, nothing unfinished passes for whole."""

from math import fsum, inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.candles import Candle, CandleSeries, CandlesInvalid, Gap, aggregate, build_series
from arbedge.domain.market import Mode
from tests.unit.domain.candle_builders import MINUTE, candle, candle_lists, load_recorded, needs_recordings

FIVE = 5 * MINUTE


def series(*bars: Candle) -> CandleSeries:
    return build_series(bars, MINUTE)


def test_an_empty_series_has_nothing():
    empty = series()
    assert (empty.closed, empty.open_bar, empty.gaps, empty.runs) == ((), None, [], [])
    assert aggregate(empty, FIVE).candles == ()


def test_missing_bars_are_gaps_that_cut_runs():
    bars = [candle(index) for index in (0, 1, 4, 5, 6, 9)]
    found = series(*bars)
    assert found.gaps == [Gap(2 * MINUTE, 2), Gap(7 * MINUTE, 2)]
    assert found.runs == [tuple(bars[:2]), tuple(bars[2:5]), tuple(bars[5:])]


def test_an_open_last_bar_is_flagged_and_in_no_run():
    found = series(candle(0), candle(1, is_closed=False))
    assert found.open_bar == candle(1, is_closed=False)
    assert found.closed == (candle(0),)
    assert found.runs == [(candle(0),)]


def test_a_lone_open_bar_makes_no_run():
    assert series(candle(0, is_closed=False)).runs == []


@pytest.mark.parametrize(
    ("bars", "complaint"),
    [
        ([candle(1), candle(0)], "does not follow"),
        ([candle(0), candle(0)], "does not follow"),
        ([replace(candle(0), start=1)], "multiple"),
        ([candle(0, is_closed=False), candle(1)], "open but not the last"),
        ([candle(0, high=99.0)], "impossible"),
        ([candle(0, low=101.0)], "impossible"),
        ([candle(0, 0.0)], "impossible"),
        ([candle(0, -1.0)], "impossible"),
        ([candle(0, high=inf)], "impossible"),
        ([candle(0, nan)], "impossible"),
        ([candle(0, volume=-1.0)], "impossible"),
        ([candle(0, volume=nan)], "impossible"),
    ],
)
def test_what_no_exchange_may_send_is_refused(bars, complaint):
    with pytest.raises(CandlesInvalid, match=complaint):
        series(*bars)


@pytest.mark.parametrize("interval_ms", [0, -MINUTE, 7 * MINUTE, 2 * 86_400_000])
def test_an_interval_divides_a_day(interval_ms):
    with pytest.raises(CandlesInvalid, match="divide a day"):
        build_series([], interval_ms)


def test_a_longer_bar_is_made_of_all_its_parts():
    parts = [
        candle(5, 102.0, opened=100.0, high=103.0, low=99.0, volume=1.0),
        candle(6, 101.0, opened=102.0, high=110.0, low=101.0, volume=2.0),
        candle(7, 98.0, opened=101.0, high=101.0, low=90.0, volume=3.0),
        candle(8, 99.0, volume=0.0),
        candle(9, 97.0, volume=4.0),
    ]
    assert aggregate(series(*parts), FIVE).candles == (
        Candle(FIVE, open=100.0, high=110.0, low=90.0, close=97.0, volume=10.0, is_closed=True, mode="replay"),
    )


@pytest.mark.parametrize("missing", range(5))
def test_a_longer_bar_that_lacks_a_part_becomes_a_gap(missing):
    bars = [candle(index) for index in range(15) if index != 5 + missing]
    found = aggregate(series(*bars), FIVE)
    assert [bar.start for bar in found.candles] == [0, 2 * FIVE]
    assert found.gaps == [Gap(FIVE, 1)]


def test_only_the_last_longer_bar_may_wait_for_its_end():
    bars = [candle(index) for index in (3, 4, *range(5, 13))]
    assert [(bar.start, bar.is_closed) for bar in aggregate(series(*bars), FIVE).candles] == [
        (FIVE, True),
        (2 * FIVE, False),
    ]


def test_a_last_longer_bar_without_its_beginning_is_left_out():
    assert [bar.start for bar in aggregate(series(*map(candle, (*range(5), 6, 7))), FIVE).candles] == [0]


def test_an_open_part_keeps_the_longer_bar_open():
    bars = [*map(candle, range(4)), candle(4, is_closed=False)]
    assert aggregate(series(*bars), FIVE).open_bar is not None


def test_a_longer_bar_says_the_least_trustworthy_of_its_parts_sources():
    modes: list[Mode] = ["live", "cached", "replay", "cached", "live"]
    bars = [candle(index, mode=mode) for index, mode in enumerate(modes)]
    assert aggregate(series(*bars), FIVE).candles[0].mode == "replay"


@pytest.mark.parametrize("interval_ms", [MINUTE // 2, MINUTE + 1])
def test_bars_are_only_joined_to_whole_multiples(interval_ms):
    with pytest.raises(CandlesInvalid, match="multiple"):
        aggregate(series(candle(0)), interval_ms)


@given(candle_lists(with_gaps=True))
def test_runs_and_gaps_account_for_every_bar(bars):
    found = series(*bars)
    assert tuple(bar for run in found.runs for bar in run) == found.candles
    assert len(found.gaps) == max(0, len(found.runs) - 1)
    span = (bars[-1].start - bars[0].start) // MINUTE + 1
    assert len(bars) + sum(gap.bars for gap in found.gaps) == span


@given(candle_lists(with_gaps=True), st.sampled_from([2, 3, 5]))
def test_joining_in_two_steps_is_joining_in_one(bars, times):
    # Closed bars only: of an open last bar the way of 1m -> 15m knows minutes that 1m -> 5m -> 15m has given up.
    direct = aggregate(series(*bars), 2 * times * MINUTE)
    stepwise = aggregate(aggregate(series(*bars), times * MINUTE), 2 * times * MINUTE)
    assert [bar[:5] for bar in map(tuple_of, stepwise.closed)] == [bar[:5] for bar in map(tuple_of, direct.closed)]
    assert [bar.volume for bar in stepwise.closed] == pytest.approx([bar.volume for bar in direct.closed])


def tuple_of(bar: Candle) -> tuple:
    return bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume


@needs_recordings
def test_a_recorded_thin_market_has_gaps_and_keeps_its_volume():
    minutes = load_recorded("minute_2023-03_usdc_depeg/kraken_BTCUSDC_1m", MINUTE)
    fives = aggregate(minutes, FIVE)
    assert sum(gap.bars for gap in minutes.gaps) == (
        minutes.candles[-1].start - minutes.candles[0].start
    ) // MINUTE + 1 - len(minutes.candles)
    by_start = {bar.start: bar for bar in minutes.candles}
    for bar in fives.closed:
        parts = [by_start[bar.start + index * MINUTE] for index in range(5)]
        assert bar.volume == pytest.approx(fsum(part.volume for part in parts))
    assert 0 < len(fives.closed) < len(minutes.closed) / 5
