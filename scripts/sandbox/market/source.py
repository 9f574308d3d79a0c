"""What a market is made of: instruments and their price and funding paths; all else is derived from it."""

from typing import Any, Literal, Protocol

from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.universe import ExchangeName, MarketKind

MarketMode = Literal["synthetic", "replay"]
Boards = dict[tuple[ExchangeName, MarketKind], tuple[Listing, ...]]
Bar = tuple[float, float, float, float, float]
"""Open, high, low, close, and turnover in the quote currency."""
Top = tuple[float, float, float, float]
"""Bid, bid size, ask, ask size, in the exchange's units."""


class MarketSource(Protocol):
    """Times are market time in ms; prices are in the quote currency per unit of the instrument."""

    mode: MarketMode
    boards: Boards

    @property
    def identity(self) -> object:
        """Equal for sources that say the same."""
        ...

    def story_ms(self, now_ms: int) -> int:
        """Market time at a time of the wall clock, at speed 1: one constant offset."""
        ...

    def mids(self, exchange: ExchangeName, kind: MarketKind, t_ms: int) -> list[float]:
        """The middle of each instrument's book now, in the order of the board."""
        ...

    def top(self, listing: Listing, t_ms: int) -> Top | None:
        """The recorded best bid and ask, or None where they are modelled."""
        ...

    def path(self, listing: Listing, t_ms: int) -> float:
        """The price then, without what lasts only seconds: for candles and 24 h figures."""
        ...

    def index(self, listing: Listing, t_ms: int) -> float:
        """What the asset is worth across exchanges: the index of a perpetual."""
        ...

    def bar(self, listing: Listing, start_ms: int, end_ms: int) -> Bar | None:
        """A recorded candle, or None where it is to be built from `path`."""
        ...

    def rate(self, listing: Listing, settlement_ms: int) -> float:
        """The funding fraction charged at a settlement."""
        ...

    def describe(self, t_ms: int) -> dict[str, Any]:
        """What is planted or replayed, for people and tests."""
        ...
