"""With a stream configured the same records go there; one that fails costs no scan, and is said."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from arbedge.adapters.cloudflare.lake.keys import LATEST_SCAN
from arbedge.adapters.cloudflare.lake.stream import Stream
from arbedge.adapters.cloudflare.lake.stream_lake import StreamLake
from arbedge.app.scan import run_scan
from scripts.local_config import LOCAL_PIPELINE_TOKEN
from tests.integration.lake.world import lake_health, read_scans
from tests.integration.world import FIONA, PRIYA, START, World

URL = "http://sandbox/pipelines/lake"


@pytest.fixture
async def streaming() -> AsyncIterator[World]:
    world = World(PIPELINE_INGEST_URL=URL, PIPELINE_TOKEN=LOCAL_PIPELINE_TOKEN)
    yield world
    await world.aclose()


async def scan_objects(world: World) -> int:
    return len((await world.env.LAKE.list({"prefix": "market/scan/"}))["objects"])


async def test_every_record_reaches_the_stream_and_none_is_dropped(streaming: World):
    await streaming.say(FIONA, "/start")
    await streaming.scan(2)
    await streaming.env.advance(60_000)
    state = streaming.sandbox.pipelines.state()
    assert state["dropped"] == {}
    kinds = Counter(state["events"])
    assert (kinds["snapshot"], kinds["feed"], kinds["decision"], kinds["policy"]) == (2, 12, 2, 2)
    assert {"book", "instruments", "session"} <= set(kinds)
    assert await scan_objects(streaming) == 0, "one object shows the newest scan, not one a scan"
    assert (await lake_health(streaming))["state"] == "ok"


async def test_hybrid_access_reads_the_newest_scan(streaming: World):
    await streaming.scan(2)
    latest = await streaming.services().scans.load_latest_id()
    snapshot = await streaming.services().lake.load_snapshot(latest or 0)
    assert snapshot
    assert snapshot.scan_id == latest
    assert await streaming.services().lake.load_snapshot(1) is None
    answer = await streaming.get("/market/tickers", exchange="okx", market="spot", age_ms_max=20_000)
    assert {row["source"] for row in answer.json()["data"]} == {"lake"}


@pytest.mark.parametrize(("kind", "value"), [("status", 500), ("rate_limit", 5), ("reset", None), ("html", 502)])
async def test_a_stream_that_fails_leaves_scans_in_r2_and_says_so(streaming: World, kind, value):
    streaming.break_("pipelines", kind, value=value)
    await streaming.scan()
    (scan,) = await read_scans(streaming)
    assert scan.decision
    health = await lake_health(streaming)
    assert health["state"] == "degraded"
    assert "kept in R2" in health["error"]
    streaming.sandbox.faults.clear()
    await streaming.scan()
    assert await scan_objects(streaming) == 1
    assert (await lake_health(streaming))["state"] == "ok"


async def test_events_wait_in_their_queue_for_the_stream(streaming: World):
    streaming.break_("pipelines", "status", value=503)
    await streaming.say(PRIYA, "/start")
    await streaming.env.advance(60_000)
    assert streaming.sandbox.pipelines.state()["events"] == {}
    streaming.sandbox.faults.clear()
    await streaming.env.advance(600_000)
    assert streaming.sandbox.pipelines.state()["events"] == {"session": 1}


async def test_a_token_that_is_refused_is_said_and_not_shown():
    world = World(PIPELINE_INGEST_URL=URL, PIPELINE_TOKEN="another-token-which-is-wrong")
    await world.scan()
    health = await lake_health(world)
    assert health["state"] == "degraded"
    assert "401" in health["error"]
    assert "another-token" not in health["error"]
    await world.aclose()


async def test_a_newest_scan_that_cannot_be_shown_is_said(streaming: World):
    streaming.env.faults.fail("LAKE", "put", times=None)
    await streaming.scan()
    health = await lake_health(streaming)
    assert "newest scan not shown" in health["error"]
    assert await streaming.env.LAKE.head(LATEST_SCAN) is None
    assert streaming.sandbox.pipelines.state()["events"]["decision"] == 1


async def test_instruments_reach_a_stream_that_was_down_when_they_were_read(streaming: World):
    streaming.break_("pipelines", "status", value=503)
    await streaming.scan()
    assert "instruments" not in streaming.sandbox.pipelines.state()["events"]
    streaming.sandbox.faults.clear()
    await streaming.env.advance(3_600_000)
    await streaming.scan()
    sent = streaming.sandbox.pipelines.state()["events"]["instruments"]
    assert sent >= 6, "each feed's list, though R2 has had its version for an hour"
    await streaming.env.advance(3_600_000)
    await streaming.scan()
    assert streaming.sandbox.pipelines.state()["events"]["instruments"] == sent, "a version goes there once"


async def test_lists_go_to_the_stream_at_once_so_that_a_hanging_one_costs_one_wait(streaming: World):
    """Nobody is answered before all six are there; one after another, the first would wait for ever."""
    waiting: set[tuple[str, str]] = set()
    all_there = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        records = json.loads(request.content)
        waiting.update((one["exchange"], one["market"]) for one in records if one["kind"] == "instruments")
        if len(waiting) == 6:
            all_there.set()
        await all_there.wait()
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client, asyncio.timeout(5):
        lake = StreamLake(streaming.env.LAKE, Stream(client, "https://stream.test", "token"))
        assert await run_scan(replace(streaming.services(), lake=lake), START)
