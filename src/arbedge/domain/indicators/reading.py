"""All indicators of one instrument at once: what a chart row or an analysis of a bar needs."""

from msgspec import Struct

from arbedge.domain.candles import Candle
from arbedge.domain.indicators.averages import Ema, Macd, MacdValue, Sma
from arbedge.domain.indicators.oscillators import Momentum, Rsi
from arbedge.domain.indicators.state import Indicator
from arbedge.domain.indicators.volatility import Atr, Bands, Bollinger, EwmaVolatility, RealisedVolatility
from arbedge.domain.indicators.volume import VolumeZScore


class Reading(Struct, frozen=True):
    """Every indicator at the end of the bar that began at `start`; None where one is not known yet."""

    start: int
    sma: float | None
    ema: float | None
    rsi: float | None
    macd: MacdValue | None
    bollinger: Bands | None
    atr: float | None
    momentum: float | None
    volatility_ewma: float | None
    volatility_realised: float | None
    volume_z: float | None


class AllIndicators(Indicator[Reading]):
    """Every indicator with its usual lengths; gives a reading for each bar, from the first on."""

    __slots__ = (
        "_atr",
        "_bollinger",
        "_ema",
        "_ewma",
        "_macd",
        "_momentum",
        "_realised",
        "_rsi",
        "_sma",
        "_volume",
    )

    def reset(self) -> None:
        step = self.interval_ms
        self._sma, self._ema, self._rsi, self._macd = Sma(step), Ema(step), Rsi(step), Macd(step)
        self._bollinger, self._atr, self._momentum = Bollinger(step), Atr(step), Momentum(step)
        self._ewma, self._realised, self._volume = EwmaVolatility(step), RealisedVolatility(step), VolumeZScore(step)

    def advance(self, candle: Candle) -> Reading:
        return Reading(
            candle.start,
            self._sma.advance(candle),
            self._ema.advance(candle),
            self._rsi.advance(candle),
            self._macd.advance(candle),
            self._bollinger.advance(candle),
            self._atr.advance(candle),
            self._momentum.advance(candle),
            self._ewma.advance(candle),
            self._realised.advance(candle),
            self._volume.advance(candle),
        )
