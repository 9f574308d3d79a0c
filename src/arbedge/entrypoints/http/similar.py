"""Opportunities like one: what is near it in features with names, why it is near, and what became of it."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from arbedge.app.similar import NearOpportunity, find_similar
from arbedge.domain.permissions import is_allowed
from arbedge.entrypoints.http.auth import Reader
from arbedge.entrypoints.http.documents import SECURED, describe_responses
from arbedge.entrypoints.http.envelope import JSON, encode
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.opportunities import OpportunityId, require_opportunity
from arbedge.entrypoints.http.schemas import SimilarAnswer, SimilarItem, SimilarMeta, summarise
from arbedge.limits import SIMILAR_ENDED_MAX, SIMILAR_ENDED_MS, SIMILAR_OPEN_MAX, SIMILAR_SHOWN_MAX

router = APIRouter(tags=["opportunities"])

_SHOWN: Final = 5


class SimilarQuery(BaseModel):
    """How many neighbours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=SIMILAR_SHOWN_MAX, description="Neighbours wanted, the nearest.")] = _SHOWN


@router.get(
    "/opportunities/{opportunity_id}/similar",
    summary="The nearest opportunities, open and lately ended",
    response_class=Response,
    responses=describe_responses(SimilarAnswer, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_similar(
    services: Ports, person: Reader, opportunity_id: OpportunityId, query: Annotated[SimilarQuery, Query()]
) -> Response:
    """Compared by type, asset, exchanges, claimed edge, room at the size, horizon, steadiness and hour of the day.

    Each with its distance, feature by feature, the reasons in words, and for what ended its outcomes.
    """
    one = await require_opportunity(services, person, opportunity_id)
    with_premium = is_allowed(person, "opportunities.premium")
    found = await find_similar(services, person, one, query.limit, may_see_premium=with_premium)
    meta = SimilarMeta(
        considered=found.considered,
        open_max=SIMILAR_OPEN_MAX,
        ended_max=SIMILAR_ENDED_MAX,
        ended_since=services.clock.now_ms() - SIMILAR_ENDED_MS,
        is_premium_included=with_premium,
        market_mode=services.settings.market_mode,
    )
    return Response(encode(SimilarAnswer(data=[_view(item) for item in found.items], meta=meta)), media_type=JSON)


def _view(item: NearOpportunity) -> SimilarItem:
    return SimilarItem(item.distance, item.reasons, item.parts, summarise(item.detail), item.outcomes)
