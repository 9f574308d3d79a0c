"""A histogram of few buckets tells shares exactly and quantiles within a bucket."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.histogram import ENDLESS, LATENCY_MS_BOUNDS, cumulate, estimate_quantile, find_bucket

VALUES = st.lists(st.integers(0, 20_000), min_size=1, max_size=60)


@given(VALUES)
def test_counts_at_a_bound_are_those_of_the_values(values: list[int]):
    counts = Counter(find_bucket(value, LATENCY_MS_BOUNDS) for value in values)
    for bound, count in cumulate(counts, LATENCY_MS_BOUNDS):
        assert count == sum(bound is None or value <= bound for value in values)


@given(VALUES, st.floats(0.01, 1))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(values: list[int], share: float):
    counts = Counter(find_bucket(value, LATENCY_MS_BOUNDS) for value in values)
    estimate = estimate_quantile(counts, LATENCY_MS_BOUNDS, share)
    rank = max(1, -int(-share * len(values) // 1))
    bucket = find_bucket(sorted(values)[rank - 1], LATENCY_MS_BOUNDS)
    assert estimate is not None
    if bucket == ENDLESS:
        assert estimate == LATENCY_MS_BOUNDS[-1]
    else:
        place = LATENCY_MS_BOUNDS.index(int(bucket))
        assert (LATENCY_MS_BOUNDS[place - 1] if place else 0) <= estimate <= LATENCY_MS_BOUNDS[place]


def test_nothing_is_told_of_nothing():
    assert estimate_quantile({}, LATENCY_MS_BOUNDS, 0.95) is None
