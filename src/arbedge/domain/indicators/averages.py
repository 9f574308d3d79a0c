"""Moving averages of closes and what is made of their differences, seeded as TA-Lib seeds them."""

from msgspec import Struct

from arbedge.domain.candles import Candle
from arbedge.domain.indicators.state import Indicator
from arbedge.domain.indicators.windows import SeededAverage, SlidingMean


class Sma(Indicator[float]):
    """The simple mean of the last `length` closes; from bar `length` on."""

    __slots__ = ("_length", "_window")

    def __init__(self, interval_ms: int, length: int = 20) -> None:
        self._length = length
        super().__init__(interval_ms, length)

    def reset(self) -> None:
        self._window = SlidingMean(self._length)

    def advance(self, candle: Candle) -> float | None:
        return self._window.push(candle.close)


class Ema(Indicator[float]):
    """The exponential average with factor 2 / (length + 1); bar `length` gives the first value, their plain mean."""

    __slots__ = ("_average", "_length")

    def __init__(self, interval_ms: int, length: int = 20) -> None:
        self._length = length
        super().__init__(interval_ms, length)

    def reset(self) -> None:
        self._average = exponential(self._length)

    def advance(self, candle: Candle) -> float | None:
        return self._average.push(candle.close)


class MacdValue(Struct, frozen=True, array_like=True):
    """Fast minus slow average, its own average, and the distance between the two; all in quote currency."""

    macd: float
    signal: float
    histogram: float


class Macd(Indicator[MacdValue]):
    """MACD of closes; from bar `slow + signal - 1` on, when all three of its numbers are known.

    TA-Lib's convention: both averages give their first value at bar `slow`, so the fast one is seeded with the mean of
    the last `fast` closes up to that bar, not of the first ones; the signal is seeded with the first `signal`
    differences.
    """

    __slots__ = ("_fast", "_fast_average", "_seen", "_signal", "_signal_average", "_slow", "_slow_average")

    def __init__(self, interval_ms: int, fast: int = 12, slow: int = 26, signal: int = 9) -> None:
        if fast > slow:
            raise ValueError(f"the fast average ({fast}) is longer than the slow one ({slow})")
        self._fast, self._slow, self._signal = fast, slow, signal
        super().__init__(interval_ms, fast, slow, signal)

    def reset(self) -> None:
        self._seen = 0
        self._fast_average = exponential(self._fast)
        self._slow_average = exponential(self._slow)
        self._signal_average = exponential(self._signal)

    def advance(self, candle: Candle) -> MacdValue | None:
        self._seen += 1
        if self._seen <= self._slow - self._fast:
            self._slow_average.push(candle.close)
            return None
        fast = self._fast_average.push(candle.close)
        slow = self._slow_average.push(candle.close)
        if fast is None or slow is None:
            return None
        macd = fast - slow
        signal = self._signal_average.push(macd)
        return None if signal is None else MacdValue(macd, signal, macd - signal)


def exponential(length: int) -> SeededAverage:
    return SeededAverage(length, 2 / (length + 1))
