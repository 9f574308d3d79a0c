"""Technical indicators as incremental states over closed candles, equal to TA-Lib where it has them.

Each is an `Indicator`: `update(candle)` takes a bar in constant time, `compute(series, indicator)` runs one over a
series. Bars are counted from 1 after the start and after every gap.
"""

from arbedge.domain.indicators.averages import Ema, Macd, MacdValue, Sma
from arbedge.domain.indicators.oscillators import Momentum, Rsi
from arbedge.domain.indicators.reading import AllIndicators, Reading
from arbedge.domain.indicators.state import BarRefused, Indicator, compute
from arbedge.domain.indicators.volatility import (
    Atr,
    Bands,
    Bollinger,
    EwmaVolatility,
    RealisedVolatility,
    annualise,
)
from arbedge.domain.indicators.volume import VolumeZScore

__all__ = [
    "AllIndicators",
    "Atr",
    "Bands",
    "BarRefused",
    "Bollinger",
    "Ema",
    "EwmaVolatility",
    "Indicator",
    "Macd",
    "MacdValue",
    "Momentum",
    "Reading",
    "RealisedVolatility",
    "Rsi",
    "Sma",
    "VolumeZScore",
    "annualise",
    "compute",
]
