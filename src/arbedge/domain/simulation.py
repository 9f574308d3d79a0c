"""What executing an opportunity now would mean, order by order, without placing one.

Nothing is known here of balances, keys or risk rules, and nothing is assumed of what the books do while an order
travels: the limit price of each leg is the last level that the size takes now, and an IOC order fills at that or
better, or not at all.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from arbedge.domain.appraisal import EXPLANATIONS as UNVALUED
from arbedge.domain.appraisal import Unvalued
from arbedge.domain.detection import DETECTORS
from arbedge.domain.detection.verification import LegMarket, require_comparable, require_minimum
from arbedge.domain.edge import Edge, Fill, Legs, LegTerms, Refused, size_for
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import Policy
from arbedge.domain.valuation import keep_horizon, take_terms, value_at

LATENCY_MS: Final = 800  # how long an order is taken to travel (product specification, section 4)

NotExecutable = Unvalued | Literal["ended", "market_mode_changed", "needs_inventory"]

EXPLANATIONS: Final[Mapping[str, str]] = {
    **UNVALUED,
    "circuit_open": "an exchange is not being asked at present: it failed before",
    "rate_limited": "an exchange allows no further question at present",
    "ended": "it is no longer open",
    "needs_inventory": "the spot leg sells the asset: only who holds it already can execute this",
}


class Order(Struct, frozen=True):
    """One leg as it would be sent; `fill` and `limit` are None where no size could be settled on."""

    terms: LegTerms
    fill: Fill | None = None
    limit: Decimal | None = None  # the worst price reached, per asset unit

    @property
    def fee(self) -> Decimal | None:
        """The fee of this fill: spot takes it from what is received, perpetuals from the margin."""
        if self.fill is None:
            return None
        return (self.fill.size if self.is_fee_in_asset else self.fill.cash) * self.terms.fee.taker

    @property
    def is_fee_in_asset(self) -> bool:
        return (self.terms.instrument.market, self.terms.side) == ("spot", "buy")


class Simulation(Struct, frozen=True):
    """`reason` is why it cannot, or should not, be executed now; there may be numbers all the same."""

    reason: NotExecutable | None
    numbers: dict[str, float] = {}
    orders: tuple[Order, ...] = ()
    edge: Edge | None = None
    at_claimed_size: Edge | None = None


def check_open(opportunity: Opportunity, mode: str, now: int) -> Simulation | None:
    """The verdict on what nobody need look at the market for."""
    if opportunity.mode != mode:
        return Simulation("market_mode_changed")
    return None if opportunity.is_live(now) else Simulation("ended")


def simulate(
    opportunity: Opportunity,
    markets: Sequence[LegMarket] | Unvalued,
    size_quote: Decimal | None,
    minimum_bps: float,
    now: int,
    policy: Policy,
) -> Simulation:
    """Walks these books for `size_quote` of quote currency, None where nobody knows how much of it that is.

    The policy's horizon is the reader's; beside it the claim is valued at its own.

    One reason, in this order: the books cannot be had, used together, or sized; the edge is below the reader's
    minimum; it takes an asset to sell.
    """
    if isinstance(markets, str):
        return Simulation(markets)
    legs = take_terms(opportunity, markets)
    orders = tuple(Order(leg) for leg in legs)
    if size_quote is None:
        return Simulation("no_conversion", orders=orders)
    try:
        require_comparable(legs, now, policy)
        size = size_for(DETECTORS[opportunity.type].measure(legs), size_quote)
        edge = value_at(opportunity, legs, size, now, policy)
        orders = tuple(Order(leg, fill, leg.entry.reach(fill.size)) for leg, fill in zip(legs, edge.fills, strict=True))
    except Refused as refused:
        return Simulation(refused.reason, refused.numbers, orders)
    except ArithmeticError:
        return Simulation("arithmetic", orders=orders)
    reason, numbers = _judge(opportunity, edge, minimum_bps)
    return Simulation(reason, numbers, orders, edge, _value_claimed(opportunity, legs, now, policy))


def _judge(opportunity: Opportunity, edge: Edge, minimum_bps: float) -> tuple[NotExecutable | None, dict[str, float]]:
    try:
        require_minimum(edge, minimum_bps)
    except Refused as refused:
        return refused.reason, refused.numbers
    return ("needs_inventory", {}) if opportunity.needs_inventory else (None, {})


def _value_claimed(opportunity: Opportunity, legs: Legs, now: int, policy: Policy) -> Edge | None:
    """The size of the claim on the same books, so that like is compared with like."""
    claim = opportunity.claim
    if claim is None:
        return None
    try:
        return value_at(opportunity, legs, claim.size_base, now, keep_horizon(opportunity, policy))
    except (Refused, ArithmeticError):
        return None
