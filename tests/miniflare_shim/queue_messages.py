"""What a queue consumer receives: a batch of messages, each acknowledged or retried on its own."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from tests.miniflare_shim.conversion import naive_utc, options_of, to_js, to_json_text, to_python
from tests.miniflare_shim.errors import JsError

CONTENT_TYPES = ("json", "text", "bytes", "v8")
DELAY_S_MAX = 86_400


@dataclass(slots=True)
class Stored:
    """A message as the broker keeps it."""

    id: str
    sent_ms: int
    due_ms: int
    content_type: str
    payload: Any
    size_bytes: int
    failed_attempts: int = 0


def encode(body: Any, content_type: str) -> tuple[Any, int]:
    """The payload to keep and its size; raises what the producer would."""
    if content_type not in CONTENT_TYPES:
        raise JsError(f"Unsupported queue message content type: {content_type}", name="TypeError")
    value = to_js(body)
    if content_type == "text":
        if not isinstance(value, str):
            raise JsError('Content Type "text" requires a value of type string', name="TypeError")
        return value, len(value.encode())
    if content_type == "bytes":
        if not isinstance(value, bytes):
            raise JsError('Content Type "bytes" requires a value of type ArrayBufferView', name="TypeError")
        return value, len(value)
    text = to_json_text(value) if content_type == "json" else None
    return (text if text is not None else value), len((text if text is not None else repr(value)).encode())


class Message:
    """One message of one delivery. The first of `ack` and `retry` wins."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self.outcome: str | None = None
        self.delay_s: float | None = None

    @property
    def id(self) -> str:
        return self._stored.id

    @property
    def timestamp(self) -> dt.datetime:
        return naive_utc(self._stored.sent_ms)

    @property
    def attempts(self) -> int:
        return self._stored.failed_attempts + 1

    @property
    def body(self) -> Any:
        payload = self._stored.payload
        return to_python(json.loads(payload) if self._stored.content_type == "json" else payload)

    def ack(self) -> None:
        self.outcome = self.outcome or "ack"

    def retry(self, options: dict[str, Any] | None = None, **named: Any) -> None:
        if self.outcome is None:
            self.outcome = "retry"
            self.delay_s = options_of(options, named).get("delaySeconds")


class MessageBatch:
    """What the consumer's `queue(batch)` receives. `ackAll` and `retryAll` settle what was not settled one by one."""

    def __init__(self, queue: str, messages: list[Message]) -> None:
        self.queue = queue
        self.messages = messages

    def ackAll(self) -> None:  # noqa: N802
        for message in self.messages:
            message.ack()

    def retryAll(self, options: dict[str, Any] | None = None, **named: Any) -> None:  # noqa: N802
        for message in self.messages:
            message.retry(options, **named)
