"""The producer's side of a queue: what `self.env.<QUEUE>` gives, with production's limits."""

from typing import TYPE_CHECKING, Any

from tests.miniflare_shim.conversion import JsDict, options_of
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.queue_messages import DELAY_S_MAX, encode

if TYPE_CHECKING:
    from tests.miniflare_shim.queue_broker import QueueBroker

MESSAGE_BYTES_MAX = 128_000
BATCH_MESSAGES_MAX = 100
BATCH_BYTES_MAX = 256_000


class QueueProducer:
    """The binding."""

    def __init__(self, broker: "QueueBroker", queue: str, *, binding: str, delivery_delay_s: float) -> None:
        self._broker = broker
        self._queue = queue
        self._binding = binding
        self._delivery_delay_s = delivery_delay_s

    async def send(self, body: Any, options: dict[str, Any] | None = None, **named: Any) -> JsDict:
        asked = options_of(options, named)
        content_type = asked.get("contentType", "json")
        payload, size = encode(body, content_type)
        async with self._broker.faults.around(self._binding, "send", "Queue send failed: "):
            if size > MESSAGE_BYTES_MAX:
                words = f"message length of {size} bytes exceeds limit of {MESSAGE_BYTES_MAX}"
                raise JsError(f"Queue send failed: {words}")
            delay_s = _delay(asked.get("delaySeconds"), self._delivery_delay_s)
            self._broker.put(self._queue, content_type, payload, size, delay_s)
            return self._sent()

    async def sendBatch(self, messages: list[dict[str, Any]], options: Any = None, **named: Any) -> JsDict:  # noqa: N802
        if not isinstance(messages, list):
            raise TypeError(f"{type(messages)} cannot be sent over RPC.")
        if not messages:
            raise JsError("sendBatch() requires at least one message", name="TypeError")
        asked = options_of(options, named)
        encoded: list[tuple[str, Any, int, Any]] = []
        for message in messages:
            content_type = message.get("contentType") or "json"
            payload, size = encode(message["body"], content_type)
            encoded.append((content_type, payload, size, message.get("delaySeconds")))
        async with self._broker.faults.around(self._binding, "sendBatch", "Queue sendBatch failed: "):
            _check_batch([size for _, _, size, _ in encoded])
            whole_s = _delay(asked.get("delaySeconds"), self._delivery_delay_s)
            delays_s = [_delay(delay, whole_s) for *_, delay in encoded]
            for (content_type, payload, size, _), delay_s in zip(encoded, delays_s, strict=True):
                self._broker.put(self._queue, content_type, payload, size, delay_s)
            return self._sent()

    async def metrics(self) -> JsDict:
        return self._broker.metrics(self._queue)

    def _sent(self) -> JsDict:
        return JsDict(metadata=JsDict(metrics=self._broker.metrics(self._queue)))


def _check_batch(sizes: list[int]) -> None:
    if len(sizes) > BATCH_MESSAGES_MAX:
        words = f"batch message count of {len(sizes)} exceeds limit of {BATCH_MESSAGES_MAX}"
        raise JsError(f"Queue sendBatch failed: {words}")
    if max(sizes) > MESSAGE_BYTES_MAX:
        words = f"message in batch has length {max(sizes)} bytes which exceeds single message size limit of {MESSAGE_BYTES_MAX}"
        raise JsError(f"Queue sendBatch failed: {words}")
    if sum(sizes) > BATCH_BYTES_MAX:
        raise JsError(f"Queue sendBatch failed: batch size of {sum(sizes)} bytes exceeds limit of {BATCH_BYTES_MAX}")


def _delay(asked: Any, otherwise: float) -> float:
    if asked is None:
        return otherwise
    if not 0 <= asked <= DELAY_S_MAX:
        raise JsError(f"Queue send failed: message delay {asked} is invalid")
    return asked
