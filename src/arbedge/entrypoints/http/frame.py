"""What happens around every request: its id, the headers of every answer, the body's bound, the last resort.

A plain ASGI layer, since it must see what the framework itself answers.
"""

import logging
import traceback
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arbedge.entrypoints.http.envelope import JSON, SECURITY_HEADERS, encode_failure
from arbedge.limits import API_BODY_BYTES_MAX

log = logging.getLogger(__name__)


class BodyTooLarge(Exception):
    """More bytes arrived than were announced or than any route accepts."""


def is_announced_too_large(headers: Headers) -> bool:
    length = headers.get("content-length", "")
    return length.isascii() and length.isdigit() and int(length[:20]) > API_BODY_BYTES_MAX


class Frame:
    """Wraps the application; the innermost layer that may not fail."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        request_id = scope["request_id"]
        is_head = scope["method"] == "HEAD"
        scope = {**scope, "method": "GET" if is_head else scope["method"], "is_head": is_head}
        answer = _Answer(send, request_id, is_head=is_head)
        if is_announced_too_large(headers):
            await answer.fail(413, "too_large", "The body is larger than this API accepts.")
            return
        try:
            await self._app(scope, _bound(receive), answer.send)
        except BodyTooLarge:
            await answer.fail(413, "too_large", "The body is larger than this API accepts.")
        except Exception as error:  # noqa: BLE001 - the last resort: whatever it was, the caller learns nothing of it
            _log_defect(error, scope, request_id)
            await answer.fail(500, "internal", "Something went wrong on our side; it has been recorded.")


class _Answer:
    """The answer on its way out: adds the headers every answer has, and knows whether it has begun."""

    def __init__(self, send: Send, request_id: str, *, is_head: bool) -> None:
        self._send = send
        self._request_id = request_id
        self._is_head = is_head
        self._has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._has_begun = True
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self._request_id
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        elif self._is_head:
            message = {**message, "body": b""}
        await self._send(message)

    async def fail(self, status: int, code: str, message: str) -> None:
        """Answers with a failure, unless an answer is already on its way: then the connection just ends."""
        if self._has_begun:
            return
        body = encode_failure(code, message, self._request_id)
        headers = [(b"content-type", JSON.encode()), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _bound(receive: Receive) -> Receive:
    """Counts what a body without a stated length really brings."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > API_BODY_BYTES_MAX:
            raise BodyTooLarge
        return message

    return counted


def _log_defect(error: Exception, scope: dict[str, Any], request_id: str) -> None:
    """Says what kind of error it was and where; its text may hold anything, so that stays out of the log."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error(
        "request failed: %s\n%s",
        type(error).__name__,
        places,
        extra={"request_id": request_id, "method": scope["method"], "path": scope["path"]},
    )
