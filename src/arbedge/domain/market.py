"""The market as one scan sees it: quotes in asset units, whatever units the exchange counts in.

Prices and sizes of a scan are floats, since a scan ranks ten thousand rows; order books, which decide
amounts, are `Decimal`.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

ExchangeId = Literal["binance", "bybit", "okx"]
Market = Literal["spot", "perp"]
Mode = Literal["live", "cached", "replay", "synthetic", "paper"]
Source = Literal["api", "cache", "lake"]
Side = Literal["buy", "sell"]
# A ticker or an exchange's name for an instrument; what is read back longer than this was never written by us.
Symbol = Annotated[str, Meta(min_length=1, max_length=40)]
FeedState = Literal["ok", "degraded", "rate_limited", "unreachable", "down"]

EXCHANGES: tuple[ExchangeId, ...] = ("binance", "bybit", "okx")
MARKETS: tuple[Market, ...] = ("spot", "perp")

FeedKey = tuple[ExchangeId, Market]
LegKey = tuple[ExchangeId, Market, str]
"""One instrument: where it trades and its symbol there."""

FEEDS: Final[tuple[FeedKey, ...]] = tuple((exchange, market) for exchange in EXCHANGES for market in MARKETS)

# Beyond these no asset is quoted, per unit; the bounds keep every product and quotient countable.
PRICE_MIN: Final = Decimal("1e-15")
PRICE_MAX: Final = Decimal("1e12")
SIZE_MIN: Final = Decimal("1e-18")
SIZE_MAX: Final = Decimal("1e20")
STAMP_MIN: Final = 1_000_000_000_000  # 2001 and 2096 in epoch ms: seconds and microseconds lie outside
STAMP_MAX: Final = 4_000_000_000_000


class Ticker(Struct, frozen=True, gc=False):
    """One row of an exchange's bulk answer, in the exchange's own units; absent numbers are None."""

    symbol: str
    bid: float | None
    bid_size: float | None
    ask: float | None
    ask_size: float | None
    exchange_at: int | None = None
    mark: float | None = None
    funding_rate: float | None = None  # fraction for the settlement at `funding_at`; positive: longs pay shorts
    funding_at: int | None = None
    funding_interval_h: float | None = None


class Funding(Struct, frozen=True, array_like=True, gc=False):
    """What a perpetual's next settlement will charge: a fraction of notional at mark, and when."""

    rate: float
    next_at: int
    interval_h: float
    mark: float


class Origin(Struct, frozen=True):
    """Who served a figure, and when it had been received."""

    at: int
    source: Source


class Quote(Struct, frozen=True, array_like=True, gc=False):
    """Top of book of one instrument, per unit of `asset`, quoted in `quote`."""

    symbol: Symbol
    asset: Symbol
    quote: Symbol
    bid: float
    bid_size: float
    ask: float
    ask_size: float
    exchange_at: int | None  # None where the exchange stamps nothing (Binance spot): age counts from receipt
    funding: Funding | None = None

    @property
    def mid(self) -> float:
        return (self.bid + self.ask) / 2


class Feed(Struct, frozen=True):
    """One exchange and market in a scan: its quotes, or why there are none."""

    exchange: ExchangeId
    market: Market
    state: FeedState
    received_at: int  # when the last byte arrived; for a failed feed, when it was given up
    latency_ms: int
    source: Source = "api"
    error: str | None = None
    quotes: list[Quote] = []
    rejected: dict[str, int] = {}  # rows that could not be normalised, by reason
    clock_offset_ms: int = 0  # how far the exchange's stamps are ahead of our clock
    is_asked: bool = True  # False where nothing was sent, since it was not yet time to

    def age_ms(self, quote: Quote, now: int) -> int:
        """How old a quote is: from the exchange's stamp where there is one, else from its receipt.

        Negative for a stamp that is ahead of our clock even without the clocks' known difference. Such a stamp is
        trusted no further than one behind it.
        """
        if not quote.exchange_at:
            return now - self.received_at
        return now - (quote.exchange_at - self.clock_offset_ms)


class Snapshot(Struct, frozen=True):
    """Everything one scan observed. `scan_id` is the scan's scheduled time in epoch ms."""

    version: int
    scan_id: int
    mode: Mode
    started_at: int
    finished_at: int
    feeds: list[Feed]


class Level(Struct, frozen=True, array_like=True, gc=False):
    """A price level: price per asset unit and size in asset units."""

    price: Decimal
    size: Decimal


class OrderBook(Struct, frozen=True):
    """Depth of one instrument in asset units; bids fall, asks rise."""

    exchange: ExchangeId
    market: Market
    symbol: Symbol
    bids: list[Level]
    asks: list[Level]
    exchange_at: int | None  # by our clock
    received_at: int
    source: Source = "api"

    @property
    def is_usable(self) -> bool:
        """A book with both sides in order, positive sizes and a positive spread; anything else is bad data."""
        if not (self.bids and self.asks and are_possible(self.bids) and are_possible(self.asks)):
            return False
        prices = [level.price for level in (*reversed(self.bids), *self.asks)]
        return prices == sorted(prices) and self.bids[0].price < self.asks[0].price


def are_possible(levels: Sequence[Level]) -> bool:
    """Figures one can count with: exchanges' decoders let NaN and 1e999999 through."""
    prices = [level.price for level in levels]
    sizes = [level.size for level in levels]
    return not levels or (
        all(map(Decimal.is_finite, prices))
        and all(map(Decimal.is_finite, sizes))
        and min(prices) >= PRICE_MIN
        and max(prices) <= PRICE_MAX
        and min(sizes) >= SIZE_MIN
        and max(sizes) <= SIZE_MAX
    )
