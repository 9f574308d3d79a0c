"""Public market data of one exchange, in our words; each exchange folder implements it."""

from contextvars import ContextVar
from typing import Protocol

from msgspec import Struct

from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import Interval
from arbedge.domain.market import ExchangeId, Market, OrderBook, Ticker


class Traffic(Struct):
    """Requests that went out, and the bytes of the bodies that came back, counted after decompression."""

    requests: int = 0
    bytes: int = 0


# Whoever starts a call may have counted what it causes, however many requests it turns out to be.
counted_traffic: ContextVar[Traffic | None] = ContextVar("counted_traffic", default=None)


class Tickers(Struct, frozen=True):
    """A bulk answer: every symbol of one market, in the exchange's units, with when it arrived and how long it took."""

    rows: list[Ticker]
    received_at: int
    latency_ms: int
    clock_offset_ms: int = 0  # how far the exchange's stamps are ahead of our clock


class Bar(Struct, frozen=True, array_like=True):
    """One candle as the exchange tells it, in asset units; `start` is epoch ms. It is unchecked."""

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    is_closed: bool


class Bars(Struct, frozen=True):
    """Candles of one instrument, oldest first; only the last may be unfinished."""

    rows: list[Bar]
    received_at: int


class Settlement(Struct, frozen=True, array_like=True):
    """What one settlement of a perpetual charged: a fraction of notional, positive when longs paid shorts."""

    settled_at: int
    rate: float


class Settlements(Struct, frozen=True):
    """Settlements of one perpetual, oldest first."""

    rows: list[Settlement]
    received_at: int


class ExchangeMarketData(Protocol):
    """Reads public data. Every method raises an `ExchangeError` and nothing else when it has no answer."""

    @property
    def exchange(self) -> ExchangeId: ...

    async def fetch_instruments(self, market: Market) -> list[Instrument]:
        """All USDT, USDC and other linear instruments in scope: spot pairs, or linear perpetuals."""
        ...

    async def fetch_tickers(self, market: Market) -> Tickers:
        """Top of book of all symbols; for perpetuals with mark price and the next funding."""
        ...

    async def fetch_order_book(self, instrument: Instrument, depth: int) -> OrderBook:
        """At least `depth` levels a side where the exchange has them, converted to asset units."""
        ...

    async def fetch_candles(self, instrument: Instrument, interval: Interval, limit: int) -> Bars:
        """The newest `limit` candles, at most `CANDLES_MAX`, the unfinished one included."""
        ...

    async def fetch_funding_history(self, instrument: Instrument, limit: int) -> Settlements:
        """The last `limit` settlements of a perpetual, at most `SETTLEMENTS_MAX`."""
        ...
