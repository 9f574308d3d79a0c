"""Whoever reads the API's detail, or the books in the bot, can recompute a net edge of every type from it alone."""

import re
from collections.abc import AsyncIterator
from decimal import Decimal as D
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.by_detail import recompute_shown
from tests.integration.world import PRIYA, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS: list[tuple[str, list[str]]] = [
    ("cross_exchange", ["spot", "spot"]),
    ("spot_perp", ["spot", "perp"]),
    ("spot_perp", ["perp", "spot"]),
    ("funding", ["perp", "perp"]),
    ("triangular", ["spot", "spot", "spot"]),
]
ASKED: list[dict[str, Any]] = [{}, {"size_quote": 400, "horizon_h": 7}, {"size_quote": 700, "horizon_h": 48}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """With something of every kind."""
    world = World()
    world.sandbox.shift("okx", "spot", "LTC/USDT", 60, 3_600)
    world.sandbox.shift("bybit", "perp", "LTC/USDT", 60, 3_600)
    world.sandbox.shift("okx", "perp", "ADA/USDT", -60, 3_600)
    world.sandbox.shift("okx", "spot", "LTC/BTC", 90, 3_600)
    await world.say(PRIYA, "/start")
    await world.scan(2)
    yield world
    await world.aclose()


async def find(world: World, kind: str, markets: list[str]) -> dict[str, Any]:
    listed = (await world.get("/opportunities", limit=100, type=kind)).json()["data"]
    return next(one for one in listed if [leg["market"] for leg in one["legs"]] == markets)


@pytest.mark.parametrize(("kind", "markets"), KINDS, ids=str)
async def test_the_detail_shows_all_that_a_net_edge_is_made_of(world: World, kind: str, markets: list[str]):
    one = await find(world, kind, markets)
    for asked in ASKED:
        shown = (await world.get(f"/opportunities/{one['id']}", **asked)).json()["data"]
        assert shown["valued"]["refused"] is None
        assert abs(float(recompute_shown(shown)) - shown["net_bps"]) < 0.001
        for leg in shown["legs"]:
            assert (leg["funding"] is not None) == (leg["market"] == "perp")
            assert 0 <= leg["age_ms"] < 60_000
            assert leg["source"] == "api"
            if leg["funding"]:
                assert 0 <= leg["funding"]["age_ms"] < 60_000, "a rate has an age of its own"
                assert leg["funding"]["source"] == "api"
        assert shown["valued"]["at"] == shown["updated_at"]


@pytest.mark.parametrize(("kind", "markets"), KINDS[:4], ids=str)
async def test_the_sums_under_the_books_in_the_bot_come_to_the_net(world: World, kind: str, markets: list[str]):
    one = await find(world, kind, markets)
    await world.env.advance(5_000)
    listing = await world.say(PRIYA, f"/opportunities {one['asset']}")
    panel = listing[-1]["result"]["message_id"]
    calls = await world.tap(PRIYA, panel, f"op:d:{one['id']}:0")
    buttons = [button for row in calls[-1]["parameters"]["reply_markup"]["inline_keyboard"] for button in row]
    [books] = [button["callback_data"] for button in buttons if button["text"] == "Books"]
    await world.env.advance(5_000)
    text = (await world.tap(PRIYA, panel, books))[-1]["parameters"]["text"]
    cash = D(0)
    for verb, amount, fee in re.findall(r"(paid|received) ([\d.]+) USDT, fee (?:\S+ \w+ = )?([\d.]+) USDT", text):
        cash += (D(amount) if verb == "received" else -D(amount)) - D(fee)
    for verb, amount in re.findall(r"times: (paid|received) ([\d.]+) USDT", text):
        cash += D(amount) if verb == "received" else -D(amount)
    if kind == "cross_exchange":
        cash -= D(one["size_quote"]) * 2 / 10_000
    assert cash / D(one["size_quote"]) * 10_000 == pytest.approx(D(str(one["net_bps"])), abs=D("0.001"))
    assert f"Net <b>{one['net_bps']:+.2f} bps</b>" in text
