"""The form in which market data is shown: the API sends it, the bot and the page render it.

Prices and sizes are decimal strings per asset unit, rates are fractions, ages count at the moment of reading.
"""

from decimal import Context, Decimal
from typing import Final

from msgspec import Struct

from arbedge.app.charged import ChargedView
from arbedge.app.market_data import FeedAnswer, FeedKey, Missing, Sourced
from arbedge.domain.candles import CandleSeries, Gap
from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import Interval
from arbedge.domain.market import ExchangeId, Feed, FeedState, Market, Mode, OrderBook, Quote, Source
from arbedge.ports.exchange import Settlement

_SHOWN: Final = Context(prec=12)  # digits a scan's floats are good for after multipliers are divided out
_HOURS_A_YEAR: Final = 24 * 365


class TickerView(Struct, frozen=True):
    """Top of book of one instrument."""

    exchange: ExchangeId
    market: Market
    symbol: str
    asset: str
    quote: str
    bid: Decimal
    bid_size: Decimal
    ask: Decimal
    ask_size: Decimal
    spread_bps: float
    source: Source
    age_ms: int
    mode: Mode


class FundingRateView(Struct, frozen=True):
    """What the next settlement of a perpetual charges; positive: longs pay shorts. `apr_percent` is simple interest.

    `charged` is what the last settlements really charged, null where none are on record.
    """

    exchange: ExchangeId
    symbol: str
    asset: str
    quote: str
    rate: float
    interval_h: float
    rate_per_h: float
    apr_percent: float
    next_at: int
    mark: Decimal
    source: Source
    age_ms: int
    mode: Mode
    charged: ChargedView | None = None


class FeedView(Struct, frozen=True):
    """One exchange and market behind an answer: who served it and how old it is, or why it is missing."""

    exchange: ExchangeId
    market: Market
    state: FeedState
    error: str | None
    quotes: int
    rejected: dict[str, int]
    source: Source | None
    age_ms: int | None
    mode: Mode | None


class BookView(Struct, frozen=True):
    """Both sides of a book as (price, size), best first."""

    exchange: ExchangeId
    market: Market
    symbol: str
    asset: str
    quote: str
    bids: list[tuple[Decimal, Decimal]]
    asks: list[tuple[Decimal, Decimal]]
    exchange_at: int | None
    source: Source
    age_ms: int
    mode: Mode


class CandleView(Struct, frozen=True):
    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    is_closed: bool


class CandlesView(Struct, frozen=True):
    """Candles of one instrument, oldest first; `gaps` names the bars that are missing between them."""

    exchange: ExchangeId
    market: Market
    symbol: str
    asset: str
    quote: str
    interval: Interval
    candles: list[CandleView]
    gaps: list[Gap]
    source: Source
    age_ms: int
    mode: Mode


class SettlementView(Struct, frozen=True):
    settled_at: int
    rate: float


class FundingHistoryView(Struct, frozen=True):
    """What settlements really charged, oldest first."""

    exchange: ExchangeId
    symbol: str
    asset: str
    quote: str
    interval_h: float | None
    settlements: list[SettlementView]
    source: Source
    age_ms: int
    mode: Mode


def show(number: float) -> Decimal:
    """A float of a scan as the decimal it stands for, without the noise of its last bits."""
    return _SHOWN.normalize(_SHOWN.create_decimal_from_float(number))


def view_ticker(answer: Sourced[Feed], quote: Quote, now: int) -> TickerView:
    feed = answer.value
    return TickerView(
        exchange=feed.exchange,
        market=feed.market,
        symbol=quote.symbol,
        asset=quote.asset,
        quote=quote.quote,
        bid=show(quote.bid),
        bid_size=show(quote.bid_size),
        ask=show(quote.ask),
        ask_size=show(quote.ask_size),
        spread_bps=round((quote.ask - quote.bid) / quote.mid * 10_000, 4),
        source=answer.source,
        age_ms=feed.age_ms(quote, now),
        mode=answer.mode,
    )


def view_funding(answer: Sourced[Feed], quote: Quote, now: int) -> FundingRateView | None:
    funding, feed = quote.funding, answer.value
    if funding is None:
        return None
    per_h = funding.rate / funding.interval_h
    return FundingRateView(
        exchange=feed.exchange,
        symbol=quote.symbol,
        asset=quote.asset,
        quote=quote.quote,
        rate=funding.rate,
        interval_h=funding.interval_h,
        rate_per_h=per_h,
        apr_percent=round(per_h * _HOURS_A_YEAR * 100, 4),
        next_at=funding.next_at,
        mark=show(funding.mark),
        source=answer.source,
        age_ms=feed.age_ms(quote, now),
        mode=answer.mode,
    )


def view_feed_answer(key: FeedKey, answer: FeedAnswer) -> FeedView:
    exchange, market = key
    if isinstance(answer, Missing):
        return FeedView(exchange, market, answer.state, answer.error, 0, {}, None, None, None)
    feed = answer.value
    return FeedView(
        exchange=exchange,
        market=market,
        state=feed.state,
        error=feed.error,
        quotes=len(feed.quotes),
        rejected=feed.rejected,
        source=answer.source,
        age_ms=answer.age_ms,
        mode=answer.mode,
    )


def view_book(instrument: Instrument, answer: Sourced[OrderBook], depth: int) -> BookView:
    book = answer.value
    return BookView(
        exchange=instrument.exchange,
        market=instrument.market,
        symbol=instrument.symbol,
        asset=instrument.asset,
        quote=instrument.quote,
        bids=[(level.price, level.size) for level in book.bids[:depth]],
        asks=[(level.price, level.size) for level in book.asks[:depth]],
        exchange_at=book.exchange_at,
        source=answer.source,
        age_ms=answer.age_ms,
        mode=answer.mode,
    )


def view_candles(instrument: Instrument, interval: Interval, answer: Sourced[CandleSeries]) -> CandlesView:
    candles = [
        CandleView(
            start=one.start,
            open=show(one.open),
            high=show(one.high),
            low=show(one.low),
            close=show(one.close),
            volume=show(one.volume),
            is_closed=one.is_closed,
        )
        for one in answer.value.candles
    ]
    return CandlesView(
        exchange=instrument.exchange,
        market=instrument.market,
        symbol=instrument.symbol,
        asset=instrument.asset,
        quote=instrument.quote,
        interval=interval,
        candles=candles,
        gaps=answer.value.gaps,
        source=answer.source,
        age_ms=answer.age_ms,
        mode=answer.mode,
    )


def view_funding_history(instrument: Instrument, answer: Sourced[list[Settlement]]) -> FundingHistoryView:
    return FundingHistoryView(
        exchange=instrument.exchange,
        symbol=instrument.symbol,
        asset=instrument.asset,
        quote=instrument.quote,
        interval_h=instrument.funding_interval_h,
        settlements=[SettlementView(one.settled_at, one.rate) for one in answer.value],
        source=answer.source,
        age_ms=answer.age_ms,
        mode=answer.mode,
    )
