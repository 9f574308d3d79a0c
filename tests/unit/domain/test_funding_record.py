"""Settlements by the days of UTC: nothing is lost, nothing counted twice, and a day that may lack some is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.funding_record import DAY_MS, FundingDay, sum_days
from tests.unit.domain.builders import HOUR

MIDNIGHT = 1_795_305_600_000
rows = st.lists(st.tuples(st.integers(0, 400), st.floats(-0.1, 0.1)), unique_by=lambda row: row[0], max_size=60).map(
    lambda drawn: sorted((MIDNIGHT + hours * HOUR, rate) for hours, rate in drawn)
)


def test_a_settlement_at_midnight_belongs_to_the_day_that_begins():
    found = sum_days([(MIDNIGHT - HOUR, -0.5), (MIDNIGHT, 0.25), (MIDNIGHT + 8 * HOUR, 0.125)], is_cut=False)
    assert found == [
        FundingDay(MIDNIGHT - DAY_MS, 1, -0.5, -0.5, -0.5),
        FundingDay(MIDNIGHT, 2, 0.375, 0.125, 0.25),
    ]


@given(rows)
def test_the_days_together_are_the_settlements(drawn):
    days = sum_days(drawn, is_cut=False)
    assert [one.day for one in days] == sorted({one.day for one in days})
    assert sum(one.settlements for one in days) == len(drawn)
    assert sum(one.rate_sum for one in days) == pytest.approx(sum(rate for _, rate in drawn), abs=1e-12)
    for one in days:
        inside = [rate for at, rate in drawn if one.day <= at < one.day + DAY_MS]
        assert (one.settlements, one.rate_min, one.rate_max) == (len(inside), min(inside), max(inside))


@given(rows)
def test_the_oldest_day_is_left_out_where_the_exchange_had_more(drawn):
    assert sum_days(drawn, is_cut=True) == sum_days(drawn, is_cut=False)[1:]
