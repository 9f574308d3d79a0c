"""The Worker's door: hands each event of the platform on."""

from typing import Any

from workers import WorkerEntrypoint

from arbedge import worker


class Default(WorkerEntrypoint):
    async def fetch(self, request: Any) -> Any:
        return await worker.fetch(self.env, request)

    async def scheduled(self, controller: Any, _env: Any = None, _ctx: Any = None) -> None:
        await worker.scheduled(self.env, controller.cron, int(controller.scheduledTime))

    async def queue(self, batch: Any, _env: Any = None, _ctx: Any = None) -> None:
        await worker.queue(self.env, batch)
