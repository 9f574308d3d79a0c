"""Metrics for a Prometheus that has the deployment's token; without one in the settings there are none."""

import hmac
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from arbedge.app.metrics import collect_metrics
from arbedge.entrypoints.http.documents import describe_responses
from arbedge.entrypoints.http.envelope import FailureAnswer
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.failures import ApiError
from arbedge.entrypoints.http.flood import hold_back, hold_back_stranger

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
RESPONSES: Final[dict[int | str, dict[str, Any]]] = describe_responses(FailureAnswer, 401, 404, 413, 429) | {
    200: {"description": "Prometheus text.", "content": {"text/plain": {"schema": {"type": "string"}}}},
    401: {
        "description": "The token is missing or not the deployment's.",
        **describe_responses(FailureAnswer, 401)[401],
    },
    404: {"description": "Metrics are off here.", **describe_responses(FailureAnswer, 404)[404]},
}

router = APIRouter(tags=["public"])


def is_token(authorization: str | None, token: str) -> bool:
    """Compares in constant time: how long it takes says nothing of how much was right."""
    scheme, _, given = (authorization or "").partition(" ")
    return hmac.compare_digest(given.strip().encode(), token.encode()) and scheme.lower() == "bearer"


@router.get(
    "/metrics",
    summary="The deployment in figures, as Prometheus text",
    response_class=Response,
    responses=RESPONSES,
    openapi_extra={"security": [{"metricsToken": []}]},
)
async def get_metrics(request: Request, services: Ports) -> Response:
    """Counters run on since the beginning of the deployment. Every series says the market's mode."""
    token = services.settings.metrics_token
    if token is None:
        await hold_back_stranger(services, request)
        raise ApiError(404, "metrics_off", "Metrics are off: this deployment has no METRICS_TOKEN.")
    if not is_token(request.headers.get("authorization"), token):
        await hold_back_stranger(services, request)
        message = "Metrics need the deployment's own token: Authorization: Bearer <METRICS_TOKEN>."
        raise ApiError(401, "unauthenticated", message, headers={"www-authenticate": 'Bearer realm="metrics"'})
    await hold_back(services, "metrics")
    view = await collect_metrics(services)
    from arbedge.entrypoints.http.metrics_text import render_metrics  # noqa: PLC0415 - its library is for scrapes alone

    return Response(render_metrics(view, services.settings), headers={"content-type": CONTENT_TYPE})
