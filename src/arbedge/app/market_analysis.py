"""Indicators, regime and correlation of instruments, computed from the candles everyone reads."""

import asyncio

from msgspec import Struct

from arbedge.app.market_data import MarketData, Sourced
from arbedge.domain.candles import CandleSeries, Gap
from arbedge.domain.correlation import RollingPearson
from arbedge.domain.indicators import AllIndicators, Reading, compute
from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import INTERVALS_MS, Interval
from arbedge.domain.lead_lag import LeadLag, measure_lead_lag
from arbedge.domain.market import ExchangeId, Market, Mode, Source
from arbedge.domain.regime import Regime, classify_regime
from arbedge.domain.sampling import log_returns, sample_closes
from arbedge.limits import CANDLES_MAX, CANDLES_USUAL

# Recursive indicators forget their start only slowly, so that more bars are read than are shown.
WARM_UP_BARS = 200


class SeriesView(Struct, frozen=True):
    """The candles behind an analysis: of what, who served them, how old they are."""

    exchange: ExchangeId
    market: Market
    symbol: str
    asset: str
    quote: str
    bars: int
    gaps: list[Gap]
    source: Source
    age_ms: int
    mode: Mode


class IndicatorsView(Struct, frozen=True):
    """One reading a closed bar, oldest first; a number that is not known yet is null. `regime` needs 124 bars."""

    series: SeriesView
    interval: Interval
    readings: list[Reading]
    regime: Regime | None


class CorrelationView(Struct, frozen=True):
    """`pearson` is of the log returns of `pairs` bars that both have. `lead_lag` is null where no lag up to
    `lag_steps_max` correlates beyond chance; a lead is known no better than to one bar, `step_ms`.
    """

    first: SeriesView
    second: SeriesView
    interval: Interval
    step_ms: int
    pairs: int
    pearson: float | None
    lag_steps_max: int
    lead_lag: LeadLag | None


async def load_indicators(
    market_data: MarketData, instrument: Instrument, interval: Interval, limit: int, age_ms_max: int
) -> IndicatorsView:
    """Raises `MarketDataUnavailable`."""
    bars = min(CANDLES_MAX, max(CANDLES_USUAL, limit + WARM_UP_BARS))
    answer = await market_data.load_candles(instrument, interval, bars, age_ms_max)
    readings = [one for one in compute(answer.value, AllIndicators(INTERVALS_MS[interval])) if one is not None]
    return IndicatorsView(_view_series(instrument, answer), interval, readings[-limit:], classify_regime(answer.value))


async def load_correlation(
    market_data: MarketData,
    pair: tuple[Instrument, Instrument],
    interval: Interval,
    limit: int,
    lag_steps_max: int,
    age_ms_max: int,
) -> CorrelationView:
    """Raises `MarketDataUnavailable`."""
    first, second = await asyncio.gather(*(market_data.load_candles(one, interval, limit, age_ms_max) for one in pair))
    samples = sample_closes(first.value, second.value)
    returns = zip(log_returns(samples.first), log_returns(samples.second), strict=True) if samples else ()
    shared = [(x, y) for x, y in returns if x is not None and y is not None]
    rolling = RollingPearson(max(2, len(shared)))
    pearson = None
    for x, y in shared:
        pearson = rolling.update(x, y)
    return CorrelationView(
        first=_view_series(pair[0], first),
        second=_view_series(pair[1], second),
        interval=interval,
        step_ms=INTERVALS_MS[interval],
        pairs=len(shared),
        pearson=pearson,
        lag_steps_max=lag_steps_max,
        lead_lag=measure_lead_lag(samples, lag_steps_max) if samples else None,
    )


def _view_series(instrument: Instrument, answer: Sourced[CandleSeries]) -> SeriesView:
    return SeriesView(
        exchange=instrument.exchange,
        market=instrument.market,
        symbol=instrument.symbol,
        asset=instrument.asset,
        quote=instrument.quote,
        bars=len(answer.value.closed),
        gaps=answer.value.gaps,
        source=answer.source,
        age_ms=answer.age_ms,
        mode=answer.mode,
    )
