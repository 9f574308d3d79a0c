"""A month's bill follows from what a scan and a minute's cron use."""

import pytest

from scripts.bench.costing import MONTH_S, add_up
from scripts.bench.prices import PRICES, price_gross, price_net

SCAN = {"kv writes": 1.0, "d1 rows written": 50.0, "r2 class A": 1.0, "r2 bytes written": 100_000.0}


def test_a_month_at_ten_seconds_has_six_times_the_scans_of_one_at_sixty():
    fast, slow = (add_up(SCAN, {"kv reads": 2.0}, 100.0, 1.0, interval_s) for interval_s in (10, 60))
    assert fast["CPU ms"] == 100 * MONTH_S / 10 == 6 * slow["CPU ms"]
    assert fast["KV reads"] == slow["KV reads"] == 2 * 43_200
    assert fast["R2 GB stored"] == pytest.approx(25.92)
    assert fast["object requests"] == 259_200 + 43_200


def test_everything_that_is_counted_has_a_price():
    assert set(add_up({}, {}, 0.0, 0.0, 10)) == set(PRICES)


def test_what_the_plan_includes_is_free_and_the_rest_is_not():
    used = {"KV writes": 1_200_000.0, "D1 rows read": 1_000_000.0}
    assert price_gross(used) == pytest.approx({"KV writes": 6.0, "D1 rows read": 0.001})
    assert price_net(used) == pytest.approx({"KV writes": 1.0, "D1 rows read": 0.0})
