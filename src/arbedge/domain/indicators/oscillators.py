"""How far and how one-sidedly closes moved."""

from collections import deque

from arbedge.domain.candles import Candle
from arbedge.domain.indicators.state import Indicator
from arbedge.domain.indicators.windows import SeededAverage


class Rsi(Indicator[float]):
    """Relative strength after Wilder, 0 to 100; from bar `length + 1` on, seeded with the mean of the first changes.

    Where closes have not moved at all, ups and downs are 0 / 0; like TA-Lib it then says 0, so who acts on a low value
    asks for movement (an ATR above 0) as well. TA-Lib says 0 also where the mean change is below 1e-14.
    """

    __slots__ = ("_before", "_downs", "_length", "_ups")

    def __init__(self, interval_ms: int, length: int = 14) -> None:
        self._length = length
        super().__init__(interval_ms, length)

    def reset(self) -> None:
        self._before: float | None = None
        self._ups = SeededAverage(self._length, 1 / self._length)
        self._downs = SeededAverage(self._length, 1 / self._length)

    def advance(self, candle: Candle) -> float | None:
        close, before = candle.close, self._before
        self._before = close
        if before is None:
            return None
        up = self._ups.push(max(close - before, 0.0))
        down = self._downs.push(max(before - close, 0.0))
        if up is None or down is None:
            return None
        moved = up + down
        return 100 * (up / moved) if moved else 0.0


class Momentum(Indicator[float]):
    """The close minus the close `length` bars before, in quote currency; from bar `length + 1` on (TA-Lib's MOM)."""

    __slots__ = ("_closes", "_length")

    def __init__(self, interval_ms: int, length: int = 10) -> None:
        self._length = length
        super().__init__(interval_ms, length)

    def reset(self) -> None:
        self._closes: deque[float] = deque(maxlen=self._length)

    def advance(self, candle: Candle) -> float | None:
        closes = self._closes
        value = candle.close - closes[0] if len(closes) == self._length else None
        closes.append(candle.close)
        return value
