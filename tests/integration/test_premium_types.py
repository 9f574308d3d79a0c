"""Spot against a perpetual, and a triangle: found, told to whom the plan includes them, and checked by hand."""

from typing import Any

import pytest
from msgspec import json

from tests.integration.by_hand import recompute_cycle, recompute_holding
from tests.integration.world import FIONA, PAVEL, PRIYA, World, told_id


async def open_detail(world: World, kind: str, **wanted: Any) -> list[dict[str, Any]]:
    answer = await world.get("/opportunities", limit=50, type=kind, **wanted)
    assert answer.status_code == 200
    return [(await world.get(f"/opportunities/{one['id']}")).json()["data"] for one in answer.json()["data"]]


async def open_to_all(world: World) -> None:
    for person in (FIONA, PAVEL, PRIYA):
        await world.say(person, "/start")


async def require_premium_only(world: World, found: dict[str, Any]) -> None:
    """Who has the plan is told, lists and opens it; who has not is not told, and no door shows it."""
    for person in (PAVEL, PRIYA):
        assert found["id"] in {told_id(alert) for alert in world.alerts(person)}
    assert found["id"] not in {told_id(alert) for alert in world.alerts(FIONA)}
    answer = await world.get(f"/opportunities/{found['id']}", user="user_free_123")
    assert answer.status_code == 403
    answer = await world.get(f"/opportunities/{found['id']}/why", user="user_free_123")
    assert answer.status_code == 403
    listing = (await world.get("/opportunities", user="user_free_123", type=found["type"])).json()
    assert (listing["data"], listing["meta"]["closest"], listing["meta"]["is_premium_included"]) == ([], [], False)
    calls = await world.say(FIONA, f"/opportunities {found['type']}")
    assert "Only" not in (text := calls[-1]["parameters"]["text"])
    assert found["legs"][0]["symbol"] not in text


def require_sums(found: dict[str, Any]) -> None:
    parts = found["waterfall"]
    assert (parts[0]["label"], parts[-1]["label"]) == ("gross", "net")
    assert sum(part["bps"] for part in parts[:-1]) == pytest.approx(parts[-1]["bps"], abs=1e-9)


async def test_a_dear_perpetual_is_sold_against_spot_and_the_figures_can_be_checked_by_hand(arbedge: World):
    await open_to_all(arbedge)
    arbedge.sandbox.shift("bybit", "perp", "LTC/USDT", 60, 600)
    await arbedge.scan(2)
    found = await open_detail(arbedge, "spot_perp", asset="LTC", exchange="bybit")
    assert found
    for one in found:
        require_sums(one)
        assert [(leg["market"], leg["side"]) for leg in one["legs"]] == [("spot", "buy"), ("perp", "sell")]
        assert one["legs"][1]["exchange"] == "bybit"
        assert one["legs"][1]["funding"]["rate"] > 0.004
        assert (one["needs_inventory"], one["is_premium"], one["horizon_h"]) == (False, True, 24)
        by_hand = await recompute_holding(arbedge.exchanges, one, arbedge.clock.now_ms())
        assert abs(float(by_hand) - one["net_bps"]) < 0.001
    await require_premium_only(arbedge, found[0])


async def test_a_cheap_perpetual_needs_the_asset_in_stock_and_says_so(arbedge: World):
    await open_to_all(arbedge)
    arbedge.sandbox.shift("okx", "perp", "LTC/USDT", -60, 600)
    await arbedge.scan(2)
    [one, *_] = await open_detail(arbedge, "spot_perp", asset="LTC", exchange="okx")
    assert [(leg["market"], leg["side"]) for leg in one["legs"]] == [("perp", "buy"), ("spot", "sell")]
    assert one["needs_inventory"] is True
    by_hand = await recompute_holding(arbedge.exchanges, one, arbedge.clock.now_ms())
    assert abs(float(by_hand) - one["net_bps"]) < 0.001
    [alert] = [call for call in arbedge.alerts(PRIYA) if told_id(call) == one["id"]]
    assert "needs_inventory" in alert["parameters"]["text"]
    button = alert["parameters"]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await arbedge.env.advance(30_000)  # Telegram lets one chat have one message a second
    calls = await arbedge.tap(PRIYA, alert["result"]["message_id"], button)
    shown = calls[-1]["parameters"]["text"]
    for words in ("needs_inventory", "Long OKX perpetual", "Sell", "exit basis", "Held for 24 h", "funding"):
        assert words in shown


@pytest.mark.parametrize(("bps", "sides"), [(90, ["buy", "sell", "sell"]), (-90, ["buy", "buy", "sell"])])
async def test_a_cross_pair_out_of_line_is_a_triangle_whose_figures_can_be_checked_by_hand(
    arbedge: World, bps: int, sides: list[str]
):
    await open_to_all(arbedge)
    arbedge.sandbox.shift("okx", "spot", "LTC/BTC", bps, 600)
    await arbedge.scan(2)
    [one, *_] = [found for found in await open_detail(arbedge, "triangular", asset="LTC") if found["quote"] == "USDT"]
    require_sums(one)
    assert {leg["exchange"] for leg in one["legs"]} == {"okx"}
    assert [leg["side"] for leg in one["legs"]] == sides
    assert [leg["fee_currency"] for leg in one["legs"]] == (
        ["LTC", "BTC", "USDT"] if bps > 0 else ["BTC", "LTC", "USDT"]
    )
    assert (one["asset"], one["quote"], one["is_premium"], one["horizon_h"]) == ("LTC", "USDT", True, None)
    assert abs(float(await recompute_cycle(arbedge.exchanges, one)) - one["net_bps"]) < 0.001
    await require_premium_only(arbedge, one)
    [alert] = [call for call in arbedge.alerts(PRIYA) if told_id(call) == one["id"]]
    for words in ("OKX: USDT →", "fee leg 1", "rounding"):
        assert words in alert["parameters"]["text"]


async def test_near_misses_of_the_premium_plan_leave_room_for_the_others(arbedge: World):
    """The best five are cut after what the reader may not see is out."""
    await open_to_all(arbedge)
    await arbedge.scan(2)
    (report,) = arbedge.env.DB.sqlite.execute("SELECT report FROM scans ORDER BY id DESC LIMIT 1", ()).rows[0]
    document = json.decode(report)
    own = next(drop for drop in document["nearest"] if drop["candidate"]["type"] == "funding")
    premium = {**own, "candidate": {**own["candidate"], "type": "spot_perp"}}
    document["nearest"] = [premium] * 5 + [own]
    arbedge.env.DB.sqlite.execute("UPDATE scans SET report = ?", (json.encode(document).decode(),))
    listing = await arbedge.get("/opportunities", user="user_free_123")
    assert [row["type"] for row in listing.json()["meta"]["closest"]] == ["funding"]
    assert arbedge.alerts(FIONA, own["candidate"]["asset"]) == [], "nothing of it is open"
    text = (await arbedge.say(FIONA, f"/opportunities {own['candidate']['asset']}"))[-1]["parameters"]["text"]
    assert own["candidate"]["legs"][0]["symbol"] in text
