"""Candles whose indicators are known without a calculator: closes of 99 and 101 in turn, and then a breakout.

Each bar but the last ones ranges over 2, so the ATR is 2; the breakout's close of 103 leaves bands that end near
102.5. Its trade opens at the next bar's open: at 103 the target is 109 and the stop 99.
"""

from collections.abc import Sequence

from arbedge.domain.candles import Candle, CandleSeries, build_series
from arbedge.domain.technical.walk_forward import Trade, walk_forward
from tests.unit.domain.candle_builders import HOUR, candle

CALL_BAR = 40
OHLC = tuple[float, float, float, float]


def bar(index: int, ohlc: OHLC, *, is_closed: bool = True) -> Candle:
    opened, high, low, close = ohlc
    return candle(index, close, opened=opened, high=high, low=low, interval_ms=HOUR, is_closed=is_closed)


def swing() -> list[Candle]:
    return [bar(index, (100, 101, 99, 101 if index % 2 else 99)) for index in range(CALL_BAR)]


def breakout(*after: OHLC, mirrored: bool = False, is_open: bool = False) -> CandleSeries:
    """The breakout, upwards or mirrored at 100, and the bars after it; with `is_open` the last one is not over."""
    rows: Sequence[OHLC] = [(101, 103, 101, 103), *after]
    before = swing()
    if mirrored:
        before = [bar(index, (100, 101, 99, 99 if index % 2 else 101)) for index in range(CALL_BAR)]
        rows = [(200 - opened, 200 - low, 200 - high, 200 - close) for opened, high, low, close in rows]
    last = CALL_BAR + len(rows) - 1
    told = [bar(CALL_BAR + n, row, is_closed=not is_open or CALL_BAR + n < last) for n, row in enumerate(rows)]
    return build_series([*before, *told], HOUR)


def trade_of(series: CandleSeries, taker: float = 0.0) -> Trade | None:
    """The breakout's own trade, where it is over."""
    trades = [one for one in walk_forward(series, taker) if one.rule == "bollinger_breakout"]
    return next((one for one in trades if one.called_at == CALL_BAR * HOUR), None)
