"""The last day as the status page shows it: what was asked, what came whole, how long it took."""

import pytest

from tests.integration.world import START, World

HOUR_MS = 3_600_000


async def read(world: World):
    answer = await world.get("/health/ingestion", user=None)
    assert answer.status_code == 200
    data = answer.json()["data"]
    return data, {(feed["exchange"], feed["market"]): feed for feed in data["feeds"]}


async def test_before_the_first_scan_there_is_nothing_to_tell(arbedge: World):
    data, feeds = await read(arbedge)
    assert (feeds, data["age_ms"], data["mode"]) == ({}, None, "synthetic")


async def test_an_outage_is_in_its_own_hour_and_its_own_feed(arbedge: World):
    await arbedge.scan(2)
    await arbedge.env.advance(HOUR_MS)
    arbedge.break_(target="bybit", kind="status", value=500)
    await arbedge.scan(2)
    arbedge.sandbox.faults.clear()
    await arbedge.env.advance(HOUR_MS)
    await arbedge.scan(2)
    data, feeds = await read(arbedge)
    assert data["age_ms"] == 2_000
    assert len(feeds) == 6
    for (exchange, market), feed in feeds.items():
        hit = exchange == "bybit"
        assert [(one["readings"]["asked"], one["readings"]["ok"]) for one in feed["hours"]] == [
            (2, 2),
            (2, 0 if hit else 2),
            (2, 2),
        ], (exchange, market)
        assert (feed["readings"]["asked"], feed["readings"]["ok"]) == (6, 4 if hit else 6)
        first, second, _ = (one["readings"]["latency_ms_p95"] for one in feed["hours"])
        assert first is not None
        assert (second is None) == hit, "an answer that never came has no latency"


async def test_only_the_last_day_counts(arbedge: World):
    await arbedge.scan(3)
    await arbedge.env.advance(30 * HOUR_MS)
    await arbedge.scan(2)
    data, feeds = await read(arbedge)
    assert data["since"] > START + 3 * HOUR_MS
    for feed in feeds.values():
        assert (feed["readings"]["asked"], len(feed["hours"])) == (2, 1)
    await arbedge.env.advance(30 * HOUR_MS)
    data, feeds = await read(arbedge)
    assert {(feed["readings"]["asked"], feed["readings"]["latency_ms_p50"]) for feed in feeds.values()} == {(0, None)}
    assert data["age_ms"] > 30 * HOUR_MS - 10_000


@pytest.mark.parametrize("binding", ["KV", "LAKE", "ANALYTICS"])
async def test_it_needs_nothing_but_the_database(arbedge: World, binding: str):
    await arbedge.scan()
    arbedge.env.faults.fail(binding, times=None)
    assert len((await read(arbedge))[1]) == 6
    arbedge.env.faults.fail("DB", times=None)
    assert (await arbedge.get("/health/ingestion", user=None)).status_code == 503
