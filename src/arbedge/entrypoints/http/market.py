"""The market: tickers, funding, books, candles and the exchanges themselves, each with source, age and mode."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from arbedge.app.identity_views import EventsView, load_asset_counts, load_events, load_quarantine
from arbedge.app.market_browse import QuoteFilter, find_instrument, list_funding, list_tickers
from arbedge.app.market_data import FeedKey, MarketData
from arbedge.app.market_views import view_book, view_candles, view_funding_history
from arbedge.app.status import DependencyView, check_status
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import FEEDS
from arbedge.domain.permissions import get_rights
from arbedge.domain.person import Person
from arbedge.entrypoints.http.auth import Reader
from arbedge.entrypoints.http.documents import SECURED, describe_responses
from arbedge.entrypoints.http.envelope import JSON, encode
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.failures import ApiError, refuse_missing
from arbedge.entrypoints.http.market_queries import (
    BookQuery,
    CandlesQuery,
    FundingHistoryQuery,
    QuotesQuery,
    TickersQuery,
)
from arbedge.entrypoints.http.market_schemas import (
    BookAnswer,
    CandlesAnswer,
    ExchangesAnswer,
    ExchangesMeta,
    FundingAnswer,
    FundingHistoryAnswer,
    MarketMeta,
    MarketView,
    QuotesMeta,
    TickersAnswer,
)
from arbedge.errors import MarketDataUnavailable
from arbedge.limits import (
    BOOK_AGE_MS_MAX,
    CANDLES_AGE_MS_MAX,
    FEEDS_AGE_MS_MAX,
    SETTLEMENTS_AGE_MS_MAX,
)

ROWS_DEFAULT: Final = 20
READS_MS: Final = 86_400_000

router = APIRouter(tags=["market"])


async def use_market(services: Ports) -> AsyncIterator[MarketData]:
    """The market data of this event; what was counted is recorded when the answer is ready."""
    yield services.market
    await services.market.settle_counts()


Data = Annotated[MarketData, Depends(use_market)]


def _choose_limit(person: Person, wanted: int | None) -> tuple[int, int]:
    """The rows of this page and the most that the plan allows."""
    most = get_rights(person).list_limit
    return min(wanted or ROWS_DEFAULT, most), most


def _filter(query: QuotesQuery) -> QuoteFilter:
    return QuoteFilter(
        exchange=query.exchange,
        market=query.market if isinstance(query, TickersQuery) else None,
        asset=query.asset.upper() if query.asset else None,
        quote=query.quote.upper() if query.quote else None,
    )


def _refuse_cursor(error: ValueError, cursor: str | None) -> Exception:
    return ApiError(400, "bad_cursor", "This cursor was not given by this list.") if cursor else error


async def require_instrument(data: MarketData, feed: FeedKey, symbol: str) -> Instrument:
    found = await find_instrument(data, feed, symbol)
    if found is None:
        raise refuse_missing("instrument")
    return found


@router.get(
    "/market/tickers",
    summary="Top of book by asset and exchange",
    response_class=Response,
    responses=describe_responses(TickersAnswer, 400, 401, 403, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_tickers(services: Ports, data: Data, person: Reader, query: Annotated[TickersQuery, Query()]) -> Response:
    """Quotes per asset unit, multipliers and contract sizes divided out; `meta.feeds` says what is missing and why."""
    limit, most = _choose_limit(person, query.limit)
    age_ms_max, now = query.age_ms_max or FEEDS_AGE_MS_MAX, services.clock.now_ms()
    try:
        page = await list_tickers(data, _filter(query), age_ms_max, limit, query.cursor, now)
    except ValueError as error:
        raise _refuse_cursor(error, query.cursor) from error
    meta = QuotesMeta(limit, most, services.settings.market_mode, page.feeds)
    return Response(encode(TickersAnswer(page.items, page.next_cursor, meta)), media_type=JSON)


@router.get(
    "/market/funding",
    summary="The next settlement of perpetuals, and what the last ones charged",
    response_class=Response,
    responses=describe_responses(FundingAnswer, 400, 401, 403, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_funding(services: Ports, data: Data, person: Reader, query: Annotated[QuotesQuery, Query()]) -> Response:
    """Rates are fractions for the next settlement; positive ones are paid by longs. Intervals differ by symbol."""
    limit, most = _choose_limit(person, query.limit)
    age_ms_max, now = query.age_ms_max or FEEDS_AGE_MS_MAX, services.clock.now_ms()
    try:
        page = await list_funding(
            data,
            services.funding_record,
            services.settings.market_mode,
            _filter(query),
            age_ms_max,
            limit,
            query.cursor,
            now,
        )
    except ValueError as error:
        raise _refuse_cursor(error, query.cursor) from error
    meta = QuotesMeta(limit, most, services.settings.market_mode, page.feeds)
    return Response(encode(FundingAnswer(page.items, page.next_cursor, meta)), media_type=JSON)


@router.get(
    "/market/funding/history",
    summary="What settlements of one perpetual really charged",
    response_class=Response,
    responses=describe_responses(FundingHistoryAnswer, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_funding_history(
    services: Ports, data: Data, _person: Reader, query: Annotated[FundingHistoryQuery, Query()]
) -> Response:
    """Oldest first; what was charged, which may differ from what had been announced."""
    instrument = await require_instrument(data, (query.exchange, "perp"), query.symbol)
    age_ms_max = query.age_ms_max or SETTLEMENTS_AGE_MS_MAX
    view = view_funding_history(instrument, await data.load_funding_history(instrument, query.limit, age_ms_max))
    answer = FundingHistoryAnswer(view, MarketMeta(services.settings.market_mode))
    return Response(encode(answer), media_type=JSON)


@router.get(
    "/market/orderbook",
    summary="The order book of one instrument",
    response_class=Response,
    responses=describe_responses(BookAnswer, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_book(services: Ports, data: Data, _person: Reader, query: Annotated[BookQuery, Query()]) -> Response:
    """Both sides per asset unit, best first."""
    instrument = await require_instrument(data, (query.exchange, query.market), query.symbol)
    book = await data.load_book(instrument, query.depth, query.age_ms_max or BOOK_AGE_MS_MAX)
    answer = BookAnswer(view_book(instrument, book, query.depth), MarketMeta(services.settings.market_mode))
    return Response(encode(answer), media_type=JSON)


@router.get(
    "/market/candles",
    summary="Candles of one instrument",
    response_class=Response,
    responses=describe_responses(CandlesAnswer, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_candles(
    services: Ports, data: Data, _person: Reader, query: Annotated[CandlesQuery, Query()]
) -> Response:
    """Oldest first, aligned to UTC; the last one may be under way and says so; what is missing is named in `gaps`."""
    instrument = await require_instrument(data, (query.exchange, query.market), query.symbol)
    age_ms_max = query.age_ms_max or CANDLES_AGE_MS_MAX
    series = await data.load_candles(instrument, query.interval, query.limit, age_ms_max)
    view = view_candles(instrument, query.interval, series)
    return Response(encode(CandlesAnswer(view, MarketMeta(services.settings.market_mode))), media_type=JSON)


@router.get(
    "/market/exchanges",
    summary="The exchanges, their markets and how they do",
    response_class=Response,
    responses=describe_responses(ExchangesAnswer, 401, 403, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_exchanges(services: Ports, data: Data, _person: Reader) -> Response:
    """Health, instruments and changes of each market, what is in quarantine and why, and who served the day's reads."""
    now = services.clock.now_ms()
    status = await check_status(services.scans, {}, now)
    events = await load_events(services.instruments, now) or {}
    rows = [await _view_market(data, key, status.exchanges[key[0]][key[1]], events.get(key)) for key in FEEDS]
    since, mode = now - READS_MS, services.settings.market_mode
    quarantine, assets = await load_quarantine(services.scans, mode), await load_asset_counts(services.assets)
    meta = ExchangesMeta(mode, await data.load_reads(since), since, quarantine, assets)
    return Response(encode(ExchangesAnswer(rows, meta)), media_type=JSON)


async def _view_market(data: MarketData, key: FeedKey, health: DependencyView, events: EventsView | None) -> MarketView:
    exchange, market = key
    try:
        listed = await data.load_instruments(key)
    except MarketDataUnavailable as error:
        return MarketView(exchange, market, health, None, None, None, None, str(error), events)
    return MarketView(
        exchange,
        market,
        health,
        len(listed.value),
        listed.source,
        listed.age_ms,
        listed.mode,
        error=None,
        events=events,
    )
