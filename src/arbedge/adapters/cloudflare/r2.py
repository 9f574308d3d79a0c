"""Documents on R2: what was asked for and is recorded, candles and settlements."""

from arbedge.adapters.cloudflare.bindings import R2Bucket
from arbedge.adapters.cloudflare.lake.objects import R2Objects


class R2Documents:
    """`Documents` on R2, for what was asked for and is recorded: candles and settlements."""

    def __init__(self, binding: R2Bucket) -> None:
        self._objects = R2Objects(binding)

    async def get(self, key: str) -> bytes | None:
        return await self._objects.get(key)

    async def put(self, key: str, document: bytes) -> None:
        await self._objects.put(key, document, content_type="application/json")
