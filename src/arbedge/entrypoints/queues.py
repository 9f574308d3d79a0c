"""Queue consumers: decode, call one use case, then acknowledge each message by its own outcome.

| outcome                                   | message                                         |
| done, or nothing left to do               | acknowledged                                    |
| not understood (version, kind, shape)     | recorded as a dead letter, then acknowledged    |
| the store is down, or the use case failed | brought again, as often as `wrangler.toml` says |
| given up by the platform                  | its dead-letter queue records it                |
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from arbedge.app.deliver import RenderAlert, deliver, retry_delay_s
from arbedge.app.distribute import distribute, tell_outcome
from arbedge.app.services import Services
from arbedge.errors import ArbEdgeError, MessageInvalid
from arbedge.ports.lake.event_records import EventRecord
from arbedge.ports.lake.lines import decode_event
from arbedge.ports.queues import Announce, Deliver, Happened, Recount

log = logging.getLogger(__name__)

DEAD_LETTER_SUFFIX = "-dlq"
EVENTS_QUEUE = "events"
RETRY_DELAY_S_MAX = 43_200  # the platform refuses a longer one, and a refused retry would repeat the whole batch
SENDS_AT_ONCE = 5  # within a batch; the platform allows six connections

Decode = Callable[[Any], Announce | Recount | Deliver | Happened]


class QueueMessage(Protocol):
    """A message as the runtime hands it over."""

    id: str
    timestamp: datetime
    attempts: int
    body: Any

    def ack(self) -> None: ...

    def retry(self, *, delaySeconds: int) -> None: ...  # noqa: N803 - the platform's name


class QueueBatch(Protocol):
    queue: str
    messages: list[Any]


async def consume(services: Services, batch: QueueBatch, decode: Decode, render: RenderAlert) -> None:
    """Handles a batch. Every message is acknowledged or retried on its own, whatever the others do."""
    if batch.queue == EVENTS_QUEUE:
        await _keep_events(services, batch, decode)
        return
    slots = asyncio.Semaphore(SENDS_AT_ONCE)
    is_dead = batch.queue.endswith(DEAD_LETTER_SUFFIX)

    async def handle(message: QueueMessage) -> None:
        async with slots:
            if is_dead:
                await _bury(services, batch.queue, message, "given up after all attempts")
            else:
                await _handle(services, batch.queue, message, decode, render)

    await asyncio.gather(*(handle(message) for message in batch.messages))


async def _handle(services: Services, queue: str, message: QueueMessage, decode: Decode, render: RenderAlert) -> None:
    delay_s: int | None = None
    try:
        match decode(message.body):
            case Announce() as announcement:
                await distribute(services, announcement)
            case Recount() as recount:
                await tell_outcome(services, recount)
            case Deliver() as delivery:
                delay_s = await deliver(services, delivery, render)
            case Happened():
                await _bury(services, queue, message, "records for the lake, and this is not their queue")
                return
    except MessageInvalid as error:
        await _bury(services, queue, message, str(error))
        return
    except Exception as error:
        code = error.code if isinstance(error, ArbEdgeError) else type(error).__name__
        log.exception("message failed", extra={"queue": queue, "attempts": message.attempts, "error": code})
        delay_s = retry_delay_s(message.attempts - 1)
    if delay_s is None:
        message.ack()
    else:
        message.retry(delaySeconds=min(delay_s, RETRY_DELAY_S_MAX))


async def _keep_events(services: Services, batch: QueueBatch, decode: Decode) -> None:
    """Keeps all records of a batch at once: it is one write, and the same write when the batch comes again."""
    readable: list[QueueMessage] = []
    events: list[EventRecord] = []
    for message in batch.messages:
        try:
            events += _read_events(decode(message.body))
        except MessageInvalid as error:
            await _bury(services, batch.queue, message, str(error))
        else:
            readable.append(message)
    if not readable:
        return
    try:
        await services.events.append_events(events)
    except Exception as error:
        code = error.code if isinstance(error, ArbEdgeError) else type(error).__name__
        log.exception("events not kept", extra={"queue": batch.queue, "events": len(events), "error": code})
        for message in readable:
            message.retry(delaySeconds=min(retry_delay_s(message.attempts), RETRY_DELAY_S_MAX))
        return
    for message in readable:
        message.ack()


def _read_events(message: Announce | Recount | Deliver | Happened) -> list[EventRecord]:
    if not isinstance(message, Happened):
        raise MessageInvalid("the message is not for the lake")
    try:
        return [decode_event(bytes(record)) for record in message.records]
    except ValueError as error:
        raise MessageInvalid(str(error)) from None


async def _bury(services: Services, queue: str, message: QueueMessage, error: str) -> None:
    """Keeps a message nobody will handle where an admin sees it. It is only let go once it is recorded."""
    body = message.body if isinstance(message.body, str) else repr(message.body)
    try:
        await services.dead_letters.record(queue, message.id, body, error, message.attempts, services.clock.now_ms())
    except ArbEdgeError:
        message.retry(delaySeconds=retry_delay_s(message.attempts))
        return
    log.error("dead letter", extra={"queue": queue, "message_id": message.id})
    message.ack()
