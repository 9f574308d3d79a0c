"""How a request finds what serves it: the ports of its own event, carried in the ASGI scope.

The application is built once; whatever can do I/O belongs to one event and leaves with it.
"""

from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from arbedge.app.services import Services
from arbedge.ports.flood import FloodGate

_SERVICES: Final = "arbedge.services"
_FLOOD: Final = "arbedge.flood"


def bind(api: ASGIApp, services: Services, flood: FloodGate) -> ASGIApp:
    """The application for one event. It has no lifespan of its own: there is nothing to start or stop."""

    async def bound(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await api({**scope, _SERVICES: services, _FLOOD: flood}, receive, send)

    return bound


async def get_services(request: Request) -> Services:
    return request.scope[_SERVICES]


def get_flood_gate(request: Request) -> FloodGate:
    return request.scope[_FLOOD]


Ports = Annotated[Services, Depends(get_services)]
