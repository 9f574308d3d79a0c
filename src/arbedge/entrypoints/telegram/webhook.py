"""The webhook: lets Telegram in and nobody else, makes every update act once, and answers 200 to whatever is authentic.

An update that is refused is sent again and holds back that person's later ones, so a handler's failure is recorded
and told to the person, never answered with an error.
"""

import asyncio
import hashlib
import hmac
import logging
import traceback
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from arbedge.app.services import Services
from arbedge.entrypoints.telegram.router import find_chat, route
from arbedge.entrypoints.telegram.screens import notices
from arbedge.entrypoints.telegram.wire import NotAnUpdate, Update, parse_update
from arbedge.errors import ArbEdgeError, MessengerError, StoreUnavailable
from arbedge.limits import WEBHOOK_BODY_BYTES_MAX

_log = logging.getLogger(__name__)

SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
RETRY_AFTER_S: Final = 5
_BEGIN_WAITS_S: Final = (0.05, 0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What goes back over HTTP. The body is always empty: Telegram would execute a body that names a method."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


_UNAVAILABLE: Final = WebhookAnswer(503, {"Retry-After": str(RETRY_AFTER_S)})


async def handle_webhook(services: Services, headers: Mapping[str, str], body: AsyncIterable[bytes]) -> WebhookAnswer:
    """Takes one request. `body` is read only from a caller who knows the secret, and never beyond the limit.

    `headers.items()` may repeat a name; a repeated secret is refused.
    """
    lines = [(name.lower(), value) for name, value in headers.items()]
    if not _is_telegram(services, [value for name, value in lines if name == SECRET_HEADER]):
        return WebhookAnswer(401)
    if any(name == "content-length" and not _fits(value) for name, value in lines):
        return WebhookAnswer(413)
    content = await _read(body)
    if content is None:
        return WebhookAnswer(413)
    try:
        update = parse_update(content)
    except NotAnUpdate:
        return WebhookAnswer(400)
    return await _take(services, update)


def _is_telegram(services: Services, given: list[str]) -> bool:
    """Compares in constant time, on bytes, so that no header value can make the comparison itself fail."""
    wanted = services.settings.telegram_webhook_secret.encode()
    value = given[0].encode("utf-8", "surrogatepass") if given else b""
    return hmac.compare_digest(value, wanted) and len(given) == 1 and bool(wanted)


def _fits(content_length: str) -> bool:
    return not content_length.isdecimal() or (
        len(content_length) <= len(str(WEBHOOK_BODY_BYTES_MAX)) and int(content_length) <= WEBHOOK_BODY_BYTES_MAX
    )


async def _read(body: AsyncIterable[bytes]) -> bytes | None:
    """The whole body, or None as soon as it is too long, whatever its length was said to be."""
    content = bytearray()
    async for chunk in body:
        content += chunk
        if len(content) > WEBHOOK_BODY_BYTES_MAX:
            return None
    return bytes(content)


async def _take(services: Services, update: Update) -> WebhookAnswer:
    now = services.clock.now_ms()
    try:
        is_new = await _begin(services, update.id, now)
    except StoreUnavailable:
        return _UNAVAILABLE  # nothing has been done yet, so sending it again is safe and helps
    if not is_new:
        return WebhookAnswer(200)
    error: str | None = None
    try:
        await route(services, update, now)
    except Exception as failure:  # noqa: BLE001 - whatever it is, the next update of this person must get through
        error = failure.code if isinstance(failure, ArbEdgeError) else type(failure).__name__
        await _report(services, update, failure, error)
    await services.chronicle.flush()
    try:
        await services.updates.finish(update.id, error, services.clock.now_ms())
    except StoreUnavailable:
        _log.warning("update_not_finished", extra={"update_id": update.id})
    return WebhookAnswer(200)


async def _begin(services: Services, update_id: int, now: int) -> bool:
    """Whether this update is to be handled. A little patience sees most hiccups, and most twins of it, through."""
    for wait_s in _BEGIN_WAITS_S:
        try:
            return await services.updates.begin(update_id, now)
        except StoreUnavailable:
            await asyncio.sleep(wait_s)
    return await services.updates.begin(update_id, now)


async def _report(services: Services, update: Update, failure: Exception, error: str) -> None:
    """Logs where it broke, without any content, and tells the person under a reference they can quote."""
    reference = make_reference(update.id)
    stack = traceback.extract_tb(failure.__traceback__)[-6:]
    frames = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in stack]
    _log.error(
        "update_failed",
        extra={"update_id": update.id, "ref": reference, "kind": update.kind, "error": error, "frames": frames},
    )
    chat_id = find_chat(update)
    if chat_id is None:
        return
    try:
        await services.messenger.send(chat_id, notices.render_broken(reference))
    except MessengerError as unsent:
        _log.warning("failure_not_told", extra={"update_id": update.id, "ref": reference, "error": unsent.code})


def make_reference(update_id: int) -> str:
    """Four characters that lead from a person's message to the log line."""
    return hashlib.sha256(str(update_id).encode()).hexdigest()[:4].upper()
