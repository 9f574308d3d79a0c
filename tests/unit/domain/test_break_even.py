"""After how many hours funding has paid for everything else: as revaluing hour by hour finds it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.break_even import find_break_even_h
from arbedge.domain.gauge import HORIZON_H_MAX
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import HELD_TYPES, Policy
from arbedge.domain.revaluation import revalue
from tests.unit.domain.stored import stored
from tests.unit.domain.test_revaluation import FILTERED, candidates, policy, store

TINY_BPS = 0.001  # the parts of a waterfall are rounded


def net_bps(one: Opportunity, horizon_h: int) -> float:
    return float(revalue(one, one.sighting.size_usdt, horizon_h, Policy()).net_bps)


@pytest.mark.parametrize(("rate", "hours"), [(0.1, 1.0), (0.00401, 1.0), (0.004, 9.0), (0.002, 17.0)])
def test_by_hand_only_whole_settlements_pay(rate, hours):
    """Costs are 40.1 bps; the perpetual that is sold pays its rate in an hour, and every eight hours from then on."""
    assert find_break_even_h(stored(kind="funding", rate=rate).sighting, 24) == hours


@pytest.mark.parametrize("kind", sorted(HELD_TYPES))
@settings(max_examples=15, suppress_health_check=FILTERED)
@given(st.data(), st.integers(1, 100))
def test_it_is_the_first_hour_at_which_a_position_would_be_worth_closing(kind, data, horizon_h):
    candidate, markets = data.draw(candidates(kind))
    kept = store(candidate, markets, policy(horizon_h=horizon_h))
    found = find_break_even_h(kept.sighting, horizon_h)
    unpaid = [replace(one, funding=one.funding and replace(one.funding, rate=0.0)) for one in markets]
    if float(store(candidate, unpaid, policy()).net_bps) >= TINY_BPS:
        assert found == 0
    else:
        assert found != 0
        before = range(1, HORIZON_H_MAX + 1) if found is None else range(1, int(found))
        assert all(net_bps(kept, hours) <= TINY_BPS for hours in before)
        if found is not None:
            assert net_bps(kept, int(found)) >= -TINY_BPS


def test_what_is_not_held_has_none():
    assert find_break_even_h(stored().sighting, 24) is None
