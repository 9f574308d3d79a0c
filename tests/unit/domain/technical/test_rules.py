"""The four rules: examples by hand, a second reading by TA-Lib, and no look ahead."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.candles import build_series
from arbedge.domain.indicators import Bands, MacdValue
from arbedge.domain.technical.rules import RULES, Known, find_calls
from tests.unit.domain.candle_builders import HOUR, MINUTE, candle, candle_lists, load_recorded, needs_recordings
from tests.unit.domain.technical.series import CALL_BAR, breakout, swing


def known(
    close: float = 100.0, rsi: float = 50.0, histogram: float = 0.0, atr: float = 2.0, momentum: float = 0.0
) -> Known:
    """Bands from 95 to 105 around everything that an example does not name."""
    return Known(close, rsi, MacdValue(histogram, 0.0, histogram), Bands(105.0, 100.0, 95.0), atr, momentum)


EXAMPLES = [
    ("rsi_reversal", {"rsi": 29.9}, {"rsi": 30.0}, "buy"),
    ("rsi_reversal", {"rsi": 30.0}, {"rsi": 31.0}, None),
    ("rsi_reversal", {"rsi": 25.0}, {"rsi": 29.9}, None),
    ("rsi_reversal", {"rsi": 70.1}, {"rsi": 70.0}, "sell"),
    ("rsi_reversal", {"rsi": 70.0}, {"rsi": 69.0}, None),
    ("macd_cross", {"histogram": 0.0}, {"histogram": 0.1}, "buy"),
    ("macd_cross", {"histogram": 0.1}, {"histogram": 0.2}, None),
    ("macd_cross", {"histogram": 0.0}, {"histogram": -0.1}, "sell"),
    ("macd_cross", {"histogram": -0.1}, {"histogram": 0.0}, None),
    ("bollinger_breakout", {"close": 105.0}, {"close": 105.1}, "buy"),
    ("bollinger_breakout", {"close": 105.1}, {"close": 106.0}, None),
    ("bollinger_breakout", {"close": 100.0}, {"close": 105.0}, None),
    ("bollinger_breakout", {"close": 95.0}, {"close": 94.9}, "sell"),
    ("momentum", {"momentum": 4.0}, {"momentum": 4.1}, "buy"),
    ("momentum", {"momentum": 4.1}, {"momentum": 9.0}, None),
    ("momentum", {"momentum": 3.0, "atr": 1.0}, {"momentum": 3.0, "atr": 1.0}, None),
    ("momentum", {"momentum": -4.0}, {"momentum": -4.1}, "sell"),
    ("momentum", {"momentum": 0.0}, {"momentum": 4.0}, None),
]


@pytest.mark.parametrize(("rule", "before", "now", "side"), EXAMPLES)
def test_a_rule_speaks_when_its_condition_becomes_true(rule: Any, before, now, side):
    assert RULES[rule](known(**before), known(**now)) == side


def test_a_breakout_by_hand():
    """19 closes of 99 and 101 and one of 103: mean 100.2, deviation 1.17, upper band 102.53; the ATR stays 2."""
    calls = [call for call in find_calls(breakout()) if call.rule == "bollinger_breakout"]
    [call] = [call for call in calls if call.bar == CALL_BAR]
    assert (call.side, call.atr) == ("buy", pytest.approx(2))
    assert len(calls) == 1, "closes inside the bands are no breakout"
    down = [call for call in find_calls(breakout(mirrored=True)) if call.rule == "bollinger_breakout"]
    assert [(call.bar, call.side) for call in down] == [(CALL_BAR, "sell")]


def test_prices_that_stand_still_say_nothing_nor_does_their_first_move():
    """An RSI of 0 / 0 would read as oversold, and any move as a breakout from bands of no width."""
    bars = [candle(index, 100, high=101, low=99) for index in range(60)]
    assert find_calls(build_series([*bars, candle(60, 101)], MINUTE)) == []


def test_an_open_bar_says_nothing():
    series = breakout((103, 150, 103, 150), is_open=True)
    assert all(call.bar <= CALL_BAR for call in find_calls(series))


def test_after_a_gap_the_rules_wait_until_they_know_enough():
    bars = swing()
    moved = [candle(bar.start // HOUR + 60, bar.close, high=101, low=99, interval_ms=HOUR) for bar in bars]
    late = [call for call in find_calls(build_series([*bars, *moved], HOUR)) if call.bar >= len(bars)]
    assert min((call.bar for call in late), default=10**6) >= len(bars) + 34


@given(candle_lists(size_min=50, size_max=140, with_gaps=True), st.data())
def test_later_bars_never_change_what_was_said(bars, data):
    cut = data.draw(st.integers(1, len(bars)))
    whole = find_calls(build_series(bars, MINUTE))
    assert find_calls(build_series(bars[:cut], MINUTE)) == [call for call in whole if call.bar < cut]


@needs_recordings
def test_the_same_calls_come_out_of_ta_lib():
    talib = pytest.importorskip("talib", reason="the peer library is a development dependency (requirements/dev.in)")
    numpy = pytest.importorskip("numpy")
    series = load_recorded("klines_1h_perp_binance", HOUR, "BTCUSDT")
    run = max(series.runs, key=len)[:3000]
    close, high, low = (numpy.array([getattr(bar, name) for bar in run]) for name in ("close", "high", "low"))
    rsi, atr, momentum = talib.RSI(close, 14), talib.ATR(high, low, close, 14), talib.MOM(close, 10)
    histogram = talib.MACD(close, 12, 26, 9)[2]
    upper, _, lower = talib.BBANDS(close, 20, 2, 2)
    pushed = momentum / atr
    expected: set[tuple[str, int, str]] = set()
    for at in range(34, len(run)):
        before = at - 1
        tests = {
            ("rsi_reversal", "buy"): rsi[before] < 30 <= rsi[at],
            ("rsi_reversal", "sell"): rsi[before] > 70 >= rsi[at],
            ("macd_cross", "buy"): histogram[before] <= 0 < histogram[at],
            ("macd_cross", "sell"): histogram[before] >= 0 > histogram[at],
            ("bollinger_breakout", "buy"): close[before] <= upper[before] and close[at] > upper[at],
            ("bollinger_breakout", "sell"): close[before] >= lower[before] and close[at] < lower[at],
            ("momentum", "buy"): pushed[before] <= 2 < pushed[at],
            ("momentum", "sell"): pushed[before] >= -2 > pushed[at],
        }
        expected |= {(rule, at, side) for (rule, side), is_true in tests.items() if is_true}
    found = {(call.rule, call.bar, call.side) for call in find_calls(build_series(run, HOUR))}
    assert found == expected
    assert {rule for rule, _, _ in found} == set(RULES)
