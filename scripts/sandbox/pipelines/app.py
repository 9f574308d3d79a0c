"""`POST /pipelines/<stream>`: a JSON array of events with a bearer token, within the documented size.

As with the original, an event the schema does not allow is accepted and then dropped; only the counts say so.
"""

import hmac
import json
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from scripts.sandbox.pipelines.schema import Schema

REQUEST_BYTES_MAX = 1_000_000
EVENTS_KEPT = 2_000
STREAM = "lake"


@dataclass(slots=True)
class PipelinesSandbox:
    """The application, and what a test may look at: the events of the stream as the sink would find them."""

    token: str
    schema: Schema = field(default_factory=Schema)
    events: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    kinds: Counter[str] = field(default_factory=Counter[str])
    dropped: Counter[str] = field(default_factory=Counter[str])
    bytes_in: int = 0

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{stream}", self.ingest, methods=["POST"])])

    @property
    def control(self) -> list[BaseRoute]:
        return [Route("/events", self.list_events, methods=["GET"])]

    async def ingest(self, request: Request) -> Response:
        if request.path_params["stream"] != STREAM:
            return _refuse(404, "stream not found")
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return _refuse(401, "authentication required")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _refuse(415, "content type must be application/json")
        body = await request.body()
        if len(body) > REQUEST_BYTES_MAX:
            return _refuse(413, f"payload of {len(body)} bytes exceeds {REQUEST_BYTES_MAX}")
        try:
            events = json.loads(body, parse_constant=_refuse_constant)
        except ValueError:
            return _refuse(400, "body is not valid JSON")
        if not isinstance(events, list):
            return _refuse(400, "body must be a JSON array")
        self.bytes_in += len(body)
        for event in events:
            self._take(event)
        return JSONResponse({"success": True, "result": {"committed": len(events)}})

    def _take(self, event: Any) -> None:
        error = self.schema.find_error(event)
        if error is not None:
            self.dropped[error] += 1
            return
        self.kinds[str(event["kind"])] += 1
        self.events.append(event)

    async def list_events(self, request: Request) -> Response:
        """The newest events, oldest first; `kind` picks one kind."""
        kind = request.query_params.get("kind")
        return JSONResponse([event for event in self.events if kind in {None, event["kind"]}])

    def state(self) -> dict[str, Any]:
        return {"events": dict(self.kinds), "dropped": dict(self.dropped), "bytes_in": self.bytes_in}

    def reset(self) -> None:
        self.events.clear()
        self.kinds.clear()
        self.dropped.clear()
        self.bytes_in = 0


def build_pipelines(token: str) -> PipelinesSandbox:
    return PipelinesSandbox(token)


def _refuse(status: int, message: str) -> Response:
    return JSONResponse({"success": False, "errors": [{"code": status, "message": message}]}, status)


def _refuse_constant(_name: str) -> float:
    raise ValueError("not a JSON number")
