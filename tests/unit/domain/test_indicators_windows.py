"""Sliding windows: the same as computing each window from nothing, whatever went through them before."""

from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.indicators.windows import SeededAverage, SlidingMean, SlidingMoments

values = st.lists(st.floats(-1e6, 1e6), max_size=80)
sizes = st.integers(1, 25)


@given(values, sizes)
def test_a_sliding_mean_is_the_mean_of_the_window(given_values, size):
    window = SlidingMean(size)
    for index, value in enumerate(given_values):
        got = window.push(value)
        last = given_values[max(0, index + 1 - size) : index + 1]
        if len(last) < size:
            assert got is None
        else:
            assert got == pytest.approx(fmean(last), rel=1e-12, abs=1e-8)


@given(values, sizes)
def test_sliding_moments_are_those_of_the_window(given_values, size):
    window = SlidingMoments(size)
    for index, value in enumerate(given_values):
        got = window.push(value)
        last = given_values[max(0, index + 1 - size) : index + 1]
        if len(last) < size:
            assert got is None
        else:
            assert got is not None
            mean, variance = got
            assert mean == pytest.approx(fmean(last), rel=1e-12, abs=1e-8)
            assert variance == pytest.approx(pvariance(last), rel=1e-9, abs=1e-9 * max(map(abs, last)) ** 2)
            assert variance >= 0


@given(st.floats(-1e12, 1e12), sizes)
def test_a_constant_has_no_variance_at_all(value, size):
    window = SlidingMoments(size)
    assert {moments for _ in range(3 * size) if (moments := window.push(value))} == {(value, 0.0)}


def test_an_extreme_value_leaves_nothing_behind():
    window, mean = SlidingMoments(20), SlidingMean(20)
    quiet = [1.0 + index % 2 for index in range(40)]
    found = [(window.push(value), mean.push(value)) for value in [*quiet, 1e15, *quiet[:20]]]
    moments, average = found[-1]
    assert moments == pytest.approx((1.5, 0.25), rel=1e-12)
    assert average == pytest.approx(1.5, rel=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 20), st.floats(0.01, 1))
def test_a_seeded_average_begins_with_a_mean_and_stays_within_what_it_saw(given_values, seed, factor):
    average = SeededAverage(seed, factor)
    got = [average.push(value) for value in given_values]
    assert [one is None for one in got] == [index + 1 < seed for index in range(len(given_values))]
    if len(given_values) >= seed:
        assert got[seed - 1] == pytest.approx(fmean(given_values[:seed]), abs=1e-6)
    for index, one in enumerate(got):
        if one is not None:
            seen = given_values[: index + 1]
            assert min(seen) - 1e-6 <= one <= max(seen) + 1e-6
