"""The main job: a gap opens in the market, the right people are told what it is worth, and the message keeps itself true."""

from typing import Any

import pytest

from arbedge.adapters.cloudflare.lake.r2_lake import R2Lake
from arbedge.app.scan import run_scan
from tests.integration.by_hand import recompute
from tests.integration.world import ADA, FIONA, PRIYA, START, World, told_id


async def open_gap(world: World, bps: int = 60, asset: str = "LTC", exchange: Any = "okx") -> None:
    """A quiet pair becomes a dislocated one for ten minutes."""
    world.sandbox.shift(exchange, "spot", f"{asset}/USDT", bps, 600)


async def listed(world: World, **wanted):
    answer = await world.get("/opportunities", limit=50, **wanted)
    assert answer.status_code == 200
    return answer.json()["data"]


async def test_two_scans_lead_to_one_alert_whose_figures_can_be_checked_by_hand(arbedge: World):
    await arbedge.say(PRIYA, "/start")
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    await arbedge.scan()
    assert arbedge.alerts(FIONA) == [], "one scan is not enough"
    await arbedge.scan()
    alerts = arbedge.alerts(FIONA, "LTC")
    assert len(alerts) >= 1
    found = await listed(arbedge, asset="LTC", type="cross_exchange")
    assert len(found) == len(alerts)
    for opportunity in found:
        detail = (await arbedge.get(f"/opportunities/{opportunity['id']}")).json()["data"]
        assert abs(float(await recompute(arbedge.exchanges, detail)) - detail["net_bps"]) < 0.001
        parts = detail["waterfall"]
        assert (parts[0]["label"], parts[-1]["label"]) == ("gross", "net")
        assert sum(part["bps"] for part in parts[:-1]) == pytest.approx(parts[-1]["bps"], abs=1e-9)
        for leg in detail["legs"]:
            assert leg["mode"] == "synthetic"
            assert leg["source"] == "api"
            assert 0 <= leg["age_ms"] < 20_000


async def test_the_alert_opens_into_the_waterfall(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    await arbedge.scan(2)
    alert = arbedge.alerts(FIONA, "LTC")[0]
    button = alert["parameters"]["reply_markup"]["inline_keyboard"][0][0]
    calls = await arbedge.tap(FIONA, alert["result"]["message_id"], button["callback_data"])
    assert calls[0]["method"] == "answerCallbackQuery"
    shown = calls[-1]["parameters"]["text"]
    for word in ("gross", "fee buy", "fee sell", "transfer", "net", "the default size", "synthetic"):
        assert word in shown


async def test_an_opportunity_is_told_once_a_chat_and_edited_when_it_ends(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    await arbedge.scan(4)
    told = arbedge.alerts(FIONA, "LTC")
    assert len({told_id(call) for call in told}) == len(told)
    arbedge.sandbox.shift("okx", "spot", "LTC/USDT", -60, 600)
    await arbedge.scan(4)
    assert len(arbedge.alerts(FIONA, "LTC")) == len(told)
    for call in told:
        last = arbedge.edits(call["result"]["message_id"])[-1]
        assert "ended" in last["parameters"]["text"].lower() or "vanished" in last["parameters"]["text"].lower()


async def test_nobody_without_an_active_session_is_told(arbedge: World):
    await open_gap(arbedge)
    await arbedge.scan(3)
    assert arbedge.alerts(ADA) == []
    assert arbedge.calls(method="sendMessage") == []


async def test_someone_who_comes_late_hears_of_the_next_revision_only_once(arbedge: World):
    await open_gap(arbedge)
    await arbedge.scan(2)
    await arbedge.say(FIONA, "/start")
    await arbedge.scan(2)
    arbedge.sandbox.shift("okx", "spot", "LTC/USDT", 8, 600)
    await arbedge.scan(4)
    told = [told_id(call) for call in arbedge.alerts(FIONA, "LTC")]
    assert told
    assert len(told) == len(set(told))


async def test_a_doubled_or_repeated_tick_changes_nothing(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    await arbedge.scan(2)
    before = len(arbedge.calls())
    assert await run_scan(arbedge.services(), arbedge.clock.now_ms() - 2_000) is None
    await arbedge.env.advance(5_000)
    assert len(arbedge.calls()) == before


async def test_every_duplicate_and_reordering_of_the_queues_still_tells_once(arbedge: World):
    arbedge.env.broker.duplicate_probability = 0.5
    arbedge.env.broker.reorder = True
    await arbedge.say(FIONA, "/start")
    await arbedge.say(PRIYA, "/start")
    await open_gap(arbedge)
    await arbedge.scan(3)
    for person in (FIONA, PRIYA):
        told = [told_id(call) for call in arbedge.alerts(person)]
        assert told
        assert len(told) == len(set(told))


async def test_the_snapshot_is_kept_in_the_cache_and_in_the_lake(arbedge: World):
    await arbedge.scan()
    cached = await arbedge.services().snapshots.get()
    assert cached
    stored = await R2Lake(arbedge.env.LAKE).load_snapshot(cached.scan_id)
    assert cached == stored
    assert cached.scan_id > START
    assert sum(len(feed.quotes) for feed in cached.feeds) > 2_000


async def test_planted_collisions_never_lead_to_an_opportunity(arbedge: World):
    collided = {one["ticker"] for one in arbedge.sandbox.state()["collisions"]}
    await arbedge.say(PRIYA, "/start")
    await arbedge.scan(6)
    assets = {one["asset"] for one in await listed(arbedge)}
    assert assets
    assert not assets & collided


async def test_a_multiplier_ticker_is_compared_per_unit(arbedge: World):
    await arbedge.scan()
    snapshot = await arbedge.services().snapshots.get()
    assert snapshot
    mids = {
        (feed.exchange, quote.symbol): quote.mid
        for feed in snapshot.feeds
        for quote in feed.quotes
        if quote.asset == "PEPE" and quote.quote == "USDT"
    }
    assert len({symbol for _, symbol in mids}) >= 2
    assert max(mids.values()) / min(mids.values()) < 1.05


async def test_an_empty_list_says_what_came_closest(arbedge: World):
    await arbedge.scan(2)
    answer = await arbedge.get("/opportunities", asset="BTC")
    body = answer.json()
    assert body["data"] == []
    assert body["meta"]["closest"]
    assert body["meta"]["closest"][0]["reason"] in {"below_minimum", "fees"}
