"""Public market data of one exchange, in our words; each exchange folder implements it."""

from typing import Protocol

from msgspec import Struct

from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Market, OrderBook, Ticker


class Tickers(Struct, frozen=True):
    """A bulk answer: every symbol of one market, in the exchange's units, with when it arrived and how long it took."""

    rows: list[Ticker]
    received_at: int
    latency_ms: int
    clock_offset_ms: int = 0  # how far the exchange's stamps are ahead of our clock


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
