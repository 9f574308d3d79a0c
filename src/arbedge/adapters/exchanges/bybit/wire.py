"""The shapes Bybit V5 sends, and their reading into our words.

Every answer is an envelope whose `retCode` says whether it is one; its `time` is when the exchange made the answer.
"""

from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct, ValidationError, field

from arbedge.adapters.exchanges.bars import RawBar
from arbedge.adapters.exchanges.bybit.rules import classify_code
from arbedge.adapters.exchanges.rows import (
    Number,
    RowT,
    Whole,
    known,
    mend_rows,
    require_book,
    require_countable,
    require_list,
)
from arbedge.adapters.exchanges.units import SETTLEMENTS, Depth
from arbedge.domain.identity import identify
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Level, Market, Ticker

ResultT = TypeVar("ResultT")
ItemT = TypeVar("ItemT")


class Envelope(Struct, Generic[ResultT], rename="camel"):
    ret_code: int
    ret_msg: str = ""
    result: ResultT | None = None
    time: Whole = None


class Listing(Struct, Generic[ItemT], rename="camel"):
    rows: list[ItemT] = field(name="list")
    next_page_cursor: str = ""


class TickerRow(Struct, gc=False):
    symbol: str = ""
    bid: Number = field(default=None, name="bid1Price")
    bid_size: Number = field(default=None, name="bid1Size")
    ask: Number = field(default=None, name="ask1Price")
    ask_size: Number = field(default=None, name="ask1Size")
    mark: Number = field(default=None, name="markPrice")
    funding_rate: Number = field(default=None, name="fundingRate")  # "" for dated futures
    funding_at: Whole = field(default=None, name="nextFundingTime")
    funding_interval_h: Number = field(default=None, name="fundingIntervalHour")


class PriceFilter(Struct, rename="camel"):
    tick_size: Decimal | None = None


class LotSizeFilter(Struct, rename="camel"):
    qty_step: Decimal | None = None  # linear
    base_precision: Decimal | None = None  # spot, where it is the step
    min_order_qty: Decimal | None = None
    min_notional_value: Decimal | None = None  # linear
    min_order_amt: Decimal | None = None  # spot


class InstrumentRow(Struct, rename="camel"):
    symbol: str = ""
    status: str = ""
    base_coin: str = ""
    quote_coin: str = ""
    settle_coin: str = ""
    contract_type: str = ""
    is_pre_listing: bool = False
    funding_interval: Number = None  # minutes
    price_filter: PriceFilter | None = None
    lot_size_filter: LotSizeFilter | None = None


class Kline(Struct, array_like=True):
    """The volume counts base coins; a turnover follows."""

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class FundingRow(Struct, rename="camel"):
    funding_rate: float
    funding_rate_timestamp: int


class DepthResult(Struct):
    b: list[Level]
    a: list[Level]
    ts: Whole = None


_TICKERS = msgspec.json.Decoder(Envelope[Listing[TickerRow]], strict=False)
_INSTRUMENTS = msgspec.json.Decoder(Envelope[Listing[InstrumentRow]], strict=False)
_DEPTH = msgspec.json.Decoder(Envelope[DepthResult], strict=False)
_KLINES = msgspec.json.Decoder(Envelope[Listing[Kline]], strict=False)
_FUNDING_HISTORY = msgspec.json.Decoder(Envelope[Listing[FundingRow]], strict=False)
_DAMAGED = msgspec.json.Decoder(Envelope[Listing[Any]], strict=False)
_REFUSED = msgspec.json.Decoder(Envelope[Any], strict=False)


def decode_tickers(market: Market, *payloads: bytes) -> list[Ticker]:
    """One payload: tickers of the category, spot or linear."""
    listing, exchange_at = _decode_listing(payloads[0], _TICKERS, TickerRow)
    if market == "spot":
        return [
            Ticker(
                row.symbol, row.bid or None, row.bid_size or None, row.ask or None, row.ask_size or None, exchange_at
            )
            for row in listing.rows
        ]
    return [
        Ticker(
            row.symbol,
            row.bid or None,
            row.bid_size or None,
            row.ask or None,
            row.ask_size or None,
            exchange_at,
            row.mark or None,
            known(row.funding_rate),
            row.funding_at or None,
            row.funding_interval_h or None,
        )
        for row in listing.rows
    ]


def decode_instruments(market: Market, *payloads: bytes) -> list[Instrument]:
    """The pages of instruments-info."""
    rows = [row for page in payloads for row in _decode_listing(page, _INSTRUMENTS, InstrumentRow)[0].rows]
    traded = (row for row in rows if row.status == "Trading" and (market == "spot" or _is_linear_perpetual(row)))
    return require_list([found for row in traded if (found := _to_instrument(row, market))])


def decode_cursor(payload: bytes) -> str:
    """Where the next page of instruments-info starts; empty on the last one."""
    return _decode_listing(payload, _INSTRUMENTS, InstrumentRow)[0].next_page_cursor


def decode_order_book(payload: bytes) -> Depth:
    result, _ = _unwrap(require_book(payload), _DEPTH)
    return Depth(result.b, result.a, result.ts or None)


def decode_candles(payload: bytes) -> list[RawBar]:
    """Sent newest first, returned oldest first; the last is the one under way."""
    listing, _ = _unwrap(payload, _KLINES)
    return [RawBar(row.start, row.open, row.high, row.low, row.close, row.volume) for row in listing.rows[::-1]]


def decode_funding_history(payload: bytes) -> list[tuple[int, float]]:
    """Sent newest first, returned oldest first."""
    listing, _ = _unwrap(payload, _FUNDING_HISTORY)
    return [(row.funding_rate_timestamp, row.funding_rate) for row in listing.rows[::-1]]


def _unwrap(payload: bytes, decoder: "msgspec.json.Decoder[Envelope[ResultT]]") -> tuple[ResultT, int | None]:
    """The result and its time; raises what a `retCode` other than 0 means, whatever the rest looks like."""
    require_countable(payload)
    try:
        envelope = decoder.decode(payload)
    except ValidationError:
        refused = _REFUSED.decode(payload)
        if refused.ret_code != 0:
            raise classify_code(refused.ret_code, refused.ret_msg) from None
        raise
    if envelope.ret_code != 0:
        raise classify_code(envelope.ret_code, envelope.ret_msg)
    if envelope.result is None:
        raise ValidationError("no result")
    return envelope.result, envelope.time or None


def _decode_listing(
    payload: bytes, decoder: "msgspec.json.Decoder[Envelope[Listing[RowT]]]", row_type: type[RowT]
) -> tuple[Listing[RowT], int | None]:
    try:
        return _unwrap(payload, decoder)
    except ValidationError:
        listing, exchange_at = _unwrap(payload, _DAMAGED)
        return Listing(mend_rows(listing.rows, row_type), listing.next_page_cursor), exchange_at


def _is_linear_perpetual(row: InstrumentRow) -> bool:
    return row.contract_type == "LinearPerpetual" and not row.is_pre_listing and row.settle_coin in SETTLEMENTS


def _to_instrument(row: InstrumentRow, market: Market) -> Instrument | None:
    """None where a rule needed for an order is missing. A perpetual is quoted in the coin it settles in."""
    prices, lots = row.price_filter or PriceFilter(), row.lot_size_filter or LotSizeFilter()
    lot_size = lots.base_precision if market == "spot" else lots.qty_step
    min_notional = lots.min_order_amt if market == "spot" else lots.min_notional_value
    quote = row.quote_coin if market == "spot" else row.settle_coin
    asset, multiplier = identify("bybit", row.base_coin)
    if not (row.symbol and asset and quote and prices.tick_size and lot_size):
        return None
    return Instrument(
        exchange="bybit",
        market=market,
        symbol=row.symbol,
        asset=asset,
        base=row.base_coin,
        quote=quote,
        tick_size=prices.tick_size,
        lot_size=lot_size,
        min_size=lots.min_order_qty or lot_size,
        min_notional=min_notional or None,
        is_trading=True,
        multiplier=multiplier,
        funding_interval_h=row.funding_interval / 60 if row.funding_interval else None,
    )
