"""What everyone may see without a token: how much of what alerts claimed was there afterwards."""

from fastapi import APIRouter, Request, Response

from arbedge.app.public_metrics import load_public_metrics
from arbedge.entrypoints.http.documents import describe_responses
from arbedge.entrypoints.http.envelope import JSON, encode
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.flood import hold_back_stranger
from arbedge.entrypoints.http.schemas import PublicMetricsAnswer

router = APIRouter(tags=["public"])


@router.get(
    "/public/metrics",
    summary="How often alerts were true",
    response_class=Response,
    responses=describe_responses(PublicMetricsAnswer, 413, 429, 503),
)
async def get_public_metrics(request: Request, services: Ports) -> Response:
    """Realised over claimed and calibration of the last 30 days, for this deployment's market alone; a minute old."""
    await hold_back_stranger(services, request)
    return Response(encode(PublicMetricsAnswer(data=await load_public_metrics(services))), media_type=JSON)
