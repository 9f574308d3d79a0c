"""Trading fees as fractions of notional.

The base tiers are the exchanges' published entry tiers and serve until a person links keys; what was used is
always said (`FeeRate.basis`). Sources: the exchanges' fee schedules, collected in the exchange fact sheet.
"""

from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from arbedge.domain.market import ExchangeId, Market


class FeeRate(Struct, frozen=True):
    """Taker and maker fee as fractions, and where they come from."""

    taker: Decimal
    maker: Decimal
    basis: Literal["base_tier", "own_tier"]

    @property
    def taker_bps(self) -> float:
        return float(self.taker * 10_000)


def _tier(taker: str, maker: str) -> FeeRate:
    return FeeRate(taker=Decimal(taker), maker=Decimal(maker), basis="base_tier")


_BASE_TIER: Final[dict[tuple[ExchangeId, Market], FeeRate]] = {
    ("binance", "spot"): _tier("0.0010", "0.0010"),
    ("binance", "perp"): _tier("0.0005", "0.0002"),
    ("bybit", "spot"): _tier("0.0010", "0.0010"),
    ("bybit", "perp"): _tier("0.00055", "0.0002"),
    ("okx", "spot"): _tier("0.0010", "0.0008"),
    ("okx", "perp"): _tier("0.0005", "0.0002"),
}


def get_base_tier(exchange: ExchangeId, market: Market) -> FeeRate:
    """The fee of a new account at this exchange and market."""
    return _BASE_TIER[exchange, market]
