"""An execution now, simulated: the same numbers as by hand from the books of the moment, or one reason why not."""

import re
from collections.abc import AsyncIterator
from decimal import Decimal as D
from typing import Any

import pytest

from tests.integration.by_hand import net_bps, read_side
from tests.integration.http.world import check_answer
from tests.integration.world import FIONA, PRIYA, World, told_id

LTC = ("okx", "spot", "LTC/USDT")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """With a gap in LTC that is confirmed."""
    world = World()
    world.sandbox.shift(*LTC, 60, 3_600)
    await world.scan(2)
    yield world
    await world.aclose()


async def find(world: World, **wanted: Any) -> dict[str, Any]:
    found = (await world.get("/opportunities", limit=50, **({"asset": "LTC"} | wanted))).json()["data"]
    assert found, wanted
    return found[0]


async def simulate(world: World, id_: str, status: int = 200, user: str = "user_pro_789", **body: Any) -> Any:
    answer = await world.post(f"/opportunities/{id_}/simulate", user, **body)
    assert answer.status_code == status, answer.text
    check_answer(answer)
    return answer.json()["data"] if status == 200 else answer.json()["error"]


async def test_the_numbers_are_those_of_the_books_of_now_at_the_amount(world: World):
    one = await find(world, type="cross_exchange")
    world.sandbox.shift(*LTC, -10, 3_600)
    found = await simulate(world, one["id"], amount="2500")
    buy, sell = found["legs"]
    asks = await read_side(world.exchanges, buy["exchange"], buy["symbol"], "asks")
    bids = await read_side(world.exchanges, sell["exchange"], sell["symbol"], "bids")
    size = D(found["size_base"])
    assert 0 <= 2500 - size * asks[0][0] < asks[0][0]
    assert found["net_bps"] == pytest.approx(float(net_bps(asks, bids, size)), abs=0.001)
    assert (found["executable"], found["reason"]) == (True, None)
    assert D(buy["quantity"]) == D(sell["quantity"]) == size
    for leg, levels in ((buy, asks), (sell, bids)):
        reached, depth = levels[0][0], D(0)
        for price, held in levels:
            if depth >= size:
                break
            reached, depth = price, depth + held
        assert D(leg["limit_price"]) == reached, "an IOC order at this price, and at none better, takes it all"
        assert D(leg["notional"]) == pytest.approx(D(leg["vwap"]) * size)
        assert 0 <= leg["age_ms"] <= 3_000
        assert (leg["source"], leg["mode"]) == ("api", "synthetic")
    assert (D(buy["fee"]), buy["fee_currency"]) == (size / 1000, "LTC")
    assert (D(sell["fee"]), sell["fee_currency"]) == (pytest.approx(D(sell["notional"]) / 1000), "USDT")
    parts = [part["bps"] for part in found["waterfall"]]
    assert sum(map(D, map(str, parts[:-1]))) == D(str(parts[-1])) == D(str(found["net_bps"]))
    claimed = found["claimed"]
    assert claimed["net_bps"] == one["net_bps"]
    assert claimed["now_bps"] == pytest.approx(claimed["net_bps"] - 10, abs=0.5), "the same size on the books of now"
    assert "balances" in found["not_checked"]
    assert found["latency"]["assumed_ms"] == 800


async def test_nothing_is_ordered_and_two_readers_share_the_books(world: World):
    one = await find(world, type="cross_exchange")
    before = len(world.sandbox.requests.entries())
    await simulate(world, one["id"], amount=1000)
    asked = world.sandbox.requests.entries()[before:]
    assert {request.method for request in asked} == {"GET"}
    assert len(asked) == 2
    again = await simulate(world, one["id"], user="user_premium_456", amount=200)
    assert {leg["source"] for leg in again["legs"]} == {"cache"}
    assert len(world.sandbox.requests.entries()) == before + 2


async def test_without_a_body_it_is_the_usual_size(world: World):
    one = await find(world, type="cross_exchange")
    answer = await world.api.post(f"/api/v1/opportunities/{one['id']}/simulate", headers={"X-User-ID": "user_pro_789"})
    assert answer.json()["data"]["amount"] == "1000"


async def test_what_cannot_be_executed_says_one_reason_with_its_numbers(world: World):
    one = await find(world, type="cross_exchange")
    thin = await simulate(world, one["id"], amount=1_000_000)
    assert (thin["executable"], thin["reason"], thin["net_bps"]) == (False, "depth", None)
    assert thin["numbers"]["wanted"] > thin["numbers"]["available"]
    assert [leg["quantity"] for leg in thin["legs"]] == [None, None]
    small = await simulate(world, one["id"], amount=1)
    assert small["reason"] in {"min_notional", "min_size"}
    world.sandbox.shift(*LTC, -60, 3_600)
    await world.env.advance(5_000)
    gone = await simulate(world, one["id"], amount=1000)
    assert (gone["executable"], gone["reason"]) == (False, "fees")
    assert gone["net_bps"] < 0 < gone["claimed"]["net_bps"]
    assert gone["numbers"]["minimum_bps"] == gone["minimum_bps"] == 10.0
    await world.scan(3)
    over = await simulate(world, one["id"], amount=1000)
    assert (over["executable"], over["reason"], over["legs"]) == (False, "ended", [])


async def test_an_exchange_that_fails_or_is_left_alone_is_the_reason(world: World):
    one = await find(world, type="cross_exchange")
    world.break_("okx", "status", value=500)
    assert (await simulate(world, one["id"]))["reason"] == "book_unavailable"
    world.sandbox.faults.clear()
    await world.env.advance(20_000)
    world.env.DB.sqlite.execute(
        "UPDATE feeds SET state = 'down', failures = 3, retry_at = ? WHERE exchange = 'okx' AND market = 'spot'",
        (world.clock.now_ms() + 20_000,),
    )
    before = len(world.sandbox.requests.entries("okx"))
    assert (await simulate(world, one["id"]))["reason"] == "circuit_open"
    assert len(world.sandbox.requests.entries("okx")) == before


async def test_an_exchange_that_limits_us_is_not_asked_again(world: World):
    one = await find(world, type="cross_exchange")
    world.break_("okx", "rate_limit", value=30)
    assert (await simulate(world, one["id"]))["reason"] == "rate_limited"
    world.sandbox.faults.clear()
    await world.env.advance(4_000)
    assert (await simulate(world, one["id"]))["reason"] == "rate_limited"


async def test_a_position_is_held_for_the_reader_s_own_time_and_the_claim_for_its_own(world: World):
    world.sandbox.shift("bybit", "perp", "LTC/USDT", 60, 3_600)
    await world.scan(2)
    one = await find(world, type="funding")
    day = await simulate(world, one["id"])
    answer = await world.api.put(
        "/api/v1/users/preferences", json={"horizon_h": 72}, headers={"X-User-ID": "user_pro_789"}
    )
    assert answer.status_code == 200
    long = await simulate(world, one["id"])
    shown = (await world.get(f"/opportunities/{one['id']}")).json()["data"]
    assert (day["horizon_h"], long["horizon_h"], shown["horizon_h"]) == (24, 72, 72)
    assert long["net_bps"] == pytest.approx(shown["net_bps"], abs=2.0), "as in the detail, which rests on older books"
    assert long["net_bps"] > day["net_bps"] + 50
    counted = [[leg["funding"]["settlements"] for leg in found["legs"]] for found in (long, shown, day)]
    assert counted[0] == counted[1] == [3 * count for count in counted[2]]
    assert long["claimed"]["now_bps"] == pytest.approx(day["claimed"]["now_bps"], abs=0.01)


async def test_a_premium_one_needs_the_plan_and_an_unknown_one_is_not_found(world: World):
    answer = await world.get("/opportunities", type="triangular", limit=50)
    held = (await world.get("/opportunities", type="spot_perp", limit=50)).json()["data"] + answer.json()["data"]
    assert held
    refused = await simulate(world, held[0]["id"], 403, "user_free_123", amount=100)
    assert refused["details"]["permission"] == "opportunities.premium"
    await simulate(world, "0" * 16, 404, amount=100)
    await simulate(world, "nonsense", 404, amount=100)


async def test_every_type_simulates_and_a_short_spot_leg_needs_inventory(world: World):
    seen: set[str] = set()
    for one in (await world.get("/opportunities", limit=50)).json()["data"]:
        if one["type"] in seen and not one["needs_inventory"]:
            continue
        seen.add(one["type"])
        found = await simulate(world, one["id"], amount=500)
        if found["net_bps"] is None:
            assert found["reason"] in {"depth", "min_notional", "min_size"}, found["reason"]
            continue
        if found["net_bps"] >= found["minimum_bps"]:
            assert found["executable"] is not one["needs_inventory"]
            assert found["reason"] == ("needs_inventory" if one["needs_inventory"] else None)
        parts = [D(str(part["bps"])) for part in found["waterfall"]]
        assert sum(parts[:-1]) == parts[-1]
        for leg in found["legs"]:
            worse = D(leg["limit_price"]) - D(leg["vwap"])
            assert worse >= 0 if leg["side"] == "buy" else worse <= 0
    assert {"cross_exchange", "funding", "spot_perp"} <= seen


async def test_the_bot_simulates_in_place_at_each_size(world: World):
    for person in (FIONA, PRIYA):
        await world.say(person, "/start")
    one = await find(world, type="cross_exchange")
    panel = (await world.say(PRIYA, "/opportunities ltc"))[-1]["result"]["message_id"]
    detail = (await world.tap(PRIYA, panel, f"op:d:{one['id']}:0:a:LTC"))[-1]
    asked, shown = await world.tap(PRIYA, panel, buttons(detail)["Simulate"])
    assert (asked["method"], shown["method"]) == ("answerCallbackQuery", "editMessageText")
    assert "Executable now" in shown["parameters"]["text"]
    assert "with 1,000.00 USDT" in shown["parameters"]["text"]
    assert "IOC limit" in shown["parameters"]["text"]
    assert "No order was placed" in shown["parameters"]["text"]
    larger = (await world.tap(PRIYA, panel, buttons(shown)["5,000"]))[-1]
    assert "with 5,000.00 USDT" in larger["parameters"]["text"]
    assert "• 5,000" in buttons(larger)
    back = (await world.tap(PRIYA, panel, buttons(larger)["Back to it"]))[-1]
    assert "Simulate" in buttons(back)
    near = (await world.tap(PRIYA, panel, buttons(back)["Similar"]))[-1]
    assert "Like LTC cross exchange" in re.sub("<[^>]+>", "", near["parameters"]["text"])
    assert "same asset" in near["parameters"]["text"]
    opened = (await world.tap(PRIYA, panel, buttons(near)["1"]))[-1]
    assert "Figures as of" in opened["parameters"]["text"]
    for data in (f"op:t:{'0' * 16}:0", f"op:r:{'0' * 16}"):
        gone = (await world.tap(PRIYA, panel, data))[-1]
        assert "Not found" in gone["parameters"]["text"]
        await world.tap(PRIYA, panel, "m:home")
    held = (await world.get("/opportunities", type="spot_perp", limit=50)).json()["data"]
    told = {one for alert in world.alerts(FIONA) for one in [told_id(alert)]}
    kept = next(one["id"] for one in held if one["id"] not in told)
    panel = (await world.say(FIONA, "/menu"))[-1]["result"]["message_id"]
    for data in (f"op:t:{kept}:100", f"op:r:{kept}"):
        await world.tap(FIONA, panel, "m:status")
        hidden = (await world.tap(FIONA, panel, data))[-1]
        assert "Premium" in hidden["parameters"]["text"]
        assert "IOC" not in hidden["parameters"]["text"]


def buttons(call: dict[str, Any]) -> dict[str, str]:
    rows = call["parameters"]["reply_markup"]["inline_keyboard"]
    return {button["text"]: button["callback_data"] for row in rows for button in row}
