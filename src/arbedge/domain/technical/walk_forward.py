"""What each rule was worth on recorded candles, bar by bar, as it could have been traded then.

Walk forward, after Pardo (The Evaluation and Optimization of Trading Strategies, 2008, chapter 11), fits a rule on
past bars and judges it on those that follow. Here nothing is fitted: lengths, thresholds, target, stop and horizon
are fixed beforehand for every instrument, so every bar is out of sample and the walk is what is left of the method.
At the end of each bar a rule sees that bar and those before it; its trade opens at the open of the next bar.

    target   entry + 3 ATR      stop   entry - 2 ATR      time is up after 24 bars, the one of the entry counted

A sell is the mirror image. A bar that reaches both stop and target counts as stopped, since candles do not tell which
came first. A bar that opens beyond the stop closes the trade at its open, and one beyond the target only at the
target. Both fills pay the taker fee; spread, depth and funding are not in candles and are not counted here. One trade
a rule and instrument at a time: a call while one is running would count the same move twice. What has not ended by
the last closed bar, or runs into a gap, is not counted.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import sqrt
from typing import Final, Literal

from msgspec import Struct

from arbedge.domain.candles import Candle, CandleSeries
from arbedge.domain.market import Side
from arbedge.domain.technical.rules import RULES, Call, Rule, find_calls

TARGET_ATR: Final = 3.0
STOP_ATR: Final = 2.0
HORIZON_BARS: Final = 24

Ending = Literal["target", "stop", "time"]
_BPS: Final = 10_000


class Trade(Struct, frozen=True):
    """A trade of the past that is over; prices per asset unit, times are starts of bars."""

    rule: Rule
    side: Side
    called_at: int
    entered_at: int
    exited_at: int
    entry: float
    exit: float
    ending: Ending
    gross_bps: float
    net_bps: float  # after two taker fees

    @property
    def is_hit(self) -> bool:
        return self.net_bps > 0


class Evidence(Struct, frozen=True):
    """What a rule's trades over all watched instruments came to; means in bps a trade.

    `error_bps` is the standard error of the mean net: how far chance alone moves it. `since` and `until` bound the
    bars that were looked at.
    """

    rule: Rule
    trades: int
    hits: int
    gross_bps: float
    net_bps: float
    error_bps: float
    instruments: int
    bars: int
    since: int
    until: int

    @property
    def hit_rate(self) -> float:
        return self.hits / self.trades if self.trades else 0.0


def place_exits(side: Side, entry: float, atr: float) -> tuple[float, float]:
    """Target and stop of an entry; a stop below zero cannot be reached, which is what it then means."""
    sign = 1 if side == "buy" else -1
    return entry + sign * TARGET_ATR * atr, entry - sign * STOP_ATR * atr


def walk_forward(series: CandleSeries, taker: float, calls: Sequence[Call] | None = None) -> list[Trade]:
    """All trades that are over, in the order of their calls; `taker` is the fee of each of two fills, a fraction.

    `calls` are those of the series, where they are known already.
    """
    bars = series.closed
    gaps = [index for index, (a, b) in enumerate(pairwise(bars), 1) if b.start - a.start != series.interval_ms]
    ends = [*gaps, len(bars)]
    free_from = dict.fromkeys(RULES, 0)
    trades: list[Trade] = []
    for call in find_calls(series) if calls is None else calls:
        if call.bar < free_from[call.rule]:
            continue
        end = next(end for end in ends if end > call.bar)  # the first bar that no longer follows without a gap
        path = bars[call.bar + 1 : min(end, call.bar + 1 + HORIZON_BARS)]
        found = _follow(call, path, bars[call.bar].start, taker)
        if found is None:
            free_from[call.rule] = end  # it is still running, or what became of it is not known
            continue
        trade, length = found
        free_from[call.rule] = call.bar + length
        trades.append(trade)
    return trades


def _follow(call: Call, path: Sequence[Candle], called_at: int, taker: float) -> tuple[Trade, int] | None:
    """The trade along the bars after its call and how many of them it took; None where they end before it does."""
    if not path:
        return None
    entry = path[0].open
    target, stop = place_exits(call.side, entry, call.atr)
    for length, bar in enumerate(path, 1):
        left = _leave(call.side, bar, target, stop)
        if left is None and length == HORIZON_BARS:
            left = bar.close, "time"
        if left:
            price, ending = left
            gross = (price / entry - 1) * (1 if call.side == "buy" else -1)
            net = gross - taker * (1 + price / entry)
            trade = Trade(
                rule=call.rule,
                side=call.side,
                called_at=called_at,
                entered_at=path[0].start,
                exited_at=bar.start,
                entry=entry,
                exit=price,
                ending=ending,
                gross_bps=gross * _BPS,
                net_bps=net * _BPS,
            )
            return trade, length
    return None


def _leave(side: Side, bar: Candle, target: float, stop: float) -> tuple[float, Ending] | None:
    """Where a bar ends a trade; the stop comes first where a bar reaches both."""
    if side == "buy":
        if bar.low <= stop:
            return min(bar.open, stop), "stop"
        return (target, "target") if bar.high >= target else None
    if bar.high >= stop:
        return max(bar.open, stop), "stop"
    return (target, "target") if bar.low <= target else None


def sum_up(walked: Iterable[tuple[CandleSeries, Sequence[Trade]]]) -> dict[Rule, Evidence]:
    """The evidence of every rule over several instruments; a rule without trades has evidence of none."""
    series_of = [(series, trades) for series, trades in walked if series.closed]
    looked_at = {
        "instruments": len(series_of),
        "bars": sum(len(series.closed) for series, _ in series_of),
        "since": min((series.closed[0].start for series, _ in series_of), default=0),
        "until": max((series.closed[-1].start + series.interval_ms for series, _ in series_of), default=0),
    }
    found: dict[Rule, Evidence] = {}
    for rule in RULES:
        trades = [trade for _, all_trades in series_of for trade in all_trades if trade.rule == rule]
        count, nets = len(trades), [trade.net_bps for trade in trades]
        net = sum(nets) / count if count else 0.0
        spread = sum((one - net) ** 2 for one in nets)
        found[rule] = Evidence(
            rule=rule,
            trades=count,
            hits=sum(trade.is_hit for trade in trades),
            gross_bps=sum(trade.gross_bps for trade in trades) / count if count else 0.0,
            net_bps=net,
            error_bps=sqrt(spread / (count - 1) / count) if count > 1 else 0.0,
            **looked_at,
        )
    return found
