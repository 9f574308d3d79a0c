"""The shapes OKX V5 sends, and their reading into our words.

Sizes of swaps count contracts. "" stands for none, and in a funding rate `fundingTime` is the next settlement while
`nextFundingTime` is the one after it.
"""

from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct, ValidationError, field

from arbedge.adapters.exchanges.bars import RawBar
from arbedge.adapters.exchanges.okx.rules import classify_code
from arbedge.adapters.exchanges.rows import (
    Number,
    RowT,
    Whole,
    known,
    mend_rows,
    parse_rule,
    require_book,
    require_countable,
    require_list,
)
from arbedge.adapters.exchanges.units import SETTLEMENTS, Depth
from arbedge.domain.identity import identify
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Level, Market, Ticker

_HOUR_MS = 3_600_000
_LISTED = frozenset({"live", "suspend"})  # a suspended instrument comes back; other states are before or after
_OFFERED = frozenset({"", "normal"})  # other rule types are pre-market and dated look-alikes

ItemT = TypeVar("ItemT")


class Envelope(Struct, Generic[ItemT]):
    code: int
    msg: str = ""
    data: list[ItemT] = []


class TickerRow(Struct, gc=False):
    symbol: str = field(default="", name="instId")
    bid: Number = field(default=None, name="bidPx")
    bid_size: Number = field(default=None, name="bidSz")
    ask: Number = field(default=None, name="askPx")
    ask_size: Number = field(default=None, name="askSz")
    ts: Whole = None


class FundingRow(Struct, rename="camel", gc=False):
    inst_id: str = ""
    funding_rate: Number = None
    funding_time: Whole = None
    next_funding_time: Whole = None


class MarkRow(Struct, rename="camel", gc=False):
    inst_id: str = ""
    mark_px: Number = None


class InstrumentRow(Struct, rename="camel"):
    inst_id: str = ""
    inst_type: str = ""
    state: str = ""
    base_ccy: str = ""  # empty for swaps, as is quote_ccy
    quote_ccy: str = ""
    settle_ccy: str = ""
    inst_family: str = ""  # BTC-USDT
    uly: str = ""
    ct_type: str = ""
    rule_type: str = ""
    ct_val: str = ""  # empty for spot, as is ct_mult
    ct_mult: str = ""
    tick_sz: Decimal | None = None
    lot_sz: Decimal | None = None
    min_sz: Decimal | None = None


class CandleRow(Struct, array_like=True):
    """`volume` counts contracts on swaps and coins on spot; `volume_coins` coins on swaps and quote on spot."""

    ts: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    volume_coins: float
    volume_quote: float
    confirm: str  # "0" while the bar is under way


class FundingHistoryRow(Struct, rename="camel"):
    """`realized_rate` is what was charged; the `fundingRate` beside it was only the estimate."""

    realized_rate: float
    funding_time: int


class DepthRow(Struct):
    bids: list[Level]
    asks: list[Level]
    ts: Whole = None


_TICKERS = msgspec.json.Decoder(Envelope[TickerRow], strict=False)
_FUNDING = msgspec.json.Decoder(Envelope[FundingRow], strict=False)
_MARKS = msgspec.json.Decoder(Envelope[MarkRow], strict=False)
_INSTRUMENTS = msgspec.json.Decoder(Envelope[InstrumentRow], strict=False)
_DEPTH = msgspec.json.Decoder(Envelope[DepthRow], strict=False)
_CANDLES = msgspec.json.Decoder(Envelope[CandleRow], strict=False)
_FUNDING_HISTORY = msgspec.json.Decoder(Envelope[FundingHistoryRow], strict=False)
_ANYTHING = msgspec.json.Decoder(Envelope[Any], strict=False)


def decode_tickers(market: Market, *payloads: bytes) -> list[Ticker]:
    """Spot: tickers. Perpetuals: tickers, funding rates and mark prices. In the order of `rules.TICKERS`."""
    books = _decode_rows(payloads[0], _TICKERS, TickerRow)
    if market == "spot":
        return [
            Ticker(
                row.symbol, row.bid or None, row.bid_size or None, row.ask or None, row.ask_size or None, row.ts or None
            )
            for row in books
        ]
    fundings = {row.inst_id: row for row in _decode_rows(payloads[1], _FUNDING, FundingRow)}
    marks = {row.inst_id: row.mark_px or None for row in _decode_rows(payloads[2], _MARKS, MarkRow)}
    nothing = FundingRow()
    return [_to_perp_ticker(row, fundings.get(row.symbol, nothing), marks.get(row.symbol)) for row in books]


def decode_instruments(market: Market, *payloads: bytes) -> list[Instrument]:
    """One payload: instruments of the type, SPOT or SWAP."""
    rows = _decode_rows(payloads[0], _INSTRUMENTS, InstrumentRow)
    offered = (row for row in rows if row.state in _LISTED and row.rule_type in _OFFERED)
    if market == "spot":
        return require_list([found for row in offered if row.inst_type == "SPOT" and (found := _to_spot(row))])
    swaps = (row for row in offered if row.inst_type == "SWAP" and row.ct_type == "linear")
    return require_list([found for row in swaps if (found := _to_perpetual(row))])


def decode_order_book(payload: bytes) -> Depth:
    rows = _unwrap(require_book(payload), _DEPTH)
    if not rows:
        raise ValidationError("no book in the answer")
    return Depth(rows[0].bids, rows[0].asks, rows[0].ts or None)


def decode_candles(market: Market, payload: bytes) -> list[RawBar]:
    """Sent newest first, returned oldest first."""
    return [
        RawBar(
            row.ts,
            row.open,
            row.high,
            row.low,
            row.close,
            row.volume if market == "spot" else row.volume_coins,
            row.confirm == "1",
        )
        for row in _unwrap(payload, _CANDLES)[::-1]
    ]


def decode_funding_history(payload: bytes) -> list[tuple[int, float]]:
    """Sent newest first, returned oldest first."""
    return [(row.funding_time, row.realized_rate) for row in _unwrap(payload, _FUNDING_HISTORY)[::-1]]


def _unwrap(payload: bytes, decoder: "msgspec.json.Decoder[Envelope[ItemT]]") -> list[ItemT]:
    """The data; raises what a `code` other than 0 means, whatever the rest looks like."""
    require_countable(payload)
    try:
        envelope = decoder.decode(payload)
    except ValidationError:
        refused = _ANYTHING.decode(payload)
        if refused.code != 0:
            raise classify_code(refused.code, refused.msg) from None
        raise
    if envelope.code != 0:
        raise classify_code(envelope.code, envelope.msg)
    return envelope.data


def _decode_rows(payload: bytes, decoder: "msgspec.json.Decoder[Envelope[RowT]]", row_type: type[RowT]) -> list[RowT]:
    try:
        return _unwrap(payload, decoder)
    except ValidationError:
        return mend_rows(_unwrap(payload, _ANYTHING), row_type)


def _to_perp_ticker(row: TickerRow, funding: FundingRow, mark: float | None) -> Ticker:
    next_at, after_at = funding.funding_time or None, funding.next_funding_time or None
    return Ticker(
        row.symbol,
        row.bid or None,
        row.bid_size or None,
        row.ask or None,
        row.ask_size or None,
        row.ts or None,
        mark,
        known(funding.funding_rate),
        next_at,
        (after_at - next_at) / _HOUR_MS if next_at and after_at and after_at > next_at else None,
    )


def _to_spot(row: InstrumentRow) -> Instrument | None:
    return _to_instrument(row, "spot", row.base_ccy, row.quote_ccy, Decimal(1))


def _to_perpetual(row: InstrumentRow) -> Instrument | None:
    """Swaps name their coins only in the family; one contract is `ctVal * ctMult` base coins."""
    base, _, quote = (row.inst_family or row.uly).partition("-")
    contract_size = parse_rule(row.ct_val) * parse_rule(row.ct_mult or "1")
    if quote != row.settle_ccy or quote not in SETTLEMENTS or not contract_size:
        return None
    return _to_instrument(row, "perp", base, quote, contract_size)


def _to_instrument(
    row: InstrumentRow, market: Market, base: str, quote: str, contract_size: Decimal
) -> Instrument | None:
    """None where a rule needed for an order is missing. OKX has no minimum notional, and funding comes with tickers."""
    asset, multiplier = identify("okx", base)
    if not (row.inst_id and asset and quote and row.tick_sz and row.lot_sz):
        return None
    return Instrument(
        exchange="okx",
        market=market,
        symbol=row.inst_id,
        asset=asset,
        base=base,
        quote=quote,
        tick_size=row.tick_sz,
        lot_size=row.lot_sz,
        min_size=row.min_sz or row.lot_sz,
        min_notional=None,
        is_trading=row.state == "live",
        contract_size=contract_size,
        multiplier=multiplier,
    )
