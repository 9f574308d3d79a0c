"""An eventful quarter of an hour, recorded once for all tests that replay it."""

import asyncio
import json
from typing import Any, NamedTuple

import pytest

from scripts.replay.spans import Span
from tests.integration.replay.stage import MemoryObjects, Replay, copy_lake, replay
from tests.integration.world import ADA, FIONA, PAVEL, PRIYA, START, World


class Recorded(NamedTuple):
    """A lake, when it was recorded, and what became of it: opportunities in the database, messages in Telegram."""

    lake: MemoryObjects
    span: Span
    stored: dict[str, Any]
    shown: list[str]
    scans: list[int]

    def damaged(self) -> MemoryObjects:
        """A copy that a test may break."""
        return MemoryObjects(self.lake.contents)

    def scan_key(self, index: int) -> str:
        (key,) = [key for key in self.lake.contents if f"/{self.scans[index]}." in key]
        return key


async def live_through(world: World) -> None:
    """Gaps open, change, close and come back; someone is muted, a session ends, an exchange fails, the Worker moves."""
    for person in (FIONA, PAVEL, PRIYA, ADA):
        await world.say(person, "/start")
    sqlite = world.env.DB.sqlite
    for user_id, preferences in (
        ("user_premium_456", {"alerts": {"cross_exchange": "off", "funding": "silent"}}),
        ("user_pro_789", {"min_net_bps": {"cross_exchange": 25}, "alerts": {"technical": "on"}}),
    ):
        payload = json.dumps(preferences)
        sqlite.execute("INSERT INTO preferences (user_id, payload, updated_at) VALUES (?, ?, 1)", (user_id, payload))
    shift = world.sandbox.shift
    world.sandbox.plant_steps()
    await world.tick_hour()
    shift("okx", "spot", "LTC/USDT", 60, 600)
    await world.scan(3)
    shift("okx", "spot", "LTC/USDT", 20, 600)
    shift("bybit", "spot", "DOT/USDT", 45, 600)
    await world.scan(3)
    ends_at = world.clock.now_ms() + 40_000
    sqlite.execute("UPDATE sessions SET expires_at = ? WHERE user_id = 'user_admin_000'", (ends_at,))
    world.break_(target="bybit", kind="timeout")
    await world.scan(2)
    world.sandbox.faults.clear()
    world.restart()
    await world.scan(3)
    shift("okx", "spot", "LTC/USDT", -80, 600)
    shift("binance", "spot", "AVAX/USDT", -70, 600)
    await world.scan(4)
    await world.env.advance(90_000)
    shift("okx", "spot", "LTC/USDT", 80, 600)
    await world.scan(4)
    shift("bybit", "spot", "DOT/USDT", -45, 600)
    await world.scan(4)
    await world.env.advance(60_000)  # what happened last is on its way to the lake


async def record() -> Recorded:
    world = World()
    world.appraisers.holds_alarms = False  # what became of alerts is in the messages too
    try:
        await live_through(world)
        lake = await copy_lake(world)
        rows = (await world.env.DB.prepare("SELECT id, payload FROM opportunities").all())["results"]
        methods = ("sendMessage", "editMessageText")
        calls = [call for call in world.calls() if call["method"] in methods]
        shown = [call for call in calls if "op:y:" in str(call["parameters"].get("reply_markup"))]
        return Recorded(
            lake=lake,
            span=Span(START, world.clock.now_ms() + 1),
            stored={row["id"]: json.loads(row["payload"]) for row in rows},
            shown=sorted(call["parameters"]["text"] for call in shown),
            scans=sorted(int(key.rpartition("/")[2].split(".")[0]) for key in lake.contents if "market/scan" in key),
        )
    finally:
        await world.aclose()


@pytest.fixture(scope="session")
def recorded() -> Recorded:
    return asyncio.run(record())


@pytest.fixture(scope="session")
def whole(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """The replay of all of it, undamaged."""
    return asyncio.run(replay(recorded.lake, recorded.span, tmp_path_factory.mktemp("replay") / "whole.ndjson"))
