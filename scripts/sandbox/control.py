"""The control endpoints: look at the sandbox, break it, mend it, and ask what it was sent."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from scripts.sandbox.faults import Fault, FaultTable
from scripts.sandbox.market.universe import ExchangeName, MarketKind
from scripts.sandbox.requests import RequestLog


class MarketChoice(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is; `speed` 0 freezes all books where they are."""

    source: str | None = None
    seed: int | None = None
    speed: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 1.0


class ShiftOrder(msgspec.Struct, forbid_unknown_fields=True):
    """`symbol` is base/quote; `bps` above zero raises bids and asks."""

    exchange: ExchangeName
    market: MarketKind
    symbol: str
    bps: Annotated[float, msgspec.Meta(gt=-9_000, lt=100_000)]
    duration_s: Annotated[float, msgspec.Meta(gt=0)]


class Controlled(Protocol):
    faults: FaultTable
    requests: RequestLog

    def reset(self) -> None: ...
    def state(self) -> dict[str, Any]: ...
    def choose_market(self, source: str | None, seed: int | None, speed: float) -> None: ...
    def plant_steps(self) -> int: ...
    def shift(self, exchange: ExchangeName, kind: MarketKind, symbol: str, bps: float, duration_s: float) -> str: ...


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

    async def choose_market(request: Request) -> Response:
        choice = msgspec.json.decode(await request.body(), type=MarketChoice)
        sandbox.choose_market(choice.source, choice.seed, choice.speed)
        return json_response({"ok": True})

    async def shift_market(request: Request) -> Response:
        order = msgspec.json.decode(await request.body(), type=ShiftOrder)
        shifted = sandbox.shift(order.exchange, order.market, order.symbol, order.bps, order.duration_s)
        return json_response({"ok": True, "instrument": shifted})

    async def plant_steps(request: Request) -> Response:
        return json_response({"ok": True, "until": sandbox.plant_steps()})

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
        Route("/market", refusing_bad_input(choose_market), methods=["POST"]),
        Route("/market/shift", refusing_bad_input(shift_market), methods=["POST"]),
        Route("/market/steps", refusing_bad_input(plant_steps), methods=["POST"]),
        Route("/faults", refusing_bad_input(add_fault), methods=["POST"]),
        Route("/faults", refusing_bad_input(clear_faults), methods=["DELETE"]),
        Route("/requests", refusing_bad_input(list_requests), methods=["GET"]),
    ]
