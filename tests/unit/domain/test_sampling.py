"""Sampling two series on one grid: the last observation counts, never a later one, never one too old."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.candles import build_series
from arbedge.domain.sampling import Samples, log_returns, sample_closes, sample_ticks
from tests.unit.domain.candle_builders import HOUR, MINUTE, candle

ticks = st.lists(st.tuples(st.integers(0, 2000), st.floats(1, 100)), max_size=40).map(
    lambda given_ticks: sorted(given_ticks, key=lambda tick: tick[0])
)


@given(ticks, ticks, st.integers(1, 300), st.integers(0, 1000))
def test_a_sample_is_the_last_observation_before_it(first, second, step, age_max):
    found = sample_ticks(first, second, step, age_max)
    if found is None:
        shared = min(first[-1][0], second[-1][0]) - max(first[0][0], second[0][0]) if first and second else -1
        assert shared < step
        return
    assert found.start % step == 0
    for series, samples in ((first, found.first), (second, found.second)):
        for index, sample in enumerate(samples):
            at = found.start + index * step
            known = [(seen_at, price) for seen_at, price in series if seen_at <= at]
            assert known, "the grid begins where both series have begun"
            assert at <= series[-1][0]
            assert sample == (known[-1][1] if at - known[-1][0] <= age_max else None)


def test_the_last_of_ticks_with_one_time_counts():
    found = sample_ticks([(0, 1.0), (0, 2.0)], [(0, 3.0)], 10, 0)
    assert found == Samples(start=0, step_ms=10, first=[2.0], second=[3.0])


def test_series_that_share_no_time_have_no_samples():
    assert sample_ticks([], [(0, 1.0)], 10, 100) is None
    assert sample_ticks([(0, 1.0)], [], 10, 100) is None
    assert sample_ticks([(0, 1.0)], [(50, 1.0)], 10, 100) is None
    assert sample_ticks([(1, 1.0)], [(2, 1.0)], 10, 100) is None


def test_ticks_go_forward_and_steps_have_a_length():
    with pytest.raises(ValueError, match="back"):
        sample_ticks([(1, 1.0), (0, 1.0)], [(0, 1.0)], 10, 100)
    with pytest.raises(ValueError, match="steps"):
        sample_ticks([(0, 1.0)], [(0, 1.0)], 0, 100)


def test_a_close_is_known_at_the_end_of_its_bar_and_missing_bars_stay_missing():
    first = build_series([candle(index, float(index + 1)) for index in (0, 1, 3, 4)], MINUTE)
    second = build_series([candle(index, float(index + 10)) for index in (1, 2, 3)], MINUTE)
    assert sample_closes(first, second) == Samples(
        start=2 * MINUTE, step_ms=MINUTE, first=[2.0, None, 4.0], second=[11.0, 12.0, 13.0]
    )


def test_an_open_bar_has_no_close_yet():
    whole = build_series([candle(0), candle(1)], MINUTE)
    unfinished = build_series([candle(0), candle(1, is_closed=False)], MINUTE)
    found = sample_closes(whole, unfinished)
    assert found is not None
    assert len(found.first) == 1
    assert sample_closes(whole, build_series([candle(0, is_closed=False)], MINUTE)) is None


def test_closes_without_shared_time_or_interval():
    early, late = build_series([candle(0)], MINUTE), build_series([candle(5)], MINUTE)
    assert sample_closes(early, late) is None
    with pytest.raises(ValueError, match="align"):
        sample_closes(early, build_series([candle(0, interval_ms=HOUR)], HOUR))


def test_a_return_needs_both_its_prices():
    found = log_returns([1.0, exp(0.5), None, 2.0, 2.0])
    assert found == [pytest.approx(0.5), None, None, 0.0]
    assert log_returns([]) == []
