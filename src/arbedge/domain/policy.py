"""What counts as worth telling: thresholds of the product, which a person's preferences override at read time."""

from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

OpportunityType = Literal["cross_exchange", "funding"]


class Policy(Struct, frozen=True):
    """System defaults (product specification, section 4); rates in bps, times in ms unless named otherwise."""

    min_net_bps: dict[OpportunityType, float] = field(default_factory=lambda: {"cross_exchange": 10.0, "funding": 15.0})
    size_quote: Decimal = Decimal(1000)
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


PREMIUM_NET_BPS = 50.0  # anything at or above is a premium opportunity
