"""How much prices move: in quote currency (Bollinger, ATR) and as a fraction a bar (EWMA, realised)."""

from math import log, sqrt
from typing import Final

from msgspec import Struct

from arbedge.domain.candles import Candle
from arbedge.domain.indicators.state import Indicator
from arbedge.domain.indicators.windows import SeededAverage, SlidingMean, SlidingMoments

_YEAR_MS: Final = 365 * 86_400_000  # crypto trades every day


class Bands(Struct, frozen=True, array_like=True):
    upper: float
    middle: float
    lower: float


class Bollinger(Indicator[Bands]):
    """The mean of the last `length` closes and `width` population deviations around it; from bar `length` on.

    TA-Lib takes a variance below 1e-14 for none, so its bands collapse on coins worth a millionth; these don't.
    """

    __slots__ = ("_length", "_width", "_window")

    def __init__(self, interval_ms: int, length: int = 20, width: float = 2.0) -> None:
        self._length, self._width = length, width
        super().__init__(interval_ms, length)

    def reset(self) -> None:
        self._window = SlidingMoments(self._length)

    def advance(self, candle: Candle) -> Bands | None:
        moments = self._window.push(candle.close)
        if moments is None:
            return None
        middle, variance = moments
        reach = self._width * sqrt(variance)
        return Bands(middle + reach, middle, middle - reach)


class Atr(Indicator[float]):
    """Wilder's average of true ranges, in quote currency; from bar `length + 1` on.

    A true range needs the close before it, so the first bar has none; the mean of the first `length` is the seed.
    """

    __slots__ = ("_average", "_before", "_length")

    def __init__(self, interval_ms: int, length: int = 14) -> None:
        self._length = length
        super().__init__(interval_ms, length)

    def reset(self) -> None:
        self._before: float | None = None
        self._average = SeededAverage(self._length, 1 / self._length)

    def advance(self, candle: Candle) -> float | None:
        before = self._before
        self._before = candle.close
        if before is None:
            return None
        return self._average.push(max(candle.high, before) - min(candle.low, before))


class EwmaVolatility(Indicator[float]):
    """The deviation of a bar's log return around zero, recent bars weighing more (RiskMetrics); a fraction a bar.

    variance = decay * variance before + (1 - decay) * return squared, seeded with the mean of the first `seed`
    squares, so from bar `seed + 1` on. TA-Lib has no such function; the definition itself is the second reading.
    """

    __slots__ = ("_before", "_decay", "_seed", "_variance")

    def __init__(self, interval_ms: int, decay: float = 0.94, seed: int = 20) -> None:
        self._decay, self._seed = decay, seed
        super().__init__(interval_ms, seed)

    def reset(self) -> None:
        self._before: float | None = None
        self._variance = SeededAverage(self._seed, 1 - self._decay)

    def advance(self, candle: Candle) -> float | None:
        before = self._before
        self._before = candle.close
        if before is None:
            return None
        variance = self._variance.push(log(candle.close / before) ** 2)
        return None if variance is None else sqrt(variance)


class RealisedVolatility(Indicator[float]):
    """The root of the mean squared log return of the last `length` bars; a fraction a bar, from bar `length + 1` on."""

    __slots__ = ("_before", "_length", "_squares")

    def __init__(self, interval_ms: int, length: int = 20) -> None:
        self._length = length
        super().__init__(interval_ms, length)

    def reset(self) -> None:
        self._before: float | None = None
        self._squares = SlidingMean(self._length)

    def advance(self, candle: Candle) -> float | None:
        before = self._before
        self._before = candle.close
        if before is None:
            return None
        variance = self._squares.push(log(candle.close / before) ** 2)
        return None if variance is None else sqrt(variance)


def annualise(volatility: float, interval_ms: int) -> float:
    """A fraction a bar as a fraction a year, bars taken for independent."""
    return volatility * sqrt(_YEAR_MS / interval_ms)
