"""What is told of the last bars, when a rule may be shown, and when the price has ended a signal."""

import pytest

from arbedge.domain.candles import build_series
from arbedge.domain.technical.signals import check_evidence, read_signals
from arbedge.limits import SIGNAL_TRADES_MIN
from tests.unit.domain.candle_builders import HOUR
from tests.unit.domain.technical.builders import evidence, place, signal
from tests.unit.domain.technical.series import CALL_BAR, breakout, swing


def told(series):
    return [one for one in read_signals(series, place()) if one.rule == "bollinger_breakout"]


def test_a_signal_is_entered_at_the_open_of_the_bar_under_way():
    [one] = told(breakout((104, 104, 104, 104), is_open=True))
    assert (one.bar, one.side, one.entry, one.atr) == (CALL_BAR * HOUR, "buy", 104, pytest.approx(2))
    assert (one.target, one.stop) == (pytest.approx(110), pytest.approx(100))
    assert (one.enter_by, one.ends_at) == ((CALL_BAR + 2) * HOUR, (CALL_BAR + 25) * HOUR)
    assert one.horizon_h == 24


def test_without_that_bar_it_is_measured_from_the_close():
    [one] = told(breakout())
    assert one.entry == 103


def test_only_the_last_two_bars_are_told_of():
    still = (103, 104, 102, 103)
    assert [one.bar for one in told(breakout(still))] == [CALL_BAR * HOUR], "it is over, and a scan can say so"
    assert told(breakout(still, still)) == []
    assert read_signals(build_series([], HOUR), place()) == []
    assert read_signals(build_series(swing()[:3], HOUR), place()) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"trades": SIGNAL_TRADES_MIN - 1}, "few_trades"),
        ({"trades": SIGNAL_TRADES_MIN}, None),
        ({"net_bps": 15.0, "error_bps": 1.0}, "unproven"),
        ({"net_bps": 15.1, "error_bps": 1.0}, None),
        ({"net_bps": -5.0}, "unproven"),
        ({"net_bps": 20.0, "error_bps": 10.0}, "chance"),
        ({"net_bps": 20.1, "error_bps": 10.0}, None),
    ],
)
def test_a_rule_is_shown_for_what_its_trades_were_worth(changes, reason):
    found = check_evidence(evidence(**changes), 15.0)
    assert (found[0] if found else None) == reason
    if found:
        assert found[1]["trades"] == changes.get("trades", 100)
        assert found[1]["hit_rate"] == pytest.approx(60 / changes.get("trades", 100))


@pytest.mark.parametrize(
    ("side", "price", "reason"),
    [
        ("buy", 100.0, None),
        ("buy", 105.9, None),
        ("buy", 106.0, "target_passed"),
        ("buy", 96.1, None),
        ("buy", 96.0, "stop_passed"),
        ("sell", 94.0, "target_passed"),
        ("sell", 94.1, None),
        ("sell", 104.0, "stop_passed"),
    ],
)
def test_target_and_stop_end_it(side, price, reason):
    assert signal(side).find_passed(price) == reason


def test_only_what_ran_ahead_counts_as_moved():
    assert signal("buy").count_moved(101.5) == 1.5
    assert signal("buy").count_moved(99) == 0
    assert signal("sell").count_moved(98.5) == 1.5
    assert signal("sell").count_moved(101) == 0
