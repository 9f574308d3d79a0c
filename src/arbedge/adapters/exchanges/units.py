"""The one place that turns an exchange's order book into asset units.

Exchanges count in base coins, in thousands of them (1000PEPE) or in contracts (OKX); the rest of the program does not.
"""

from msgspec import Struct

from arbedge.domain.clocks import to_our_time
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Level, OrderBook

SETTLEMENTS = frozenset({"USDT", "USDC"})  # the coins a linear perpetual in scope settles in


class Depth(Struct, frozen=True):
    """An order book as the exchange counts it."""

    bids: list[Level]
    asks: list[Level]
    exchange_at: int | None


def convert_depth(depth: Depth, instrument: Instrument, received_at: int, clock_offset_ms: int) -> OrderBook:
    """The book per unit of the asset; exact, since multipliers are powers of ten and contract sizes are decimals."""
    stamp = depth.exchange_at
    return OrderBook(
        exchange=instrument.exchange,
        market=instrument.market,
        symbol=instrument.symbol,
        bids=_convert_levels(depth.bids, instrument),
        asks=_convert_levels(depth.asks, instrument),
        exchange_at=to_our_time(stamp, clock_offset_ms, received_at) if stamp else None,
        received_at=received_at,
    )


def _convert_levels(levels: list[Level], instrument: Instrument) -> list[Level]:
    if instrument.units == 1:
        return levels
    multiplier, units = instrument.multiplier, instrument.units
    return [Level(level.price / multiplier, level.size * units) for level in levels]
