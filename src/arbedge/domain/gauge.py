"""What a reader measures by: size, holding time and minimum, each with whose choice it is.

The system's defaults hold for whoever chose nothing; groups, where everyone reads along, have them too.
"""

from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from arbedge.domain.person import Preferences
from arbedge.domain.policy import OpportunityType, Policy

Chosen = Literal["default", "own", "asked"]
"""Whose choice: the system's, the reader's preference, or of this one question."""

SIZE_USDT_MIN: Final = 10  # below the smallest order value of most instruments
SIZE_USDT_MAX: Final = 1_000_000  # far beyond what fifty levels hold
HORIZON_H_MAX: Final = 720  # a rate known now says nothing about more than a month
MIN_NET_BPS_MAX: Final = 1_000.0
SIZES_USDT: Final = (100, 500, 1_000, 5_000, 10_000, 50_000)  # what is offered to tap


class Gauge(Struct, frozen=True):
    """`size_usdt` and `min_net_bps` are compared with an edge at that size, held for `horizon_h` where it is held."""

    size_usdt: Decimal
    size_from: Chosen
    horizon_h: int
    horizon_from: Chosen
    min_net_bps: dict[OpportunityType, float]
    own_minimums: frozenset[OpportunityType] = frozenset()

    @property
    def is_default(self) -> bool:
        return not self.own_minimums and self.size_from == self.horizon_from == "default"

    def get_minimum_from(self, kind: OpportunityType) -> Chosen:
        return "own" if kind in self.own_minimums else "default"


def choose_gauge(
    preferences: Preferences | None,
    policy: Policy,
    size_usdt: Decimal | None = None,
    horizon_h: int | None = None,
) -> Gauge:
    """The gauge of a person, or of everybody for None; `size_usdt` and `horizon_h` are what this question asks for."""
    own = preferences or Preferences()
    size: tuple[Decimal, Chosen] = (policy.size_quote, "default")
    horizon: tuple[int, Chosen] = (policy.horizon_h, "default")
    if own.size_quote is not None:
        size = own.size_quote, "own"
    if own.horizon_h is not None:
        horizon = own.horizon_h, "own"
    if size_usdt is not None:
        size = size_usdt, "asked"
    if horizon_h is not None:
        horizon = horizon_h, "asked"
    return Gauge(*size, *horizon, policy.min_net_bps | own.min_net_bps, frozenset(own.min_net_bps))
