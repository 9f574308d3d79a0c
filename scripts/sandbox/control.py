"""The control endpoints: look at the sandbox, break it, mend it, and ask what it was sent."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from scripts.sandbox.faults import Fault, FaultTable
from scripts.sandbox.requests import RequestLog


class Controlled(Protocol):
    faults: FaultTable
    requests: RequestLog

    def reset(self) -> None: ...
    def state(self) -> dict[str, Any]: ...


def json_response(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def refusing_bad_input(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A body that does not fit is the caller's mistake and is named: 400 with the reason."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except (msgspec.DecodeError, ValueError, LookupError) as error:
            return json_response({"error": str(error)}, 400)

    return handle


def control_routes(sandbox: Controlled) -> list[BaseRoute]:
    async def state(request: Request) -> Response:
        return json_response(sandbox.state())

    async def reset(request: Request) -> Response:
        sandbox.reset()
        return json_response({"ok": True})

    async def add_fault(request: Request) -> Response:
        sandbox.faults.add(msgspec.json.decode(await request.body(), type=Fault))
        return json_response({"ok": True, "faults": sandbox.faults.active()})

    async def clear_faults(request: Request) -> Response:
        sandbox.faults.clear()
        return json_response({"ok": True, "faults": []})

    async def list_requests(request: Request) -> Response:
        since_ms = int(float(request.query_params.get("since", "0")))
        target = request.query_params.get("target")
        return json_response({"requests": sandbox.requests.to_json(target, since_ms)})

    return [
        Route("/state", refusing_bad_input(state), methods=["GET"]),
        Route("/reset", refusing_bad_input(reset), methods=["POST"]),
        Route("/faults", refusing_bad_input(add_fault), methods=["POST"]),
        Route("/faults", refusing_bad_input(clear_faults), methods=["DELETE"]),
        Route("/requests", refusing_bad_input(list_requests), methods=["GET"]),
    ]
