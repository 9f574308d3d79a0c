"""Queues: an at-least-once broker on the virtual clock, with delay, retry and dead letters, and chaos when asked for."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.conversion import JsDict, naive_utc
from tests.miniflare_shim.faults import Crashed, Faults
from tests.miniflare_shim.queue_messages import Message, MessageBatch, Stored
from tests.miniflare_shim.queue_producer import QueueProducer

RETENTION_MS = 4 * 86_400_000
DUPLICATE_AFTER_MS_MAX = 30_000
DELIVERIES_MAX = 100_000
Handler = Callable[[MessageBatch], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consumer:
    """The settings of `[[queues.consumers]]`, with production's defaults."""

    handler: Handler
    max_batch_size: int = 10
    max_batch_timeout_s: float = 5
    max_retries: int = 3
    dead_letter_queue: str | None = None
    retry_delay_s: float = 0


class QueueBroker:
    """All queues of one environment.

    `duplicate_probability` delivers a message again although it was acknowledged; `reorder` hands messages out in any
    order. Both draw from the seeded generator.
    """

    def __init__(self, *, clock: VirtualClock, faults: Faults, rng: random.Random) -> None:
        self.clock = clock
        self.faults = faults
        self.duplicate_probability = 0.0
        self.reorder = False
        self.failures: list[BaseException] = []
        self._rng = rng
        self._queues: dict[str, list[Stored]] = {}
        self._consumers: dict[str, Consumer] = {}

    def producer(self, queue: str, *, binding: str, delivery_delay_s: float = 0) -> QueueProducer:
        return QueueProducer(self, queue, binding=binding, delivery_delay_s=delivery_delay_s)

    def consume(self, queue: str, handler: Handler, **settings: Any) -> None:
        """Attaches the consumer of `queue`; the settings are the fields of `Consumer`."""
        self._consumers[queue] = Consumer(handler, **settings)

    def bodies(self, queue: str) -> list[Any]:
        """The bodies waiting in `queue`, oldest first, for a test to look at."""
        return [Message(stored).body for stored in self._waiting(queue)]

    def put(self, queue: str, content_type: str, payload: Any, size_bytes: int, delay_s: float) -> None:
        now = self.clock.now_ms()
        message_id = f"{self._rng.getrandbits(128):032x}"
        due_ms = now + int(delay_s * 1000)
        self._queues.setdefault(queue, []).append(Stored(message_id, now, due_ms, content_type, payload, size_bytes))

    def metrics(self, queue: str) -> JsDict:
        waiting = self._waiting(queue)
        metrics = JsDict(backlogCount=len(waiting), backlogBytes=sum(stored.size_bytes for stored in waiting))
        if waiting:
            metrics["oldestMessageTimestamp"] = naive_utc(min(stored.sent_ms for stored in waiting))
        return metrics

    def next_due_ms(self) -> int | None:
        """When the next batch of any consumed queue is to be delivered."""
        dues = [due for queue in self._consumers if (due := self._due_ms(queue)) is not None]
        return min(dues, default=None)

    async def run_due(self) -> bool:
        """Delivers at most one batch that is due now; whether there was one."""
        ready = [queue for queue in self._consumers if (due := self._due_ms(queue)) and due <= self.clock.now_ms()]
        if not ready:
            return False
        await self._deliver(self._rng.choice(ready) if self.reorder else ready[0])
        return True

    async def drain(self) -> None:
        """Lets time pass until no consumed queue holds a message, delayed and retried ones included."""
        for _ in range(DELIVERIES_MAX):
            due_ms = self.next_due_ms()
            if due_ms is None:
                return
            self.clock.move_to(due_ms)
            await self.run_due()
        raise AssertionError(f"queues still busy after {DELIVERIES_MAX} deliveries")

    async def advance(self, ms: int) -> None:
        """Lets `ms` pass, delivering what comes due on the way at the time it is due."""
        until_ms = self.clock.now_ms() + ms
        while (due_ms := self.next_due_ms()) is not None and due_ms <= until_ms:
            self.clock.move_to(due_ms)
            await self.run_due()
        self.clock.move_to(until_ms)

    def _waiting(self, queue: str) -> list[Stored]:
        oldest_ms = self.clock.now_ms() - RETENTION_MS
        kept = [stored for stored in self._queues.get(queue, []) if stored.sent_ms > oldest_ms]
        self._queues[queue] = kept
        return kept

    def _due_ms(self, queue: str) -> int | None:
        """A batch leaves when it is full, or when its oldest message has waited for the batch timeout."""
        consumer = self._consumers[queue]
        dues = sorted(stored.due_ms for stored in self._waiting(queue))
        if not dues:
            return None
        timeout_ms = dues[0] + int(consumer.max_batch_timeout_s * 1000)
        if len(dues) >= consumer.max_batch_size:
            return min(timeout_ms, dues[consumer.max_batch_size - 1])
        return timeout_ms

    async def _deliver(self, queue: str) -> None:
        consumer = self._consumers[queue]
        batch = self._take(queue, consumer.max_batch_size)
        messages = [Message(stored) for stored in batch]
        failed = False
        try:
            await consumer.handler(MessageBatch(queue, messages))
        except (Exception, Crashed) as error:  # noqa: BLE001 - the platform retries whatever the consumer raises
            self.failures.append(error)
            failed = True
        for stored, message in zip(batch, messages, strict=True):
            if message.outcome == "retry" or (failed and message.outcome is None):
                self._retry(queue, consumer, stored, message.delay_s)
            elif self.duplicate_probability and self._rng.random() < self.duplicate_probability:
                again_ms = self.clock.now_ms() + self._rng.randint(0, DUPLICATE_AFTER_MS_MAX)
                self._queues[queue].append(replace(stored, due_ms=again_ms))

    def _take(self, queue: str, most: int) -> list[Stored]:
        now = self.clock.now_ms()
        ready = [stored for stored in self._waiting(queue) if stored.due_ms <= now]
        if self.reorder:
            self._rng.shuffle(ready)
        else:
            ready.sort(key=lambda stored: stored.due_ms)
        batch = ready[:most]
        taken = {id(stored) for stored in batch}
        self._queues[queue] = [stored for stored in self._queues[queue] if id(stored) not in taken]
        return batch

    def _retry(self, queue: str, consumer: Consumer, stored: Stored, delay_s: float | None) -> None:
        now = self.clock.now_ms()
        failed = stored.failed_attempts + 1
        if failed <= consumer.max_retries:
            wait_s = consumer.retry_delay_s if delay_s is None else delay_s
            self._queues[queue].append(replace(stored, failed_attempts=failed, due_ms=now + int(wait_s * 1000)))
        elif consumer.dead_letter_queue is not None:
            letters = self._queues.setdefault(consumer.dead_letter_queue, [])
            letters.append(replace(stored, failed_attempts=0, due_ms=now))
