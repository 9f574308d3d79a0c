"""Funding of the whole market: quantiles of what is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.funding_heat import measure_funding_heat
from arbedge.domain.market import Funding

rates = st.lists(st.floats(-0.01, 0.01), min_size=2, max_size=50)


def funding(rate: float, interval_h: float = 8.0) -> Funding:
    return Funding(rate=rate, next_at=0, interval_h=interval_h, mark=1.0)


def test_funding_is_compared_at_eight_hours():
    heat = measure_funding_heat([funding(0.0001, 1.0), funding(0.0008), funding(0.0004, 4.0)])
    assert heat is not None
    assert (heat.low_8h, heat.median_8h, heat.high_8h) == pytest.approx((0.0008, 0.0008, 0.0008))
    assert heat.share_positive == 1


@pytest.mark.parametrize("count", [0, 1])
def test_one_perpetual_is_no_market(count):
    assert measure_funding_heat([funding(0.0001)] * count) is None


@given(rates)
def test_heat_is_ordered_and_turns_with_the_sign(given_rates):
    heat = measure_funding_heat(map(funding, given_rates))
    cold = measure_funding_heat(funding(-rate) for rate in given_rates)
    assert heat is not None
    assert cold is not None
    ordered = [min(given_rates), heat.low_8h, heat.median_8h, heat.high_8h, max(given_rates)]
    assert ordered == pytest.approx(sorted(ordered), rel=1e-12)
    assert cold.median_8h == pytest.approx(-heat.median_8h)
    assert (cold.low_8h, cold.high_8h) == pytest.approx((-heat.high_8h, -heat.low_8h))
    assert heat.share_positive + cold.share_positive <= 1
