"""What an opportunity is worth on books other than those that decided it: those of this moment, all else kept.

The legs, their fees and the horizon are those on record; what differs is the market, the size and nothing else.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from arbedge.domain.detection import DETECTORS
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.edge import Edge, Legs, LegTerms
from arbedge.domain.fees import FeeRate
from arbedge.domain.opportunity import Leg, Opportunity
from arbedge.domain.policy import Policy


def take_terms(opportunity: Opportunity, markets: Sequence[LegMarket]) -> Legs:
    """The legs on record, in their order, on these markets."""
    return tuple(_terms(leg, market) for leg, market in zip(opportunity.sighting.legs, markets, strict=True))


def value_at(opportunity: Opportunity, legs: Legs, size: Decimal, now: int, policy: Policy) -> Edge:
    """The edge at `size`. Raises `Refused` where it cannot be had, `ArithmeticError` where it is not a number."""
    policy = replace(policy, horizon_h=opportunity.horizon_h)
    return require_number(DETECTORS[opportunity.type].value(legs, size, now, policy))


def require_number(edge: Edge) -> Edge:
    """Raises `ArithmeticError` for an edge that is none."""
    if not edge.net_bps.is_finite():
        raise ArithmeticError("the edge is not a number")
    return edge


def _terms(leg: Leg, market: LegMarket) -> LegTerms:
    taker = Decimal(str(leg.fee_bps)) / 10_000
    fee = FeeRate(taker=taker, maker=taker, basis="own_tier" if leg.fee_basis == "own_tier" else "base_tier")
    return LegTerms(side=leg.side, instrument=market.instrument, book=market.book, fee=fee, funding=market.funding)
