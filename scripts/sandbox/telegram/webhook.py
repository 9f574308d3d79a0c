"""Where updates go and in which order: one queue per chat or person, redelivery with back-off until an update expires,
and the settings `setWebhook` changes."""

import asyncio
import contextlib
import itertools
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from scripts.sandbox.clock import Clock
from scripts.sandbox.telegram.delivery import Courier, Delivered, encode

GONE_MS = 23 * 3600 * 1000
"""A webhook that answers 410 for so long is removed."""
LIFE_S = {
    "callback_query": 150,
    "shipping_query": 150,
    "pre_checkout_query": 150,
    "inline_query": 30,
    "chosen_inline_result": 600,
}
LIFE_S_DEFAULT = 24 * 3600
OPT_IN = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Left out unless asked for by name."""
CONNECTIONS_DEFAULT = 40
UPDATES_PER_S = 4
"""Update ids start from the clock, so that they rise over restarts too: the Worker remembers what it has seen."""
EPOCH_S = 1_600_000_000

Execute = Callable[[str, dict[str, Any]], Awaitable[None]]
QueueKey = tuple[str, int]


def update_type(update: dict[str, Any]) -> str:
    return next((key for key in update if key != "update_id"), "")


def queue_key(update: dict[str, Any]) -> QueueKey:
    """Messages and edits wait per chat, queries and memberships per person: order holds within a queue only."""
    kind = update_type(update)
    body = update.get(kind)
    body = body if isinstance(body, dict) else {}
    sender = body.get("from", body.get("user", {})).get("id", 0)
    chat = body.get("chat", {}).get("id", 0)
    if kind in ("callback_query", "inline_query", "chosen_inline_result", "chat_member", "subscription"):
        return kind, sender
    if kind in ("shipping_query", "pre_checkout_query"):
        return "checkout", sender
    return ("membership" if kind == "my_chat_member" else "messages"), chat


@dataclass(slots=True)
class _Pending:
    update: dict[str, Any]
    expires_ms: int
    failures: int = 0


@dataclass(slots=True)
class _Queue:
    waiting: deque[_Pending] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None

    @property
    def at_work(self) -> bool:
        return self.task is not None and not self.task.done()

    def stop(self) -> None:
        if self.task is not None:
            with contextlib.suppress(RuntimeError):  # The loop it ran in may be closed already.
                self.task.cancel()
        self.task = None


class Webhook:
    """`retry_scale` shortens every wait between redeliveries, for tests that will not wait for minutes."""

    def __init__(self, clock: Clock, worker_url: str, secret: str) -> None:
        self._clock = clock
        self._worker_url = worker_url.rstrip("/")
        self._standing_secret = secret
        self._courier = Courier()
        self._random = random.Random(7)
        self._queues: dict[QueueKey, _Queue] = {}
        self._update_ids = itertools.count(max(1, (clock.now_ms() // 1000 - EPOCH_S) * UPDATES_PER_S))
        self.retry_scale = 1.0
        self.execute: Execute | None = None
        self.reset()

    def reset(self) -> None:
        """The sandbox starts with the webhook already pointing at its Worker."""
        self.drop_pending()
        self._gone_since_ms: int | None = None
        self._last_error: tuple[int, str] | None = None
        self.allowed_updates: list[str] = []
        self.set(f"{self._worker_url}/webhook/telegram", self._standing_secret, CONNECTIONS_DEFAULT, None)

    def is_worker(self, url: str) -> bool:
        return url == self._worker_url or url.startswith(f"{self._worker_url}/")

    def set(self, url: str, secret: str, max_connections: int, allowed_updates: list[str] | None) -> None:
        """`allowed_updates` None keeps the list that was set before, an empty one means the default."""
        self.url = url
        self.secret = secret
        self.max_connections = max_connections
        if allowed_updates is not None:
            self.allowed_updates = allowed_updates
        self._connections = asyncio.Semaphore(max_connections)
        for key in self._queues:
            self._restart(key)

    def remove(self) -> None:
        self.url = ""
        for queue in self._queues.values():
            queue.stop()

    def deliver_through(self, transport: httpx.AsyncBaseTransport | None, *, retry_scale: float | None = None) -> None:
        """Sends updates into an application of this process, say `httpx.ASGITransport(app)`, past the network."""
        self._courier.use(transport)
        if retry_scale is not None:
            self.retry_scale = retry_scale

    def info(self) -> dict[str, Any]:
        info: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": sum(len(queue.waiting) for queue in self._queues.values()),
        }
        if self._last_error:
            info["last_error_date"], info["last_error_message"] = self._last_error
        if self.url:
            info["max_connections"] = self.max_connections
        if self.allowed_updates:
            info["allowed_updates"] = self.allowed_updates
        return info

    def next_update_id(self) -> int:
        return next(self._update_ids)

    def submit(self, update: dict[str, Any]) -> bool:
        """Queues an update; False when the webhook did not ask for its kind. Call it inside the running loop."""
        kind = update_type(update)
        wanted = kind in self.allowed_updates if self.allowed_updates else kind not in OPT_IN
        if not wanted:
            return False
        key = queue_key(update)
        queue = self._queues.setdefault(key, _Queue())
        life_s = LIFE_S.get(kind, LIFE_S_DEFAULT)
        queue.waiting.append(_Pending(update, self._clock.now_ms() + life_s * 1000))
        if not queue.at_work:
            self._restart(key)
        return True

    def drop_pending(self) -> None:
        for queue in self._queues.values():
            queue.stop()
        self._queues.clear()

    def take_pending(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """For `getUpdates`: forgets what is below `offset`, shows the rest in order."""
        for queue in self._queues.values():
            queue.waiting = deque(p for p in queue.waiting if p.update["update_id"] >= offset)
        waiting = [p.update for queue in self._queues.values() for p in queue.waiting]
        return sorted(waiting, key=lambda update: update["update_id"])[:limit]

    async def settle(self, timeout_s: float = 5.0) -> None:
        """Waits until every queue is empty; raises TimeoutError when some update keeps failing."""
        async with asyncio.timeout(timeout_s):
            while tasks := [queue.task for queue in self._queues.values() if queue.task and queue.at_work]:
                await asyncio.wait(tasks)

    async def aclose(self) -> None:
        self.drop_pending()
        await self._courier.aclose()

    def _restart(self, key: QueueKey) -> None:
        """A new webhook is tried at once, whatever the waits for the old one were."""
        queue = self._queues[key]
        queue.stop()
        if self.url and queue.waiting:
            queue.task = asyncio.get_running_loop().create_task(self._work(key, queue))

    async def _work(self, key: QueueKey, queue: _Queue) -> None:
        """Delivers from the head; while the head fails, the rest of this queue waits behind it."""
        while queue.waiting:
            pending = queue.waiting[0]
            if self._clock.now_ms() >= pending.expires_ms:
                queue.waiting.popleft()
                continue
            async with self._connections:
                answer = await self.post(encode(pending.update))
            if answer.ok:
                queue.waiting.popleft()
                continue
            pending.failures += 1
            await asyncio.sleep(self._wait_s(pending.failures, answer) * self.retry_scale)
        if self._queues.get(key) is queue:
            del self._queues[key]

    def _wait_s(self, failures: int, answer: Delivered) -> float:
        """At once after the first failure, then 2, 4, 8 and so on, up to one or two minutes; `Retry-After` rules."""
        if answer.retry_after_s is not None:
            return answer.retry_after_s
        if failures == 1:
            return 0.0
        return min(2.0 ** (failures - 1), self._random.uniform(60, 120))

    async def post(
        self, body: bytes, content_type: str = "application/json", headers: Mapping[str, str | None] | None = None
    ) -> Delivered:
        """Delivers once, now, past all queues, and executes a call that comes back in the answer."""
        # A public address stands for this Worker here, so only its path is kept.
        own = self.is_worker(self.url)
        address = self.url if own else self._worker_url + (urlsplit(self.url).path or "/")
        answer = await self._courier.carry(address, self.secret, body, content_type, headers)
        self._note(answer)
        if answer.reply is not None and self.execute is not None:
            await self.execute(*answer.reply)
        return answer

    def _note(self, answer: Delivered) -> None:
        now_ms = self._clock.now_ms()
        if not answer.ok:
            self._last_error = (now_ms // 1000, answer.reason)
        if answer.status != 410:
            self._gone_since_ms = None
        elif self._gone_since_ms is None:
            self._gone_since_ms = now_ms
        elif now_ms - self._gone_since_ms >= GONE_MS:
            self.url = ""
