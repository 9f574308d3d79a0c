"""What a Durable Object is given: its id, its storage, and ways to hold events back or to end itself."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from tests.miniflare_shim.durable_storage import DurableStorage
from tests.miniflare_shim.faults import Faults


class DurableObjectAbort(BaseException):
    """`ctx.abort()`: the object stops here and is built anew at the next event."""


@dataclass(frozen=True, slots=True)
class DurableObjectId:
    text: str
    name: str | None

    def __str__(self) -> str:
        return self.text

    def toString(self) -> str:  # noqa: N802
        return self.text


class DurableObjectContext:
    """`self.ctx` of an object; lives as long as the namespace, while instances come and go."""

    def __init__(self, object_id: DurableObjectId, faults: Faults, namespace: str) -> None:
        self.id = object_id
        self.storage = DurableStorage(faults, namespace)
        self.instance: Any = None
        self.turn = asyncio.Lock()
        self.gates: list[asyncio.Task[Any]] = []
        self.background: set[asyncio.Task[Any]] = set()
        self.alarm_retries = 0

    @property
    def alarm_due_ms(self) -> int | None:
        return self.storage.alarm_ms if self.storage.alarm_ms is not None else self.storage.alarm_retry_ms

    def waitUntil(self, work: Awaitable[Any]) -> None:  # noqa: N802
        task = asyncio.ensure_future(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    def blockConcurrencyWhile(self, work: Callable[[], Awaitable[Any]]) -> asyncio.Task[Any]:  # noqa: N802
        """Holds events back until `work()` is done; may be awaited or, in a constructor, not."""

        async def run() -> Any:
            return await work()

        task = asyncio.ensure_future(run())
        self.gates.append(task)
        return task

    async def pass_gates(self) -> None:
        while self.gates:
            gate = self.gates[0]
            try:
                await gate
            finally:
                if gate in self.gates:
                    self.gates.remove(gate)

    def abort(self, reason: str | None = None) -> NoReturn:
        raise DurableObjectAbort(reason or "Durable Object abort requested")
