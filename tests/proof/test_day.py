"""A day of the seeded market with its planted collisions: nobody is told of one, and the day replays to the same bytes."""

import asyncio
import hashlib
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from arbedge.adapters.cloudflare.lake.objects import R2Objects
from arbedge.adapters.cloudflare.lake.reader import LakeReader
from scripts.replay.result import Result
from scripts.replay.run import Run
from scripts.replay.spans import Span
from scripts.replay.stores import FolderObjects
from scripts.replay.table import show
from tests.integration.replay.stage import read_lines
from tests.integration.world import FIONA, PRIYA, START, World

SCANS = 24 * 60
STEP_MS = 60_000
KEPT_AT_ONCE = 120  # scans whose objects wait in memory before they go to the disk
CONSOLE = Console(width=140, highlight=False)
Place = tuple[str, str, str]


async def record(folder: Path) -> tuple[int, dict[Place, str]]:
    """A day at one scan a minute; returns when it ended, and what each instrument truly is."""
    world = World()
    try:
        world.sandbox.choose_market(None, 7, 1)
        assert world.sandbox.state()["collisions"], "nothing is planted"
        for person in (FIONA, PRIYA):
            await world.say(person, "/start")
        for number in range(SCANS):
            await world.env.advance(STEP_MS)
            await world.tick(world.clock.now_ms())
            if number % KEPT_AT_ONCE == KEPT_AT_ONCE - 1:
                await world.env.advance(5_000)
                await move(world, folder)
        await world.env.advance(60_000)
        await move(world, folder)
        boards = world.sandbox.market.source.boards
        truth = {(row.exchange, row.kind, row.symbol): row.asset for board in boards.values() for row in board}
        return world.clock.now_ms(), truth
    finally:
        await world.aclose()


async def move(world: World, folder: Path) -> None:
    """What was recorded goes from the bucket to a folder of the same layout; lists of instruments stay, being few."""
    objects = R2Objects(world.env.LAKE)
    keys = [one.key async for one in objects.walk("") if one.key.endswith(".gz")]
    for key in keys:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(await objects.get(key) or b"")
    await objects.delete([key for key in keys if not key.startswith("market/instruments")])


def replay(folder: Path, span: Span, path: Path, *, is_shown: bool) -> str:
    """In a process of its own: the digest of the result, which must equal what was recorded in everything."""

    async def run() -> Run:
        with Result(path) as result:
            found = Run(LakeReader(FolderObjects(folder)), span)
            began = time.monotonic()
            await found.replay(result)
        if is_shown:
            show(CONSOLE, "a folder", found, result, time.monotonic() - began)
        return found

    found = asyncio.run(run())
    assert found.comparison.different == found.comparison.not_recorded == 0
    report = found.report
    assert (report.scans, report.gaps, report.bad, dict(report.skipped)) == (SCANS, [], [], {})
    return hashlib.sha256(path.read_bytes()).hexdigest()


def count_false(lines: list[dict[str, Any]], truth: dict[Place, str]) -> tuple[Counter[str], set[str]]:
    """Opportunities by type, and the ids of those whose legs are different assets."""
    types: dict[str, str] = {}
    false: set[str] = set()
    for line in lines:
        if line["kind"] == "opportunity":
            document = line["document"]
            types[line["id"]] = document["type"]
            legs = document["sighting"]["legs"]
            if document["type"] != "triangular":
                assets = {truth[leg["exchange"], leg["market"], leg["symbol"]] for leg in legs}
                false |= {line["id"]} if len(assets) > 1 else set()
    return Counter(types.values()), false


def test_a_day_of_planted_collisions_tells_of_none_and_replays_to_the_same_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    began = time.monotonic()
    end, truth = asyncio.run(record(tmp_path / "lake"))
    recorded_s = time.monotonic() - began
    span = Span(START, end + 1)
    paths = [tmp_path / f"{number}.ndjson" for number in range(2)]
    with capsys.disabled(), ProcessPoolExecutor(2) as pool:
        both = [pool.submit(replay, tmp_path / "lake", span, path, is_shown=path == paths[0]) for path in paths]
        assert both[0].result() == both[1].result()
    lines = read_lines(paths[0])
    types, false = count_false(lines, truth)
    messages = sum(line["kind"] == "message" for line in lines)
    drops: Counter[str] = Counter()
    for line in lines:
        drops.update(line.get("drop_counts", {}))
    size_mb = sum(path.stat().st_size for path in (tmp_path / "lake").rglob("*.gz")) / 1e6
    with capsys.disabled():
        CONSOLE.print(
            f"recorded {SCANS} scans in {recorded_s:.0f} s, {size_mb:.0f} MB; whole proof {time.monotonic() - began:.0f} s"
        )
        CONSOLE.print(
            f"opportunities: {dict(types)}; messages and edits: {messages}; drops: {dict(drops.most_common())}"
        )
        CONSOLE.print(f"of planted collisions: {len(false)}")
    assert sum(types.values()) > 100, "a quiet day proves little"
    assert messages > 100
    assert false == set()
