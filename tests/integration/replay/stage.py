"""A world whose lake is replayed: from its own bucket, or from the folder it was copied to."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from arbedge.adapters.cloudflare.lake.objects import Listed, Objects, R2Objects
from arbedge.adapters.cloudflare.lake.reader import LakeReader
from scripts.replay.comparing import Verdict
from scripts.replay.result import Result
from scripts.replay.run import Run
from scripts.replay.spans import Span
from tests.integration.world import World


class Replay(NamedTuple):
    run: Run
    sha256: str
    lines: list[dict[str, Any]]

    @property
    def counts(self) -> dict[str, dict[Verdict, int]]:
        """How many of each kind came out how; kinds of which there were none are left out."""
        return {kind: dict(counts) for kind, counts in self.run.comparison.counts.items() if counts}

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kind"] == kind]


class MemoryObjects:
    """A bucket's contents as they were, so that a test may damage a copy."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = dict(contents)

    async def walk(self, prefix: str):
        for key in sorted(self.contents):
            if key.startswith(prefix):
                yield Listed(key, len(self.contents[key]))

    async def get(self, key: str) -> bytes | None:
        return self.contents.get(key)


async def copy_lake(world: World) -> MemoryObjects:
    objects = R2Objects(world.env.LAKE)
    return MemoryObjects({one.key: await objects.get(one.key) or b"" async for one in objects.walk("")})


async def replay(objects: Objects, span: Span, path: Path) -> Replay:
    """One replay, with the lines of its result."""
    run = Run(LakeReader(objects), span)
    with Result(path) as result:
        await run.replay(result)
    return Replay(run, result.sha256, read_lines(path))


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]
