"""Opportunities: the open ones, one of them with every number that decided, and why a person was or was not told."""

from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from msgspec.structs import replace

from arbedge.app.browse import explain_opportunity, get_opportunity, is_visible, list_opportunities
from arbedge.app.services import Services
from arbedge.app.views import OpportunityDetail
from arbedge.domain.gauge import choose_gauge
from arbedge.domain.opportunity import Opportunity, is_id
from arbedge.domain.permissions import get_rights, is_allowed
from arbedge.domain.person import Person
from arbedge.entrypoints.http.auth import Reader, require
from arbedge.entrypoints.http.documents import SECURED, describe_responses
from arbedge.entrypoints.http.envelope import JSON, encode
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.failures import ApiError, refuse_missing
from arbedge.entrypoints.http.queries import FilterQuery, OpportunityQuery, ValuationQuery
from arbedge.entrypoints.http.schemas import DetailAnswer, DetailMeta, ListAnswer, WhyAnswer, render_list
from arbedge.ports.store import OpportunityFilter

ROWS_DEFAULT: Final = 20

router = APIRouter(tags=["opportunities"])

OpportunityId = Annotated[str, Path(description="The id of an opportunity: 16 hexadecimal digits.")]


def choose_premium(person: Person, wanted: bool | None) -> bool | None:
    """The premium filter that applies: without the permission premium opportunities are left out. May raise 403."""
    if wanted:
        require(person, "opportunities.premium")
    return wanted if is_allowed(person, "opportunities.premium") else False


def choose_filter(person: Person, query: FilterQuery) -> OpportunityFilter:
    """What was asked for, as far as the person may see it. May raise 403."""
    return OpportunityFilter(
        type=query.type,
        asset=query.asset.upper() if query.asset else None,
        exchange=query.exchange,
        min_edge_bps=query.min_edge_bps,
        is_premium=choose_premium(person, query.premium),
    )


@router.get(
    "/opportunities",
    summary="Open opportunities, best net edge first",
    response_class=Response,
    responses=describe_responses(ListAnswer, 400, 401, 403, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_opportunities(services: Ports, person: Reader, query: Annotated[OpportunityQuery, Query()]) -> Response:
    """A page of what is worth something after every cost; when nothing is, `meta.closest` says what came near."""
    limit_max = get_rights(person).list_limit
    limit = min(query.limit or ROWS_DEFAULT, limit_max)
    with_premium = is_allowed(person, "opportunities.premium")
    wanted = replace(choose_filter(person, query), category=query.category)
    try:
        view = await list_opportunities(
            services.opportunities,
            services.scans,
            wanted,
            limit,
            query.cursor,
            services.clock.now_ms(),
            may_see_premium=with_premium,
            gauge=choose_gauge(person.preferences, services.policy),
            policy=services.policy,
        )
    except ValueError as error:
        if query.cursor is None:
            raise
        raise ApiError(400, "bad_cursor", "This cursor was not given by this list.") from error
    answer = render_list(
        view,
        limit=limit,
        limit_max=limit_max,
        with_premium=with_premium,
        mode=services.settings.market_mode,
    )
    return Response(encode(answer), media_type=JSON)


async def require_opportunity(services: Services, person: Person, opportunity_id: str) -> Opportunity:
    """Raises 404 for what is not on record and 403 for what the person's plan leaves out."""
    found = await services.opportunities.load(opportunity_id) if is_id(opportunity_id) else None
    if found is None:
        raise refuse_missing("opportunity")
    await require_visible(services, person, found)
    return found


async def require_visible(services: Services, person: Person, found: OpportunityDetail | Opportunity) -> None:
    """Raises 403 for what the person's plan leaves out, unless they have been told of it."""
    if not await is_visible(services.deliveries, person, found):
        require(person, "opportunities.premium")


@router.get(
    "/opportunities/{opportunity_id}",
    summary="One opportunity with waterfall, curve and books",
    response_class=Response,
    responses=describe_responses(DetailAnswer, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_one_opportunity(
    services: Ports, person: Reader, opportunity_id: OpportunityId, query: Annotated[ValuationQuery, Query()]
) -> Response:
    """Every number with its age and source, and the sides of the order books that decided, to check by hand.

    Valued at your own size and horizon, or at those of the query; `valued` says at which, and where that size cannot
    be had, why not: the figures are then those of the scan's own size.
    """
    found = None
    if is_id(opportunity_id):
        size_usdt = None if query.size_quote is None else Decimal(str(query.size_quote))
        found = await get_opportunity(
            services.opportunities,
            services.appraisals,
            services.funding_record,
            opportunity_id,
            services.clock.now_ms(),
            choose_gauge(person.preferences, services.policy, size_usdt, query.horizon_h),
            services.policy,
        )
    if found is None:
        raise refuse_missing("opportunity")
    await require_visible(services, person, found)
    answer = DetailAnswer(data=found, meta=DetailMeta(market_mode=services.settings.market_mode))
    return Response(encode(answer), media_type=JSON)


@router.get(
    "/opportunities/{opportunity_id}/why",
    summary="Why you were or were not told",
    response_class=Response,
    responses=describe_responses(WhyAnswer, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def get_why(services: Ports, person: Reader, opportunity_id: OpportunityId) -> Response:
    """Your own reason, recomputed now, what your chat was sent, and what the latest scan says of the pair."""
    view = None
    if is_id(opportunity_id):
        now = services.clock.now_ms()
        view = await explain_opportunity(
            services.opportunities,
            services.scans,
            services.deliveries,
            services.appraisals,
            opportunity_id,
            person,
            now,
            services.policy,
        )
    if view is None:
        raise refuse_missing("opportunity")
    await require_visible(services, person, view.open[0])
    answer = WhyAnswer(data=view, meta=DetailMeta(market_mode=services.settings.market_mode))
    return Response(encode(answer), media_type=JSON)
