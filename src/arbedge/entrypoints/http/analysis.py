"""Analysis of the market: the overview, indicators, and how two instruments move together."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from arbedge.app.chronicle.market import record_analysis, record_correlation
from arbedge.app.market_analysis import load_correlation, load_indicators
from arbedge.app.market_overview import load_market_overview
from arbedge.entrypoints.http.auth import Reader
from arbedge.entrypoints.http.documents import SECURED, describe_responses
from arbedge.entrypoints.http.envelope import JSON, encode
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.market import Data, require_instrument
from arbedge.entrypoints.http.market_queries import CandlesQuery, CorrelationQuery
from arbedge.entrypoints.http.market_schemas import (
    CorrelationAnswer,
    IndicatorsAnswer,
    MarketMeta,
    OverviewAnswer,
)
from arbedge.limits import CANDLES_AGE_MS_MAX

router = APIRouter(tags=["market"])


@router.get(
    "/market/overview",
    summary="The market at a glance",
    response_class=Response,
    responses=describe_responses(OverviewAnswer, 401, 403, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_overview(services: Ports, data: Data, _person: Reader) -> Response:
    """Funding and movers from the scans, the whole market from CoinMarketCap: each figure with source, age and mode."""
    overview = await load_market_overview(data, services.coin_data, services.clock.now_ms())
    answer = OverviewAnswer(overview, MarketMeta(services.settings.market_mode))
    return Response(encode(answer), media_type=JSON)


@router.get(
    "/market/indicators",
    summary="Indicators and regime of one instrument",
    response_class=Response,
    responses=describe_responses(IndicatorsAnswer, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_indicators(
    services: Ports, data: Data, _person: Reader, query: Annotated[CandlesQuery, Query()]
) -> Response:
    """Averages, RSI, MACD, Bollinger bands, ATR, momentum and volatility at the end of each closed bar."""
    instrument = await require_instrument(data, (query.exchange, query.market), query.symbol)
    age_ms_max = query.age_ms_max or CANDLES_AGE_MS_MAX
    view = await load_indicators(data, instrument, query.interval, query.limit, age_ms_max)
    await services.chronicle.tell(record_analysis(view, services.clock.now_ms()))
    return Response(encode(IndicatorsAnswer(view, MarketMeta(services.settings.market_mode))), media_type=JSON)


@router.get(
    "/market/correlation",
    summary="How two instruments move together, and who leads",
    response_class=Response,
    responses=describe_responses(CorrelationAnswer, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_correlation(
    services: Ports, data: Data, _person: Reader, query: Annotated[CorrelationQuery, Query()]
) -> Response:
    """Pearson's correlation of log returns and the lag at which it is strongest, in bars, with its significance."""
    feed = (query.exchange, query.market)
    other = (query.other_exchange or query.exchange, query.other_market or query.market)
    pair = (
        await require_instrument(data, feed, query.symbol),
        await require_instrument(data, other, query.other_symbol or query.symbol),
    )
    age_ms_max = query.age_ms_max or CANDLES_AGE_MS_MAX
    view = await load_correlation(data, pair, query.interval, query.limit, query.lag_steps_max, age_ms_max)
    await services.chronicle.tell(record_correlation(view, services.clock.now_ms()))
    return Response(encode(CorrelationAnswer(view, MarketMeta(services.settings.market_mode))), media_type=JSON)
