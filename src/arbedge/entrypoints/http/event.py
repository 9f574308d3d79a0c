"""How a request finds what serves it: the ports of its own event, carried in the ASGI scope.

The application is built once; whatever can do I/O belongs to one event and leaves with it.
"""

from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from arbedge.app.services import Services

_SERVICES: Final = "arbedge.services"


def bind(api: ASGIApp, services: Services) -> ASGIApp:
    """The application for one event. It has no lifespan of its own: there is nothing to start or stop."""

    async def bound(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await api({**scope, _SERVICES: services}, receive, send)

    return bound


async def get_services(request: Request) -> Services:
    return request.scope[_SERVICES]


Ports = Annotated[Services, Depends(get_services)]
