"""How unusual a bar's volume is."""

from math import sqrt

from arbedge.domain.candles import Candle
from arbedge.domain.indicators.state import Indicator
from arbedge.domain.indicators.windows import SlidingMoments


class VolumeZScore(Indicator[float]):
    """Population deviations between a bar's volume and the mean of the last `length`, itself among them.

    From bar `length` on, and at most sqrt(length - 1). None where all volumes are equal: there is no scale then.
    """

    __slots__ = ("_length", "_window")

    def __init__(self, interval_ms: int, length: int = 20) -> None:
        self._length = length
        super().__init__(interval_ms, length)

    def reset(self) -> None:
        self._window = SlidingMoments(self._length)

    def advance(self, candle: Candle) -> float | None:
        moments = self._window.push(candle.volume)
        if moments is None or not moments[1]:
            return None
        mean, variance = moments
        return (candle.volume - mean) / sqrt(variance)
