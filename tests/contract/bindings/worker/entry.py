"""The Worker that runs the binding contract inside workerd: `/cases` lists the cases, `/run/<suite>/<name>` runs one."""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from suites import CASES, World
from suites.objects import Behaviour
from suites.queues import consume
from workers import DurableObject, Response, WorkerEntrypoint  # pyright: ignore[reportMissingImports]

SETTLE_S_MAX = 10
POLL_S = 0.02


def now_ms() -> int:
    return int(time.time() * 1000)


class LiveWorld(World):
    """The runtime's own bindings; time is real."""

    def now_ms(self) -> int:
        return now_ms()

    async def settle(self, reached: Callable[[], Awaitable[bool]]) -> None:
        deadline = now_ms() + SETTLE_S_MAX * 1000
        while not await reached():
            assert now_ms() < deadline, f"not settled within {SETTLE_S_MAX} s"
            await asyncio.sleep(POLL_S)


class ContractObject(Behaviour, DurableObject):
    """The object of the suite `objects`."""


class Default(WorkerEntrypoint):
    """Runs cases over HTTP, and consumes the queues that the suite `queues` fills."""

    async def fetch(self, request: Any) -> Any:
        path = urlsplit(request.url).path
        if path == "/cases":
            return Response.json(sorted(CASES))
        run = CASES.get(path.removeprefix("/run/"))
        if run is None:
            return Response.json({"passed": False, "detail": f"no case at {path}"}, status=404)
        try:
            await run(LiveWorld(self.env))
        except Exception:  # noqa: BLE001 - whatever went wrong is the answer
            return Response.json({"passed": False, "detail": traceback.format_exc()})
        return Response.json({"passed": True, "detail": ""})

    async def queue(self, batch: Any, _env: Any = None, _ctx: Any = None) -> None:
        await consume(batch, self.env, now_ms)
