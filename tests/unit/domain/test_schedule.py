"""Late, early, doubled and missed calls all mean a scan of the grid."""

from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.schedule import find_due, find_next, is_wanted

INTERVALS = st.integers(5, 300).map(lambda seconds: seconds * 1000)
TIMES = st.integers(1_700_000_000_000, 1_900_000_000_000)


@given(now=TIMES, interval_ms=INTERVALS)
def test_what_is_due_is_not_in_the_future_and_what_is_next_is(now, interval_ms):
    due, after = find_due(now, interval_ms), find_next(now, interval_ms)
    assert due <= now < after
    assert after - due == interval_ms
    assert due % interval_ms == 0
    assert find_due(due, interval_ms) == due


def test_a_tick_counts_as_it_is_where_scans_are_a_minute_apart_or_less():
    assert is_wanted(60_000, 10_000)
    assert is_wanted(60_000, 7_000)


def test_where_they_are_further_apart_a_minute_off_the_grid_is_left_out():
    assert is_wanted(300_000, 300_000)
    assert not is_wanted(360_000, 300_000)
    assert is_wanted(360_001, 300_000), "a time that is no minute was asked for on purpose"
