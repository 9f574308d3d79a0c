"""The Worker's door: hands each event of the platform on."""

from typing import Any

from workers import DurableObject, WorkerEntrypoint

from arbedge import worker


class Default(WorkerEntrypoint):
    async def fetch(self, request: Any) -> Any:
        return await worker.fetch(self.env, request)

    async def scheduled(self, controller: Any, _env: Any = None, _ctx: Any = None) -> None:
        await worker.scheduled(self.env, controller.cron, int(controller.scheduledTime))

    async def queue(self, batch: Any, _env: Any = None, _ctx: Any = None) -> None:
        await worker.queue(self.env, batch)


class Scanner(DurableObject):
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._loop = worker.make_scan_loop(self)

    async def alarm(self, _info: Any = None) -> None:
        await self._loop.ring()

    async def wake(self, scheduled_at: int) -> bool:
        return await self._loop.wake(int(scheduled_at))


class Appraiser(DurableObject):
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._loop = worker.make_appraisal_loop(self)

    async def alarm(self, _info: Any = None) -> None:
        await self._loop.ring()

    async def wake(self) -> None:
        await self._loop.wake()
