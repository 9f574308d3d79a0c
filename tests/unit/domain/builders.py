"""Builders of domain objects for tests: every value that matters to a test is given by the test."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from arbedge.domain.detection.candidates import LegRef
from arbedge.domain.edge import LegTerms, Side
from arbedge.domain.fees import FeeRate
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Feed, Funding, Level, Market, OrderBook, Quote, Snapshot

NOW = 1_795_300_000_000
HOUR = 3_600_000

D = Decimal


def instrument(
    exchange: ExchangeId = "binance", market: Market = "spot", symbol: str = "BTCUSDT", **changes
) -> Instrument:
    fields = {
        "asset": "BTC",
        "base": "BTC",
        "quote": "USDT",
        "tick_size": D("0.01"),
        "lot_size": D("0.001"),
        "min_size": D("0.001"),
        "min_notional": D(5),
        "is_trading": True,
    }
    return Instrument(exchange=exchange, market=market, symbol=symbol, **(fields | changes))


def book(
    exchange: Any = "binance",
    market: Any = "spot",
    symbol: str = "BTCUSDT",
    *,
    bids: list[tuple[str, str]],
    asks: list[tuple[str, str]],
    at: int = NOW,
) -> OrderBook:
    return OrderBook(
        exchange=exchange,
        market=market,
        symbol=symbol,
        bids=[Level(D(price), D(size)) for price, size in bids],
        asks=[Level(D(price), D(size)) for price, size in asks],
        exchange_at=at,
        received_at=at,
    )


def terms(
    book_: OrderBook, *, side: Side = "buy", fee: str = "0.001", funding: Funding | None = None, **changes
) -> LegTerms:
    return LegTerms(
        side=side,
        instrument=instrument(book_.exchange, book_.market, book_.symbol, **changes),
        book=book_,
        fee=FeeRate(taker=D(fee), maker=D(fee), basis="base_tier"),
        funding=funding,
    )


def pair(buy: LegTerms, sell: LegTerms) -> tuple[LegTerms, LegTerms]:
    return buy, replace(sell, side="sell")


def quote(
    bid: float,
    ask: float,
    *,
    asset: str = "BTC",
    currency: str = "USDT",
    at: int | None = NOW,
    funding: Funding | None = None,
    symbol: str = "BTCUSDT",
) -> Quote:
    return Quote(symbol, asset, currency, bid, 10.0, ask, 10.0, at, funding)


def feed(exchange: ExchangeId, *quotes: Quote, market: Market = "spot", received_at: int = NOW) -> Feed:
    return Feed(
        exchange=exchange, market=market, state="ok", received_at=received_at, latency_ms=20, quotes=list(quotes)
    )


def snapshot(*feeds: Feed, at: int = NOW) -> Snapshot:
    return Snapshot(version=1, scan_id=at, mode="synthetic", started_at=at, finished_at=at, feeds=list(feeds))


def refs(symbol: str = "BTCUSDT") -> tuple[LegRef, LegRef]:
    """Buy on Binance, sell on OKX, spot."""
    return LegRef("binance", "spot", symbol, "buy"), LegRef("okx", "spot", symbol, "sell")
