"""The middleware that logs each request and breaks those that a fault matches, in the target's own words."""

import asyncio
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scripts.sandbox.faults import TARGETS, Fault, FaultTable
from scripts.sandbox.requests import RequestLog

TIMEOUT_SECONDS_DEFAULT = 60.0
LATENCY_MS_DEFAULT = 2_000.0
ENDLESS_MEGABYTES_DEFAULT = 500
HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    "<body><h1>Service temporarily unavailable</h1><p>Ray ID: 8f0000000000</p></body></html>"
)
RenderFault = Callable[[Fault], Response]
"""Answers `status`, `rate_limit` and `geo` in the shape the target itself would use."""


async def read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(chunks)


def replay_body(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever the server says (a disconnect)."""
    served = False

    async def receive_again() -> Message:
        nonlocal served
        if served:
            return await receive()
        served = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def sever(scope: Scope, error: type[httpx.TransportError]) -> None:
    """Close the connection without an answer; in process, where there is none, speak as a client's transport would."""
    transport: asyncio.Transport | None = scope.get("state", {}).get("transport")
    if transport is None:
        raise error("connection closed by the sandbox")
    if transport.is_closing():
        return
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None:
        # Linger 0 makes the kernel send RST instead of FIN, as a crashed peer does.
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    # The server learns of the cut in the loop's next rounds; answering nothing before that would look like a mistake.
    await asyncio.sleep(0.01)


class FaultMiddleware:
    def __init__(
        self, app: ASGIApp, faults: FaultTable, requests: RequestLog, renderers: dict[str, RenderFault]
    ) -> None:
        self._app = app
        self._faults = faults
        self._requests = requests
        self._renderers = renderers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        segments = scope["path"].split("/", 2) if scope["type"] == "http" else []
        if len(segments) < 2 or segments[1] not in TARGETS:
            await self._app(scope, receive, send)
            return
        target = segments[1]
        path = "/" + (segments[2] if len(segments) > 2 else "")
        body = await read_body(receive)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        self._requests.record(target, scope["method"], path, query, headers, body)
        fault = self._faults.match(target, path)
        again = replay_body(body, receive)
        if fault is None:
            await self._app(scope, again, send)
        else:
            await self._break(fault, scope, again, send)

    async def _break(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case "latency":
                await asyncio.sleep((LATENCY_MS_DEFAULT if fault.value is None else fault.value) / 1000)
                await self._app(scope, receive, send)
            case "timeout":
                if "transport" in scope.get("state", {}):
                    await asyncio.sleep(TIMEOUT_SECONDS_DEFAULT if fault.value is None else fault.value)
                await sever(scope, httpx.ReadTimeout)
            case "reset":
                await sever(scope, httpx.ReadError)
            case "html":
                await HTMLResponse(HTML_PAGE, int(fault.value or 503))(scope, receive, send)
            case "endless":
                await StreamingResponse(
                    swell(int(fault.value or ENDLESS_MEGABYTES_DEFAULT)),
                    headers={"content-type": "application/json", "content-encoding": "gzip"},
                )(scope, receive, send)
            case "malformed":
                await self._app(scope, receive, truncating(send))
            case "status" | "rate_limit" | "geo":
                await self._renderers[fault.target](fault)(scope, receive, send)


def swell(megabytes: int) -> Iterator[bytes]:
    """A list that does not close, compressed to a thousandth of its length."""
    packed = zlib.compressobj(wbits=31)
    yield packed.compress(b"[")
    for _ in range(megabytes):
        yield packed.compress(b"0," * 500_000)
    yield packed.flush()


def truncating(send: Send) -> Send:
    """Cut the body of an answer in half, so that it is no longer JSON but carries the headers of a good one."""
    start: dict[str, Any] = {}
    chunks: list[bytes] = []

    async def send_half(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
            return
        chunks.append(message.get("body", b""))
        if message.get("more_body", False):
            return
        body = b"".join(chunks)
        half = body[: max(1, len(body) // 2)]
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        headers = [*kept, (b"content-length", str(len(half)).encode())]
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": half})

    return send_half
