"""What settlements charged is read minute by minute, and stands beside the rates that are promised."""

import pytest

from tests.integration.market.test_bot import text_of
from tests.integration.world import PAVEL, World

MINUTE_MS, WEEK_MS = 60_000, 7 * 86_400_000


async def list_charged(world: World, **query):
    """Those perpetuals that are on record, from all pages of the list."""
    found, cursor = {}, {}
    while cursor is not None:
        body = (await world.get("/market/funding", limit=50, **query, **cursor)).json()
        found |= {row["symbol"]: row["charged"] for row in body["data"] if row["charged"]}
        cursor = {"cursor": body["next_cursor"]} if body["next_cursor"] else None
    return found


async def pass_minutes(world: World, minutes: int) -> None:
    for _ in range(minutes):
        await world.env.advance(MINUTE_MS)
        await world.tick(world.clock.now_ms())


async def test_each_minute_one_more_perpetual_of_each_exchange_is_on_record(arbedge: World):
    assert await list_charged(arbedge) == {}
    await arbedge.scan()
    for minutes in range(1, 4):
        for exchange in ("binance", "bybit", "okx"):
            assert len(await list_charged(arbedge, exchange=exchange)) == minutes
        await pass_minutes(arbedge, 1)


async def test_what_is_on_record_is_what_the_exchange_says(arbedge: World):
    await arbedge.scan()
    await pass_minutes(arbedge, 2)
    now = arbedge.clock.now_ms()
    (symbol, charged) = next(iter((await list_charged(arbedge, exchange="okx")).items()))
    assert charged["from_at"] == now // 86_400_000 * 86_400_000 - WEEK_MS
    assert now - charged["age_ms"] == charged["to_at"] <= now
    assert charged["mode"] == "synthetic"
    query = {"exchange": "okx", "symbol": symbol, "limit": 200}
    history = (await arbedge.get("/market/funding/history", **query)).json()["data"]["settlements"]
    rates = [one["rate"] for one in history if one["settled_at"] >= charged["from_at"]]
    assert charged["settlements"] == len(rates)
    assert charged["rate_sum"] == pytest.approx(sum(rates), abs=1e-11)
    assert (charged["rate_min"], charged["rate_max"]) == (min(rates), max(rates))


async def test_an_open_position_comes_first_and_shows_it_everywhere(arbedge: World):
    await arbedge.say(PAVEL, "/start")
    arbedge.sandbox.shift("bybit", "perp", "XRP/USDT", 60, 3_600)
    await arbedge.scan(8)
    listed = (await arbedge.get("/opportunities", limit=50, type="spot_perp", asset="XRP", exchange="bybit")).json()[
        "data"
    ]
    (found, *_) = listed
    detail = (await arbedge.get(f"/opportunities/{found['id']}")).json()["data"]
    spot, perp = detail["charged"]
    assert (spot, detail["legs"][0]["market"]) == (None, "spot")
    assert perp["settlements"] >= 21
    calls = await arbedge.say(PAVEL, "/opportunities spot_perp")
    button = next(
        one
        for row in calls[-1]["parameters"]["reply_markup"]["inline_keyboard"]
        for one in row
        if found["id"] in one["callback_data"]
    )
    text = text_of(await arbedge.tap(PAVEL, calls[-1]["result"]["message_id"], button["callback_data"]))
    assert f"charged {perp['rate_sum'] * 10_000:+.2f} bps in {perp['settlements']} settlements since" in text
    assert text.count("charged ") == 1, "a spot leg is charged nothing"


async def test_an_exchange_that_refuses_costs_the_others_nothing_and_is_read_when_it_is_back(arbedge: World):
    arbedge.break_("bybit", "status", value=500, path="funding/history")
    await arbedge.scan()
    await pass_minutes(arbedge, 2)
    assert await list_charged(arbedge, exchange="bybit") == {}
    assert len(await list_charged(arbedge, exchange="okx")) == 3
    arbedge.sandbox.faults.clear()
    await pass_minutes(arbedge, 2)
    assert len(await list_charged(arbedge, exchange="bybit")) == 2


async def test_a_doubled_tick_asks_nobody_again(arbedge: World):
    await arbedge.scan()
    before = len(await list_charged(arbedge)), len(arbedge.sandbox.requests.entries("okx"))
    await arbedge.tick(arbedge.clock.now_ms() - 2_000)
    assert (len(await list_charged(arbedge)), len(arbedge.sandbox.requests.entries("okx"))) == before
