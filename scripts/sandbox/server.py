"""Serves a sandbox over real HTTP; gives the application its connection, so that a fault can cut it."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from scripts.sandbox.app import Sandbox


class SeverableProtocol(H11Protocol):
    """Each request's `scope["state"]["transport"]` is the connection it came by."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state: dict[str, Any] = {**self.app_state, "transport": transport}
        super().connection_made(transport)


def uvicorn_server(sandbox: Sandbox, host: str, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        sandbox.app,
        host=host,
        port=port,
        http=SeverableProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
