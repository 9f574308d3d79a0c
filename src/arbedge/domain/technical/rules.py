"""The four named rules: whether a closed bar, seen with the one before it, says buy or sell.

Every length and threshold is the one its author published, and none is fitted to any market:

| rule               | says buy when, at the end of a bar                     | source                       |
| rsi_reversal       | RSI(14) comes back up to 30 or more                    | Wilder, New Concepts, 1978   |
| macd_cross         | the MACD(12, 26) rises above its signal line (9)       | Appel, 1979                  |
| bollinger_breakout | the close leaves the bands (20, 2) upwards             | Bollinger on Bollinger, 2001 |
| momentum           | the close passes that of ten bars before by two ATR    | Wilder's ATR(14) as scale    |

Sell is the mirror image. A rule speaks on the bar where its condition becomes true, and not while it stays so.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from msgspec import Struct

from arbedge.domain.candles import Candle, CandleSeries
from arbedge.domain.indicators import Atr, Bands, Bollinger, Indicator, Macd, MacdValue, Momentum, Rsi
from arbedge.domain.market import Side

Rule = Literal["rsi_reversal", "macd_cross", "bollinger_breakout", "momentum"]

RSI_LOW: Final = 30.0
RSI_HIGH: Final = 70.0
MOMENTUM_ATR: Final = 2.0


class Known(Struct, frozen=True):
    """What is known at the end of one bar, all of it from that bar and those before."""

    close: float
    rsi: float
    macd: MacdValue
    bands: Bands
    atr: float
    momentum: float

    @property
    def has_moved(self) -> bool:
        """Of prices that stand still an RSI of 0 and bands of no width say nothing."""
        return self.atr > 0 and self.bands.upper > self.bands.lower


class _KnownAt(Indicator[Known]):
    """What the rules look at; from the bar on at which every part of it is known."""

    __slots__ = ("_atr", "_bands", "_macd", "_momentum", "_rsi")

    def reset(self) -> None:
        step = self.interval_ms
        self._rsi, self._macd, self._bands = Rsi(step), Macd(step), Bollinger(step)
        self._atr, self._momentum = Atr(step), Momentum(step)

    def advance(self, candle: Candle) -> Known | None:
        rsi, macd, bands = self._rsi.advance(candle), self._macd.advance(candle), self._bands.advance(candle)
        atr, momentum = self._atr.advance(candle), self._momentum.advance(candle)
        if rsi is None or macd is None or bands is None or atr is None or momentum is None:
            return None
        return Known(candle.close, rsi, macd, bands, atr, momentum)


Verdict = Callable[[Known, Known], Side | None]


def judge_rsi_reversal(before: Known, now: Known) -> Side | None:
    if before.rsi < RSI_LOW <= now.rsi:
        return "buy"
    return "sell" if before.rsi > RSI_HIGH >= now.rsi else None


def judge_macd_cross(before: Known, now: Known) -> Side | None:
    if before.macd.histogram <= 0 < now.macd.histogram:
        return "buy"
    return "sell" if before.macd.histogram >= 0 > now.macd.histogram else None


def judge_bollinger_breakout(before: Known, now: Known) -> Side | None:
    if before.close <= before.bands.upper and now.close > now.bands.upper:
        return "buy"
    return "sell" if before.close >= before.bands.lower and now.close < now.bands.lower else None


def judge_momentum(before: Known, now: Known) -> Side | None:
    was, is_ = before.momentum / before.atr, now.momentum / now.atr
    if was <= MOMENTUM_ATR < is_:
        return "buy"
    return "sell" if was >= -MOMENTUM_ATR > is_ else None


RULES: Final[dict[Rule, Verdict]] = {
    "rsi_reversal": judge_rsi_reversal,
    "macd_cross": judge_macd_cross,
    "bollinger_breakout": judge_bollinger_breakout,
    "momentum": judge_momentum,
}


class Call(NamedTuple):
    """A rule's word at the end of the closed bar with this number; `atr` is the range it is measured against."""

    rule: Rule
    bar: int
    side: Side
    atr: float


def find_calls(series: CandleSeries) -> list[Call]:
    """Every word of every rule over the closed bars, in order of bars. A gap makes the rules start anew.

    Where prices stand still the rules are silent.
    """
    state = _KnownAt(series.interval_ms)
    calls: list[Call] = []
    before: Known | None = None
    for index, candle in enumerate(series.closed):
        now = state.update(candle)
        if before is not None and now is not None and before.has_moved and now.has_moved:
            calls += [Call(rule, index, side, now.atr) for rule, judge in RULES.items() if (side := judge(before, now))]
        before = now
    return calls
