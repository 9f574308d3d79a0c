"""What a test reads from a world's lake, by its own reader, and byte by byte."""

from typing import Any

from arbedge.adapters.cloudflare.lake.objects import R2Objects
from arbedge.adapters.cloudflare.lake.reader import LakeReader, RecordedScan
from arbedge.adapters.cloudflare.lake.scan_object import salvage
from tests.integration.world import START, World


async def read_scans(world: World) -> list[RecordedScan]:
    reader = LakeReader(R2Objects(world.env.LAKE))
    scans = [scan async for scan in reader.read_scans(START, START + 86_400_000)]
    assert reader.bad == []
    return scans


async def read_events(world: World, *kinds: str, days: int = 1) -> list[Any]:
    """Every event that has happened; what waits in the queue is let through first."""
    await world.env.advance(60_000)
    reader = LakeReader(R2Objects(world.env.LAKE))
    events = [event async for event in reader.read_events(START, START + days * 86_400_000, kinds or None)]
    assert reader.bad == []
    return events


async def read_texts(world: World) -> dict[str, str]:
    """Every object of the lake as text, unpacked where it is packed."""
    texts: dict[str, str] = {}
    objects = R2Objects(world.env.LAKE)
    async for one in objects.walk(""):
        data = await objects.get(one.key) or b""
        texts[one.key] = (b"\n".join(salvage(data)[0]) if one.key.endswith(".gz") else data).decode()
    return texts


async def lake_health(world: World) -> dict[str, Any]:
    return (await world.get("/health/detailed", user=None)).json()["data"]["dependencies"]["lake"]
