"""Health: whether the Worker runs, and how everything it depends on does. Neither needs to know who asks."""

from fastapi import APIRouter, Request, Response

from arbedge.app.ingestion import view_ingestion
from arbedge.app.status import check_status
from arbedge.entrypoints.http.documents import describe_responses
from arbedge.entrypoints.http.envelope import JSON, encode
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.flood import hold_back_stranger
from arbedge.entrypoints.http.schemas import (
    DetailedHealthAnswer,
    Health,
    HealthAnswer,
    IngestionAnswer,
    render_health,
)

router = APIRouter(tags=["health"])


@router.get(
    "/health",
    summary="Does the Worker run?",
    response_class=Response,
    responses=describe_responses(HealthAnswer, 413, 429),
)
async def get_health(request: Request, services: Ports) -> Response:
    """Asks nothing of anything else, so it answers as long as the Worker does."""
    await hold_back_stranger(services, request)
    health = Health(status="ok", time=services.clock.now_ms(), market_mode=services.settings.market_mode)
    return Response(encode(HealthAnswer(data=health)), media_type=JSON)


@router.get(
    "/health/detailed",
    summary="How is everything it depends on?",
    response_class=Response,
    responses=describe_responses(DetailedHealthAnswer, 413, 429),
)
async def get_detailed_health(request: Request, services: Ports) -> Response:
    """Each exchange and market, each dependency and the latest scan, with state, error and age."""
    await hold_back_stranger(services, request)
    now = services.clock.now_ms()
    status = await check_status(services.scans, services.probes, now)
    return Response(encode(render_health(status, services.settings, now)), media_type=JSON)


@router.get(
    "/health/ingestion",
    summary="How did each market's reading go over the last 24 hours?",
    response_class=Response,
    responses=describe_responses(IngestionAnswer, 413, 429, 503),
)
async def get_ingestion(request: Request, services: Ports) -> Response:
    """By feed and hour: readings sent, readings that came back whole, and how long answers took."""
    await hold_back_stranger(services, request)
    now = services.clock.now_ms()
    view = await view_ingestion(services.metrics, services.scans, services.settings.market_mode, now)
    return Response(encode(IngestionAnswer(data=view)), media_type=JSON)
