"""The Worker's requests and responses in plain Python, and the bridge to an ASGI application."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from workers import Response, asgi


async def stream_body(request: Any) -> AsyncIterator[bytes]:
    """The body chunk by chunk, so that a reader may stop before it has taken in too much."""
    body = request.js_object.body
    if not body:
        return
    reader = body.getReader()
    while not (chunk := await reader.read()).done:
        yield chunk.value.to_bytes()


def has_body(request: Any) -> bool:
    """Whatever the method is: one that usually has none may bring one."""
    return bool(request.js_object.body)


def make_response(status: int, headers: Mapping[str, str], body: bytes) -> Any:
    return Response(body or None, status=status, headers=dict(headers))


def watch_caller(request: Any) -> Callable[[], bool]:
    """Says whether the caller has gone away. The platform would let the work for them go on for half a minute."""
    signal = request.js_object.signal
    return lambda: bool(signal.aborted)


async def serve(app: Any, request: Any, env: Any) -> Any:
    """Answers with an ASGI application."""
    return await asgi.fetch(app, request, env)
