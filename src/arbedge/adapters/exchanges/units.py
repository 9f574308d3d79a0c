"""The one place that turns an exchange's order book into asset units.

Exchanges count in base coins, in thousands of them (1000PEPE) or in contracts (OKX); the rest of the program does not.
"""

from msgspec import Struct

from arbedge.domain.instruments import Instrument
from arbedge.domain.market import STAMP_MAX, STAMP_MIN, Level, OrderBook, are_possible
from arbedge.limits import BOOK_DEPTH

SETTLEMENTS = frozenset({"USDT", "USDC"})  # the coins a linear perpetual in scope settles in


class Depth(Struct, frozen=True):
    """An order book as the exchange counts it."""

    bids: list[Level]
    asks: list[Level]
    exchange_at: int | None


def convert_depth(depth: Depth, instrument: Instrument, received_at: int, clock_offset_ms: int = 0) -> OrderBook:
    """The book per unit of the asset; exact, since multipliers are powers of ten and contract sizes are decimals.

    Levels beyond the depth we keep are cut off, however many were sent. Raises `ValueError` for a stamp or a level that
    cannot be one.
    """
    if depth.exchange_at is not None and not STAMP_MIN <= depth.exchange_at <= STAMP_MAX:
        raise ValueError("the book is stamped with a time that cannot be")
    return OrderBook(
        exchange=instrument.exchange,
        market=instrument.market,
        symbol=instrument.symbol,
        bids=_convert_levels(depth.bids, instrument),
        asks=_convert_levels(depth.asks, instrument),
        exchange_at=depth.exchange_at - clock_offset_ms if depth.exchange_at else None,
        received_at=received_at,
    )


def _convert_levels(levels: list[Level], instrument: Instrument) -> list[Level]:
    levels = levels[:BOOK_DEPTH]
    if instrument.units == 1:
        return levels
    if not are_possible(levels):
        raise ValueError("a level of the book is no price and size")
    multiplier, units = instrument.multiplier, instrument.units
    return [Level(level.price / multiplier, level.size * units) for level in levels]
