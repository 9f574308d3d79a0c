"""What detectors leave: which drops are kept to be asked about, and which prices are not those of one asset."""

import pytest

from arbedge.domain.detection.candidates import Candidate, Drops, Listed, check_pair
from arbedge.domain.policy import OpportunityType, Policy
from arbedge.domain.reasons import Reason
from arbedge.limits import BAD_DATA_KEPT, NEAR_MISSES_KEPT
from tests.unit.domain.builders import NOW, feed, quote


def fill(drops: Drops, kind: OpportunityType, reason: Reason, nets: range) -> None:
    for net in nets:
        one = Candidate(kind, f"A{net}", "USDT", (), 0.0, float(net))
        drops.add(kind, one.net_bps, (reason, {}), lambda one=one: one)


@pytest.mark.parametrize(("near", "bad"), [(300, 300), (300, 5), (5, 300), (5, 5)])
def test_bad_data_has_a_share_of_what_is_kept_and_the_rest_where_nothing_came_near(near, bad):
    drops = Drops()
    fill(drops, "funding", "fees", range(-near, 0))
    fill(drops, "cross_exchange", "identity", range(1_000, 1_000 + bad))
    kept = drops.nearest()
    misses = [one.candidate.net_bps for one in kept if one.reason == "fees"]
    wrong = [one.candidate.net_bps for one in kept if one.reason == "identity"]
    assert len(misses) == min(near, NEAR_MISSES_KEPT - min(bad, BAD_DATA_KEPT))
    assert len(wrong) == min(bad, NEAR_MISSES_KEPT - len(misses))
    assert misses == [float(-place) for place in range(1, len(misses) + 1)], "the nearest, best first"
    assert wrong == [float(999 + bad - place) for place in range(len(wrong))]


@pytest.mark.parametrize(
    ("prices", "middle", "apart"),
    [((100, 101), 100.5, None), ((100, 101), 125, 0.2), ((150, 151), 125, 0.208), ((100, 109), 104.5, 0.09)],
)
def test_two_that_agree_with_each_other_and_not_with_the_rest_are_not_compared(prices, middle, apart):
    rows = [quote(price - 0.01, price + 0.01) for price in prices]
    a, b = (Listed(feed(name, row), row) for name, row in zip(("binance", "okx"), rows, strict=True))
    refusal = check_pair(a, b, middle, NOW, Policy())
    assert (refusal and refusal[0]) == (apart and "identity")
    if refusal:
        assert refusal[1]["ratio"] == pytest.approx(apart)
