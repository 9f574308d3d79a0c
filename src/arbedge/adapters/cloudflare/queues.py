"""Queues: messages as JSON text, packed into as few calls as the platform's limits allow."""

from collections.abc import Iterator, Sequence
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from arbedge.adapters.cloudflare.bindings import QueueProducer
from arbedge.adapters.cloudflare.failure import explain
from arbedge.errors import MessageInvalid, StoreUnavailable
from arbedge.limits import QUEUE_BATCH_MAX, QUEUE_MESSAGE_BYTES_MAX
from arbedge.ports.queues import MESSAGE_VERSION, Announce, Deliver, Happened, Recount

BATCH_BYTES_MAX: Final = 256_000
METADATA_BYTES: Final = 100  # what the platform adds to each message

M_contra = TypeVar("M_contra", bound=Struct, contravariant=True)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Announce | Recount | Deliver | Happened)


class BindingQueue(Generic[M_contra]):
    """`Queue` on a producer binding. Raises `StoreUnavailable` when it fails: some messages may have been taken."""

    def __init__(self, binding: QueueProducer) -> None:
        self._binding = binding

    async def send(self, messages: Sequence[M_contra]) -> None:
        for batch in _batches([_encoder.encode(message) for message in messages]):
            try:
                await self._binding.sendBatch([{"body": body, "contentType": "text"} for body in batch])
            except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
                raise StoreUnavailable(f"queue: {explain(error)}") from None


def decode_message(body: object) -> Announce | Recount | Deliver | Happened:
    """The message in a queue's body. Raises `MessageInvalid` for anything this version did not write."""
    if not isinstance(body, str):
        raise MessageInvalid("the body is not text")
    try:
        message = _decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MessageInvalid(f"the body is no message of version {MESSAGE_VERSION}: {error}") from None
    if message.v != MESSAGE_VERSION:
        raise MessageInvalid(f"the message's version is not {MESSAGE_VERSION}")
    return message


def _batches(encoded: Sequence[bytes]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in encoded:
        if len(body) + METADATA_BYTES > QUEUE_MESSAGE_BYTES_MAX:
            raise MessageInvalid("the message is larger than the queue takes")
        if len(batch) == QUEUE_BATCH_MAX or size + len(body) + METADATA_BYTES > BATCH_BYTES_MAX:
            yield batch
            batch, size = [], 0
        batch.append(body.decode())
        size += len(body) + METADATA_BYTES
    if batch:
        yield batch
