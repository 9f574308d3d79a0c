"""Assets get their coin's id, chain and contract each hour; without CoinMarketCap nothing is lost or invented."""

from collections.abc import AsyncIterator

import pytest

from arbedge.entrypoints.cron import run_cron
from tests.integration.world import PRIYA, World

HOURLY = "0 * * * *"


@pytest.fixture
async def arbedge() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.aclose()


async def join(world: World) -> None:
    await run_cron(world.services(), HOURLY, world.clock.now_ms())


async def test_assets_are_joined_with_their_coins(arbedge: World):
    await join(arbedge)
    assert await arbedge.services().assets.count() == {}, "there are no instruments yet"
    await arbedge.scan()
    await join(arbedge)
    assets = arbedge.services().assets
    bitcoin, pepe, hot = await assets.load("BTC"), await assets.load("PEPE"), await assets.load("HOT.OKX")
    assert bitcoin
    assert (bitcoin.state, bitcoin.cmc_id, bitcoin.name) == ("matched", 1, "Bitcoin")
    assert pepe
    assert (pepe.cmc_id, pepe.chain) == (24478, "ethereum")
    assert pepe.contract
    assert hot
    assert (hot.state, hot.cmc_id) == ("matched", 900001), "of several coins the one that costs what it costs"
    counts = (await arbedge.get("/market/exchanges")).json()["meta"]["assets"]
    assert counts["matched"] > 50
    await arbedge.say(PRIYA, "/start")
    told = (await arbedge.say(PRIYA, "/why pepe"))[-1]["parameters"]["text"]
    assert "id 24478" in told
    assert "1000PEPE on binance" in told


async def test_prices_that_are_asked_for_tell_namesakes_apart(arbedge: World):
    await arbedge.scan()
    spent = arbedge.sandbox.cmc.account.credits_used
    await join(arbedge)
    assets = arbedge.services().assets
    hot, holo = await assets.load("HOT.OKX"), await assets.load("HOT.BINANCE")
    assert hot
    assert holo
    assert (hot.cmc_id, holo.cmc_id) == (900001, 2682)
    assert arbedge.sandbox.cmc.account.credits_used - spent <= 3, "a quarter of a day's credits at 24 runs"


async def test_without_prices_namesakes_stay_open(arbedge: World):
    arbedge.break_("cmc", "status", value=500, path="quotes/latest")
    arbedge.break_("cmc", "status", value=500, path="listings/latest")
    await arbedge.scan()
    await join(arbedge)
    hot = await arbedge.services().assets.load("HOT.OKX")
    assert hot
    assert (hot.state, sorted(hot.cmc_candidates)) == ("ambiguous", [2682, 900001])
    assert (await arbedge.get("/market/exchanges")).json()["meta"]["assets"]["ambiguous"] >= 1


async def test_without_coinmarketcap_what_was_joined_stays(arbedge: World):
    await arbedge.scan()
    await join(arbedge)
    before = await arbedge.services().assets.count()
    arbedge.break_("cmc", "status", value=500)
    await arbedge.env.advance(2 * 86_400_000)
    await join(arbedge)
    assert await arbedge.services().assets.count() == before
