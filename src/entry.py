"""The Worker's door: hands each event of the platform on."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        row = await self.env.DB.prepare("SELECT 1 AS one").first()
        return Response.json({"ok": row["one"] == 1})

    async def scheduled(self, controller, env=None, ctx=None):
        print("cron", controller.cron, controller.scheduledTime)

    async def queue(self, batch, env=None, ctx=None):
        print("queue", batch.queue)
