"""The opportunities most like one: among the open ones, and among those that ended lately, with what became of them."""

import asyncio

from msgspec import Struct
from msgspec.structs import replace

from arbedge.app.figures_shown import round_shown
from arbedge.app.services import Services
from arbedge.app.views import OpportunityDetail, OutcomeView, view_opportunity, view_outcome
from arbedge.domain.gauge import choose_gauge
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.person import Person
from arbedge.domain.revaluation import read
from arbedge.domain.similarity import Likeness, Traits, find_nearest
from arbedge.limits import SIMILAR_ENDED_MAX, SIMILAR_ENDED_MS, SIMILAR_OPEN_MAX


class NearOpportunity(Struct, frozen=True):
    """`distance` is from 0 to 1: the mean of `parts` by weight."""

    distance: float
    reasons: list[str]
    parts: list[Likeness]
    detail: OpportunityDetail
    outcomes: list[OutcomeView]


class Neighbourhood(Struct, frozen=True):
    """The nearest first, of the `considered` that the reader may see."""

    items: list[NearOpportunity]
    considered: int


def read_traits(one: Opportunity) -> Traits:
    """What the database reads of all others, of one that has been loaded."""
    edge, claim = one.sighting.edge, one.claim
    return Traits(
        id=one.id,
        type=one.type,
        asset=one.asset,
        places=tuple((leg.exchange, leg.market) for leg in one.sighting.legs),
        edge_bps=float(claim.net_bps if claim else edge.net_bps),
        room=float(one.sighting.capacity_quote / edge.size_quote) if edge.size_quote else 0.0,
        horizon_h=one.horizon_h,
        confirmed_at=claim.at if claim else one.detected_at,
        steadiness=claim.features.get("edge_over_volatility") if claim else None,
        ended_at=one.ended_at,
    )


async def find_similar(
    services: Services, person: Person, one: Opportunity, limit: int, *, may_see_premium: bool
) -> Neighbourhood:
    """Exact among what is considered: the best open ones and the last that ended, of the same market."""
    now = services.clock.now_ms()
    gauge = choose_gauge(person.preferences, services.policy)
    others = await services.opportunities.load_traits(
        one.mode, now - SIMILAR_ENDED_MS, SIMILAR_OPEN_MAX, SIMILAR_ENDED_MAX, with_premium=may_see_premium
    )
    # Forecasts and arbitrage are not alike, whatever else they share.
    others = [each for each in others if (each.type == "technical") == (one.type == "technical")]
    nearest = find_nearest(read_traits(one), others, limit)
    ids = [neighbour.id for neighbour in nearest]
    loaded, appraisals = await asyncio.gather(services.opportunities.load_some(ids), services.appraisals.load_of(ids))
    found = {each.id: each for each in loaded}
    items = [
        NearOpportunity(
            round_shown(neighbour.distance),
            [part.reason for part in neighbour.parts if part.reason],
            [replace(part, distance=round_shown(part.distance)) for part in neighbour.parts],
            view_opportunity(found[neighbour.id], now, reading=read(found[neighbour.id], gauge, services.policy)),
            [view_outcome(step, one.mode) for step in appraisals.get(neighbour.id, ())],
        )
        for neighbour in nearest
        # What changed meanwhile may have become premium; what the reader may not see is left out.
        if neighbour.id in found and (may_see_premium or not found[neighbour.id].is_premium)
    ]
    return Neighbourhood(items, sum(each.id != one.id for each in others))
