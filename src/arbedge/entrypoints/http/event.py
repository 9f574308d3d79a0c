"""How a request finds what serves it: the ports of its own event, carried in the ASGI scope.

The application is built once; whatever can do I/O belongs to one event and leaves with it.
"""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from arbedge.app.services import Services
from arbedge.entrypoints.http.envelope import choose_request_id

_SERVICES: Final = "arbedge.services"
_IS_GONE: Final = "arbedge.is_gone"

IsGone = Callable[[], bool]
"""Whether the caller has gone away, so that nobody waits for the rest of an answer."""


def _stays() -> bool:
    return False


def bind(api: ASGIApp, services: Services, request_id: str | None = None, is_gone: IsGone = _stays) -> ASGIApp:
    """The application for one event. It has no lifespan of its own: there is nothing to start or stop.

    `request_id` is the id under which the event is logged; without one it is chosen from the request.
    """

    async def bound(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            chosen = request_id or choose_request_id(Headers(scope=scope).get("x-request-id"))
            await api({**scope, _SERVICES: services, _IS_GONE: is_gone, "request_id": chosen}, receive, send)

    return bound


async def get_services(request: Request) -> Services:
    return request.scope[_SERVICES]


Ports = Annotated[Services, Depends(get_services)]


def find_is_gone(scope: Scope) -> IsGone:
    return scope[_IS_GONE]
