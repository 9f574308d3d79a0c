"""The walk forward: trades by hand, series whose answer is known, and nothing that a later bar could change."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.candles import build_series
from arbedge.domain.technical.rules import RULES, find_calls
from arbedge.domain.technical.walk_forward import HORIZON_BARS, sum_up, walk_forward
from tests.unit.domain.candle_builders import HOUR, MINUTE, candle, candle_lists, from_closes
from tests.unit.domain.technical.series import CALL_BAR, OHLC, bar, breakout, swing, trade_of

STILL: OHLC = (103, 104, 102, 103)


def test_the_target_is_three_ranges_above_the_next_open():
    trade = trade_of(breakout(STILL, (103, 109, 103, 108)), taker=0.0005)
    assert trade
    assert (trade.entry, trade.exit, trade.ending) == (103, pytest.approx(109), "target")
    assert (trade.entered_at, trade.exited_at) == ((CALL_BAR + 1) * HOUR, (CALL_BAR + 2) * HOUR)
    assert trade.gross_bps == pytest.approx(6 / 103 * 10_000)
    # 5 bps of 103 going in and of 109 going out, over 103.
    assert trade.net_bps == pytest.approx(6 / 103 * 10_000 - 5 * (1 + 109 / 103))
    assert trade.is_hit


def test_the_stop_is_two_ranges_below_it():
    trade = trade_of(breakout(STILL, (103, 104, 98.5, 104)))
    assert trade
    assert (trade.exit, trade.ending, trade.is_hit) == (pytest.approx(99), "stop", False)
    assert trade.gross_bps == pytest.approx(-4 / 103 * 10_000)


def test_a_bar_that_reaches_both_is_stopped():
    trade = trade_of(breakout((103, 120, 90, 119)))
    assert trade
    assert (trade.exit, trade.ending) == (pytest.approx(99), "stop")


def test_a_bar_that_opens_beyond_the_stop_is_left_at_its_open_and_one_beyond_the_target_at_the_target():
    assert (down := trade_of(breakout(STILL, (95, 96, 94, 96))))
    assert (down.exit, down.ending) == (95, "stop")
    assert (up := trade_of(breakout(STILL, (112, 113, 111, 113))))
    assert (up.exit, up.ending) == (pytest.approx(109), "target")


def test_the_entry_is_the_next_open_and_not_the_close_that_called():
    trade = trade_of(breakout((104, 105, 103, 104), (104, 110, 104, 110)))
    assert trade
    assert (trade.entry, trade.exit) == (104, pytest.approx(110))


def test_time_is_up_at_the_close_of_the_twenty_fourth_bar():
    rows = [STILL] * (HORIZON_BARS - 1)
    assert trade_of(breakout(*rows)) is None, "it is running"
    trade = trade_of(breakout(*rows, (103, 104, 102, 102.5), STILL))
    assert trade
    assert (trade.exit, trade.ending, trade.exited_at) == (102.5, "time", (CALL_BAR + HORIZON_BARS) * HOUR)


def test_a_sell_is_the_mirror_image():
    assert (won := trade_of(breakout(STILL, (103, 109, 103, 108), mirrored=True), taker=0.001))
    assert (won.side, won.entry, won.exit, won.ending) == ("sell", 97, pytest.approx(91), "target")
    assert won.net_bps == pytest.approx(6 / 97 * 10_000 - 10 * (1 + 91 / 97))
    assert (lost := trade_of(breakout(STILL, (95, 96, 94, 96), mirrored=True)))
    assert (lost.exit, lost.ending) == (105, "stop")


def test_what_runs_into_a_gap_or_is_still_running_is_not_counted():
    series = breakout(STILL)
    beyond = [bar(CALL_BAR + 4 + n, (103, 120, 90, 103)) for n in range(3)]
    assert trade_of(build_series([*series.candles, *beyond], HOUR)) is None
    assert trade_of(breakout()) is None
    assert trade_of(breakout((103, 120, 90, 103), is_open=True)) is None, "the bar is not over"


def test_a_call_during_a_trade_is_not_traded_twice():
    again: list[OHLC] = [(103, 103, 101, 101), (101, 106, 101, 106)]
    series = breakout(STILL, *again, *[STILL] * (HORIZON_BARS + 1))
    calls = [call.bar for call in find_calls(series) if call.rule == "bollinger_breakout"]
    assert calls[:2] == [CALL_BAR, CALL_BAR + 3]
    trades = [one for one in walk_forward(series, 0) if one.rule == "bollinger_breakout"]
    assert [one.called_at for one in trades] == [CALL_BAR * HOUR]


@given(candle_lists(size_min=60, size_max=160, with_gaps=True), st.data())
def test_later_bars_never_change_a_trade_that_is_over(bars, data):
    cut = data.draw(st.integers(1, len(bars)))
    whole = walk_forward(build_series(bars, MINUTE), 0.001)
    part = walk_forward(build_series(bars[:cut], MINUTE), 0.001)
    assert part == [one for one in whole if one.exited_at < bars[cut - 1].start + MINUTE]


@given(candle_lists(size_min=60, size_max=160))
def test_a_trade_lies_between_its_bars_and_costs_two_fees(bars):
    series = build_series(bars, MINUTE)
    opens = {one.start: one.open for one in bars}
    for trade in walk_forward(series, 0.001):
        assert trade.called_at < trade.entered_at <= trade.exited_at
        assert trade.entry == opens[trade.called_at + MINUTE]
        assert (trade.exited_at - trade.entered_at) // MINUTE < HORIZON_BARS
        paid = 10 * (1 + trade.exit / trade.entry)
        assert trade.net_bps == pytest.approx(trade.gross_bps - paid)


def test_nothing_is_earned_in_a_walk_without_memory_but_fees_are_paid():
    rng = random.Random(20_261_122)
    walked = []
    for _ in range(12):
        price, bars = 100.0, []
        for index in range(2_000):
            steps = [price := price * (1 + rng.gauss(0, 0.001)) for _ in range(8)]
            bars.append(candle(index, steps[-1], opened=steps[0], high=max(steps), low=min(steps), interval_ms=HOUR))
        series = build_series(bars, HOUR)
        walked.append((series, walk_forward(series, 0.0005)))
    for rule, evidence in sum_up(walked).items():
        assert evidence.trades > 200, rule
        assert abs(evidence.gross_bps) < 4 * evidence.error_bps, rule
        assert evidence.net_bps == pytest.approx(evidence.gross_bps - 10, abs=0.1)


def test_the_sum_is_that_of_all_instruments():
    won, lost = breakout(STILL, (103, 109, 103, 108)), breakout(STILL, (95, 96, 94, 96))
    found = sum_up([(series, walk_forward(series, 0)) for series in (won, lost)])["bollinger_breakout"]
    up, down = 6 / 103 * 10_000, -8 / 103 * 10_000
    assert (found.trades, found.hits, found.hit_rate) == (2, 1, 0.5)
    assert found.net_bps == pytest.approx((up + down) / 2)
    assert found.error_bps == pytest.approx(abs(up - down) / 2)
    assert (found.instruments, found.bars) == (2, len(won.closed) * 2)
    assert (found.since, found.until) == (0, (CALL_BAR + 3) * HOUR)


def test_without_candles_or_trades_there_is_evidence_of_nothing():
    still = from_closes([100.0] * 50)
    for walked in ([], [(still, walk_forward(still, 0))]):
        found = sum_up(walked)
        assert found.keys() == RULES.keys()
        assert {(one.trades, one.hits, one.hit_rate, one.net_bps) for one in found.values()} == {(0, 0, 0.0, 0.0)}
    assert walk_forward(build_series(swing()[:5], HOUR), 0) == []
