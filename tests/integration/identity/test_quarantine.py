"""Namesakes never lead to an alert, not even when their prices meet; what only stumbles is not punished for it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.integration.world import ADA, FIONA, PRIYA, TICK_MS, World

COLLIDING = {"GRID", "TIDE", "MOLE"}
TOGETHER_BPS = -3_700  # brings 1.6 times the price to 1.008 times: a gap that would pay for itself


@pytest.fixture
async def arbedge() -> AsyncIterator[World]:
    world = World(CMC_API_KEY="", CMC_URL="")
    yield world
    await world.aclose()


async def quarantined(world: World) -> dict[str, dict[str, Any]]:
    answer = await world.get("/market/exchanges")
    assert answer.status_code == 200
    return {one["instrument"]: one for one in answer.json()["meta"]["quarantine"]["items"]}


async def opportunities(world: World) -> set[str]:
    return {one["asset"] for one in (await world.get("/opportunities", limit=50)).json()["data"]}


async def test_namesakes_are_quarantined_and_stay_silent_when_their_prices_meet(arbedge: World):
    await arbedge.say(PRIYA, "/start")
    await arbedge.scan(3)
    found = await quarantined(arbedge)
    expected = {
        "binance:spot:GRIDUSDT", "bybit:spot:GRIDUSDT", "binance:spot:TIDEUSDT", "okx:spot:TIDE-USDT",
        "bybit:spot:1000MOLEUSDT", "bybit:perp:1000MOLEUSDT", "binance:spot:TIDEUSDC", "okx:spot:TIDE-USDC",
    }  # fmt: skip
    assert expected - found.keys() <= {"bybit:spot:1000MOLEUSDT", "bybit:perp:1000MOLEUSDT"}
    assert {"binance:spot:MOLEUSDT"} <= found.keys()
    evidence = found["okx:spot:TIDE-USDT"]
    assert (evidence["asset"], evidence["scans"], evidence["agreed_ms"]) == ("TIDE", 3, 0)
    assert [other["instrument"] for other in evidence["others"]] == ["binance:spot:TIDEUSDT"]
    assert evidence["price"] / evidence["others"][0]["price"] == pytest.approx(1.6, rel=0.01)

    arbedge.sandbox.shift("okx", "spot", "TIDE/USDT", TOGETHER_BPS, 3600)
    await arbedge.scan(4)
    tide = {one["asset"]: one for one in (await arbedge.get("/market/tickers", asset="TIDE", limit=50)).json()["data"]}
    assert tide, "its prices are shown all the same"
    assert not await opportunities(arbedge) & COLLIDING
    assert [alert for asset in COLLIDING for alert in arbedge.alerts(PRIYA, asset)] == []
    assert "okx:spot:TIDE-USDT" in await quarantined(arbedge), "a minute of agreement is no week"


async def test_without_the_quarantine_the_crossing_would_have_been_told(arbedge: World):
    """The prices do look like an opportunity: only what was seen before keeps it back."""
    await arbedge.say(PRIYA, "/start")
    arbedge.sandbox.shift("okx", "spot", "TIDE/USDT", TOGETHER_BPS, 3600)
    await arbedge.scan(3)
    assert "TIDE" in await opportunities(arbedge)


async def test_the_quarantine_survives_restarts_and_a_feed_that_is_gone(arbedge: World):
    await arbedge.scan(3)
    before = await quarantined(arbedge)
    arbedge.restart()
    arbedge.break_("okx", "status", value=500)
    await arbedge.scan(3)
    assert await quarantined(arbedge) == before


async def test_an_exchange_that_spikes_for_two_scans_is_withheld_and_not_quarantined(arbedge: World):
    await arbedge.say(PRIYA, "/start")
    await arbedge.scan()
    arbedge.sandbox.shift("okx", "spot", "LTC/USDT", 1_200, 15)
    await arbedge.scan(4)
    assert not [key for key in await quarantined(arbedge) if "LTC" in key]
    assert arbedge.alerts(PRIYA, "LTC") == []
    arbedge.sandbox.shift("okx", "spot", "LTC/USDT", 60, 600)
    await arbedge.scan(2)
    assert arbedge.alerts(PRIYA, "LTC"), "it is compared as before"


async def test_an_exchange_whose_prices_are_all_wrong_is_not_a_thousand_collisions(arbedge: World):
    await arbedge.scan()
    for row in arbedge.sandbox.market.source.boards["okx", "spot"]:
        arbedge.sandbox.shift("okx", "spot", f"{row.base}/{row.quote}", 2_000, 3600)
    await arbedge.scan(4)
    assert len(await quarantined(arbedge)) < 20


async def test_why_and_status_name_the_quarantine(arbedge: World):
    await arbedge.say(PRIYA, "/start")
    await arbedge.say(ADA, "/start")
    await arbedge.say(FIONA, "/start")
    await arbedge.scan(3)
    why = (await arbedge.say(PRIYA, "/why tide"))[-1]["parameters"]["text"]
    assert "okx:spot:TIDE-USDT" in why
    assert "quarantine" in why
    price = (await arbedge.say(PRIYA, "/price tide"))[-1]["parameters"]["text"]
    assert "okx:spot:TIDE-USDT" in price
    assert "compared with nothing" in price
    assert "compared with nothing" not in (await arbedge.say(PRIYA, "/price btc"))[-1]["parameters"]["text"]
    assert "names several coins" in (await arbedge.say(PRIYA, "/why HOT"))[-1]["parameters"]["text"]
    assert "<b>Why</b> · HOT.OKX" in (await arbedge.say(PRIYA, "/why hot.okx"))[-1]["parameters"]["text"]
    assert "Quarantine: " in (await arbedge.say(ADA, "/status"))[-1]["parameters"]["text"]
    plain = (await arbedge.say(FIONA, "/status"))[-1]["parameters"]["text"]
    assert "Quarantine" not in plain
    assert "read for the first time" in plain


async def test_only_a_change_is_written_down(arbedge: World):
    await arbedge.scan(3)
    before = arbedge.env.DB.sqlite.execute("SELECT scan_id FROM quarantine").rows
    await arbedge.env.advance(TICK_MS)
    await arbedge.scan(2)
    assert arbedge.env.DB.sqlite.execute("SELECT scan_id FROM quarantine").rows == before
