"""What counts as worth telling: thresholds of the product, which a person's preferences override at read time."""

from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct, field

OpportunityType = Literal["cross_exchange", "funding", "spot_perp", "triangular", "technical"]

_MIN_NET_BPS: Final[dict[OpportunityType, float]] = {
    "cross_exchange": 10.0,
    "funding": 15.0,
    "spot_perp": 15.0,
    "triangular": 10.0,
    "technical": 15.0,
}
HELD_TYPES: Final[frozenset[OpportunityType]] = frozenset({"funding", "spot_perp"})  # positions kept for the horizon
CLOSED_TYPES: Final[frozenset[OpportunityType]] = frozenset({*HELD_TYPES, "technical"})  # those whose exit is walked


class Policy(Struct, frozen=True):
    """System defaults (product specification, section 4); rates in bps, times in ms unless named otherwise."""

    min_net_bps: dict[OpportunityType, float] = field(default_factory=_MIN_NET_BPS.copy)
    size_quote: Decimal = Decimal(1000)  # in USDT; another quote currency is converted at a live rate
    horizon_h: int = 24
    age_ms_max: int = 15_000
    skew_ms_max: int = 10_000
    identity_ratio_max: float = 0.08  # further from the asset's other prices means another asset
    # Moving both sides back costs two network withdrawals, together about 4 USDT on a 20,000 USDT batch.
    rebalancing_bps: Decimal = Decimal(2)
    confirmations: int = 2
    missed_scans_max: int = 3
    unconfirmed_ms_max: int = 600_000
    reopen_ms_max: int = 900_000
    change_bps_min: float = 1.0  # an alert is edited when its net edge moved at least this far


PREMIUM_NET_BPS: Final = 50.0  # anything at or above is a premium opportunity
PREMIUM_TYPES: Final[frozenset[OpportunityType]] = frozenset({"spot_perp", "triangular", "technical"})  # whatever worth


def is_premium(kind: OpportunityType, net_bps: float) -> bool:
    return kind in PREMIUM_TYPES or net_bps >= PREMIUM_NET_BPS
