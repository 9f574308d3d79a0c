"""Durable Objects as callers see them: one object a name, its public methods over RPC."""

from arbedge.adapters.cloudflare.bindings import DurableObjects

SCANNER = "scanner"  # there is one scan loop, so there is one name
APPRAISER = "appraiser"


class DurableScanner:
    """`Scanner` on a Durable Object."""

    def __init__(self, objects: DurableObjects) -> None:
        self._objects = objects

    async def wake(self, scheduled_at: int) -> bool:
        return bool(await self._objects.getByName(SCANNER).wake(scheduled_at))


class DurableAppraiser:
    """`Appraiser` on a Durable Object."""

    def __init__(self, objects: DurableObjects) -> None:
        self._objects = objects

    async def wake(self) -> None:
        await self._objects.getByName(APPRAISER).wake()
