"""What an opportunity is worth on books other than those that decided it: those of this moment, all else kept.

The legs and their fees are those on record; what differs is the market, the size, and where a reader has one of their
own, the horizon.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from arbedge.domain.detection import DETECTORS
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.edge import Edge, Legs, LegTerms
from arbedge.domain.opportunity import Leg, Opportunity
from arbedge.domain.policy import Policy


def take_terms(opportunity: Opportunity, markets: Sequence[LegMarket]) -> Legs:
    """The legs on record, in their order, on these markets."""
    sighting = opportunity.sighting
    return tuple(
        replace(_terms(leg, market), signal=sighting.signal) for leg, market in zip(sighting.legs, markets, strict=True)
    )


def value_at(opportunity: Opportunity, legs: Legs, size: Decimal, now: int, policy: Policy) -> Edge:
    """The edge at `size`, held for the policy's horizon. Raises `Refused` where it cannot be had, `ArithmeticError`
    where it is not a number.
    """
    return require_number(DETECTORS[opportunity.type].value(legs, size, now, policy))


def keep_horizon(opportunity: Opportunity, policy: Policy) -> Policy:
    """The policy with the horizon that the opportunity was claimed at."""
    return replace(policy, horizon_h=opportunity.horizon_h)


def require_number(edge: Edge) -> Edge:
    """The edge itself. Raises `ArithmeticError` where it is not a number."""
    if not edge.net_bps.is_finite():
        raise ArithmeticError("the edge is not a number")
    return edge


def _terms(leg: Leg, market: LegMarket) -> LegTerms:
    return LegTerms(
        side=leg.side,
        instrument=market.instrument,
        book=market.book,
        fee=leg.fee,
        funding=market.funding,
        funding_from=market.funding_from,
    )
