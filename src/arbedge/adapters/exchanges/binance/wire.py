"""The shapes Binance sends, and their reading into our words.

Rows decode with every field optional: a ticker without a bid is a ticker without a bid, not an unreadable market.
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct, ValidationError

from arbedge.adapters.exchanges.bars import RawBar
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

_FUNDING_INTERVAL_H = 8.0  # of every symbol that fundingInfo does not name


class BookTicker(Struct, rename="camel", gc=False):
    symbol: str = ""
    bid_price: Number = None
    bid_qty: Number = None
    ask_price: Number = None
    ask_qty: Number = None
    time: Whole = None  # futures only


class PremiumIndex(Struct, rename="camel", gc=False):
    """`last_funding_rate` is, despite its name, the running estimate for the settlement at `next_funding_time`."""

    symbol: str = ""
    mark_price: Number = None
    last_funding_rate: Number = None  # "" for dated contracts, whose next_funding_time is 0
    next_funding_time: Whole = None


class FundingInfo(Struct, rename="camel", gc=False):
    symbol: str = ""
    funding_interval_hours: Number = None


class Filter(Struct, rename="camel"):
    filter_type: str = ""
    tick_size: Decimal | None = None
    step_size: Decimal | None = None
    min_qty: Decimal | None = None
    min_notional: Decimal | None = None  # spot
    notional: Decimal | None = None  # futures


class Symbol(Struct, rename="camel"):
    symbol: str = ""
    status: str = ""
    base_asset: str = ""
    quote_asset: str = ""
    is_spot_trading_allowed: bool = True
    contract_type: str = ""
    margin_asset: str = ""
    filters: list[Filter] = []


class ExchangeInfo(Struct):
    symbols: list[Symbol]


class _DamagedExchangeInfo(Struct):
    symbols: list[Any]


class DepthAnswer(Struct):
    bids: list[Level]
    asks: list[Level]
    E: Whole = None  # futures only: when the exchange sent it


class Kline(Struct, array_like=True):
    """The beginning of a 12-tuple; the volume counts base coins."""

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class FundingRate(Struct, rename="camel"):
    funding_time: int
    funding_rate: float


_BOOK_TICKERS = msgspec.json.Decoder(list[BookTicker], strict=False)
_PREMIUMS = msgspec.json.Decoder(list[PremiumIndex], strict=False)
_FUNDING_INFO = msgspec.json.Decoder(list[FundingInfo], strict=False)
_EXCHANGE_INFO = msgspec.json.Decoder(ExchangeInfo, strict=False)
_DEPTH = msgspec.json.Decoder(DepthAnswer, strict=False)
_KLINES = msgspec.json.Decoder(list[Kline], strict=False)
_FUNDING_RATES = msgspec.json.Decoder(list[FundingRate], strict=False)
_DAMAGED_ROWS = msgspec.json.Decoder(list[Any])
_DAMAGED_EXCHANGE_INFO = msgspec.json.Decoder(_DamagedExchangeInfo)


def decode_tickers(market: Market, *payloads: bytes) -> list[Ticker]:
    """Spot: bookTicker. Perpetuals: bookTicker and premiumIndex. In the order of `rules.TICKERS`."""
    books = _decode_rows(payloads[0], _BOOK_TICKERS, BookTicker)
    if market == "spot":
        return [
            Ticker(row.symbol, row.bid_price or None, row.bid_qty or None, row.ask_price or None, row.ask_qty or None)
            for row in books
        ]
    premiums = {row.symbol: row for row in _decode_rows(payloads[1], _PREMIUMS, PremiumIndex)}
    nothing = PremiumIndex()
    return [_to_perp_ticker(row, premiums.get(row.symbol, nothing)) for row in books]


def decode_instruments(market: Market, *payloads: bytes) -> list[Instrument]:
    """Spot: exchangeInfo. Perpetuals: exchangeInfo and fundingInfo. In the order of `rules.INSTRUMENTS`."""
    symbols = _decode_symbols(payloads[0])
    if market == "spot":
        traded = (row for row in symbols if _is_spot(row))
        return require_list([found for row in traded if (found := _to_instrument(row, "spot", None))])
    intervals = {
        row.symbol: row.funding_interval_hours or _FUNDING_INTERVAL_H
        for row in _decode_rows(payloads[1], _FUNDING_INFO, FundingInfo)
    }
    traded = (row for row in symbols if _is_linear_perpetual(row))
    return require_list(
        [
            found
            for row in traded
            if (found := _to_instrument(row, "perp", intervals.get(row.symbol, _FUNDING_INTERVAL_H)))
        ]
    )


def decode_order_book(payload: bytes) -> Depth:
    answer = _DEPTH.decode(require_book(payload))
    return Depth(answer.bids, answer.asks, answer.E or None)


def decode_candles(payload: bytes) -> list[RawBar]:
    """Oldest first, as sent; the last is the one under way."""
    return [
        RawBar(row.start, row.open, row.high, row.low, row.close, row.volume)
        for row in _KLINES.decode(require_countable(payload))
    ]


def decode_funding_history(payload: bytes) -> list[tuple[int, float]]:
    """Oldest first, as sent."""
    return [(row.funding_time, row.funding_rate) for row in _FUNDING_RATES.decode(require_countable(payload))]


def _decode_rows(payload: bytes, decoder: "msgspec.json.Decoder[list[RowT]]", row_type: type[RowT]) -> list[RowT]:
    require_countable(payload)
    try:
        return decoder.decode(payload)
    except ValidationError:
        return mend_rows(_DAMAGED_ROWS.decode(payload), row_type)


def _decode_symbols(payload: bytes) -> list[Symbol]:
    require_countable(payload)
    try:
        return _EXCHANGE_INFO.decode(payload).symbols
    except ValidationError:
        return mend_rows(_DAMAGED_EXCHANGE_INFO.decode(payload).symbols, Symbol)


def _to_perp_ticker(row: BookTicker, premium: PremiumIndex) -> Ticker:
    return Ticker(
        row.symbol,
        row.bid_price or None,
        row.bid_qty or None,
        row.ask_price or None,
        row.ask_qty or None,
        row.time or None,
        premium.mark_price or None,
        known(premium.last_funding_rate),
        premium.next_funding_time or None,
    )


def _is_spot(row: Symbol) -> bool:
    """HALT is for a while; BREAK is how Binance keeps what it has delisted in its list."""
    return row.status == "HALT" or (row.status == "TRADING" and row.is_spot_trading_allowed)


def _is_linear_perpetual(row: Symbol) -> bool:
    return (
        row.contract_type == "PERPETUAL"
        and row.status == "TRADING"
        and row.margin_asset == row.quote_asset
        and row.quote_asset in SETTLEMENTS
    )


def _to_instrument(row: Symbol, market: Market, funding_interval_h: float | None) -> Instrument | None:
    """None where a rule needed for an order is missing or switched off."""
    filters = {rule.filter_type: rule for rule in row.filters}
    price, lot = filters.get("PRICE_FILTER", Filter()), filters.get("LOT_SIZE", Filter())
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or Filter()
    asset, multiplier = identify("binance", row.base_asset)
    if not (row.symbol and asset and row.quote_asset and price.tick_size and lot.step_size):
        return None
    return Instrument(
        exchange="binance",
        market=market,
        symbol=row.symbol,
        asset=asset,
        base=row.base_asset,
        quote=row.quote_asset,
        tick_size=price.tick_size,
        lot_size=lot.step_size,
        min_size=lot.min_qty or lot.step_size,
        min_notional=notional.min_notional or notional.notional or None,
        is_trading=row.status == "TRADING",
        multiplier=multiplier,
        funding_interval_h=funding_interval_h,
    )
