"""The results of recorded stretches of the market, as they were accepted: a change of any of them is a decision."""

from pathlib import Path

import pytest

from scripts.replay.spans import Span
from scripts.sandbox.config import fixtures_directory
from tests.integration.replay import golden
from tests.integration.replay.stage import Replay, copy_lake, replay
from tests.integration.world import START, World

STEP_MS = 90_000  # as far apart as two scans may be and still confirm each other, with room to spare
needs_fixtures = pytest.mark.skipif(
    not (fixtures_directory() / "market").is_dir(), reason="the recorded data is not there"
)


async def record(market: str | None, scans: int, speed: float, tmp_path: Path) -> Replay:
    """Scans of a market that moves, and their replay."""
    world = World()
    try:
        world.sandbox.choose_market(market, 7, speed)
        for _ in range(scans):
            await world.env.advance(STEP_MS)
            await world.tick(world.clock.now_ms())
        lake = await copy_lake(world)
        found = await replay(lake, Span(START, world.clock.now_ms() + 1), tmp_path / "result.ndjson")
    finally:
        await world.aclose()
    assert found.run.report.scans == scans
    assert found.run.comparison.different == found.run.comparison.not_recorded == 0
    return found


async def test_an_hour_of_the_seeded_market(tmp_path: Path):
    found = await record(None, 40, 1, tmp_path)
    lines = golden.render(found.lines)
    assert sum(" revision 1 " in line for line in lines) > 20, "too little happens for this to say much"
    golden.check("synthetic-hour", lines)


@needs_fixtures
@pytest.mark.parametrize(("name", "scans", "speed"), [("perps", 40, 30), ("ticks", 30, 1), ("depeg", 40, 60)])
async def test_recorded_markets(name: str, scans: int, speed: float, tmp_path: Path):
    found = await record(f"recorded:{name}", scans, speed, tmp_path)
    golden.check(f"recorded-{name}", golden.render(found.lines))


def test_a_change_is_told_line_by_line_and_how_to_accept_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(golden.ACCEPT, raising=False)
    accepted = (golden.FOLDER / "synthetic-hour.txt").read_text().splitlines()
    golden.check("synthetic-hour", accepted)
    changed = [*accepted[:5], accepted[5] + " and more", *accepted[6:]]
    with pytest.raises(AssertionError, match="accept them with `make golden`") as told:
        golden.check("synthetic-hour", changed)
    assert f"-{accepted[5]}\n+{changed[5]}\n" in str(told.value)
