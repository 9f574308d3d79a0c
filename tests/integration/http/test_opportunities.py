"""The opportunity routes: filters, pages, plans, one opportunity and why, and every way to ask wrongly."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from arbedge.domain.opportunity import Transition
from tests.integration.http.builders import NOW, drop, opportunity, report
from tests.integration.http.world import World

PRO = "user_pro_789"
FREE = "user_free_123"


async def save(world: World, *found) -> None:
    await world.services.opportunities.save(found)


async def record_scan(world: World, one) -> None:
    assert await world.services.scans.begin(one.scan_id, "synthetic", one.started_at)
    await world.services.scans.finish(one, {}, [])


async def list_assets(world: World, query: str = "", as_: str = PRO) -> list[str]:
    answer = await world.ask(f"/opportunities{query}", as_)
    return [one["asset"] for one in answer["data"]]


async def test_an_empty_list_says_what_came_closest(world: World):
    await record_scan(world, report(drop("ETH", -3.2), drop("SOL", -8.0)))
    answer = await world.ask("/opportunities", PRO)
    assert answer["data"] == []
    assert answer["next_cursor"] is None
    assert [miss["asset"] for miss in answer["meta"]["closest"]] == ["ETH", "SOL"]
    assert answer["meta"]["closest"][0]["reason"] == "below_minimum"
    assert answer["meta"]["scan"]["age_ms"] == 2_000
    assert answer["meta"]["market_mode"] == "synthetic"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["ETH", "SOL"]),
        ("?asset=SOL", ["SOL"]),
        ("?type=funding", []),
        ("?exchange=okx", ["ETH", "SOL"]),
        ("?exchange=bybit", []),
    ],
)
async def test_the_filters_hold_for_what_came_closest(world: World, query: str, expected: list[str]):
    mistaken = drop("FAKE", 5_000.0, reason="identity")
    await record_scan(world, report(mistaken, drop("ETH", -3.2), drop("SOL", -8.0)))
    closest = (await world.ask(f"/opportunities{query}", PRO))["meta"]["closest"]
    assert [miss["asset"] for miss in closest] == expected


async def test_what_is_open_below_the_edge_that_was_asked_for_came_closest(world: World):
    await save(world, opportunity("BTC", "40"), opportunity("XRP", "20"))
    await record_scan(world, report(drop("ETH", -3.2)))
    answer = await world.ask("/opportunities?min_edge_bps=45", PRO)
    assert answer["data"] == []
    first, second, third = answer["meta"]["closest"]
    assert [one["asset"] for one in (first, second, third)] == ["BTC", "XRP", "ETH"]
    assert (first["reason"], first["numbers"]["net_bps"], first["numbers"]["minimum_bps"]) == ("below_minimum", 40, 45)
    assert first["opportunity_id"] == opportunity("BTC", "40").id
    assert [one["asset"] for one in (await world.ask("/opportunities?min_edge_bps=30", PRO))["meta"]["closest"]] == [
        "ETH"
    ]


@pytest.mark.parametrize(
    ("category", "expected"),
    [("beginner_friendly", ["ETH"]), ("low_risk", ["ETH", "SOL"]), ("ai_recommended", []), ("momentum", [])],
)
async def test_what_came_closest_is_of_the_types_that_the_category_can_hold(world: World, category: str, expected: Any):
    held = drop("SOL", -8.0)
    held = replace(held, candidate=replace(held.candidate, type="funding"))
    await record_scan(world, report(drop("ETH", -3.2), held))
    answer = await world.ask(f"/opportunities?category={category}", PRO)
    assert [one["asset"] for one in answer["meta"]["closest"]] == expected


@pytest.mark.parametrize("reason", ["unconfirmed", "not_shortlisted", "book_unavailable"])
async def test_what_lacks_only_a_further_look_is_as_premium_as_an_opportunity(world: World, reason: str):
    await record_scan(world, report(drop("ETH", 80.0, reason=reason, numbers={}), drop("SOL", -8.0)))
    told = {as_: (await world.ask("/opportunities", as_))["meta"]["closest"] for as_ in (PRO, FREE)}
    assert [miss["asset"] for miss in told[PRO]] == ["ETH", "SOL"]
    assert [miss["asset"] for miss in told[FREE]] == ["SOL"]


@pytest.mark.parametrize("kind", ["spot_perp", "triangular"])
async def test_what_came_closest_of_a_premium_type_is_shown_to_whom_the_plan_includes_it(world: World, kind: Any):
    near = drop("ETH", 4.0)
    await record_scan(world, report(replace(near, candidate=replace(near.candidate, type=kind)), drop("SOL", -8.0)))
    told = {as_: (await world.ask("/opportunities", as_))["meta"]["closest"] for as_ in (PRO, FREE)}
    assert [miss["asset"] for miss in told[PRO]] == ["ETH", "SOL"]
    assert [miss["asset"] for miss in told[FREE]] == ["SOL"]
    assert told[PRO][0]["legs"] == ["buy binance spot ETHUSDT", "sell okx spot ETH-USDT"]


@pytest.mark.parametrize("kind", ["spot_perp", "triangular"])
async def test_a_premium_type_is_hidden_at_every_door_whatever_it_is_worth(world: World, kind: Any):
    await save(world, opportunity("ETH", "16", kind=kind), opportunity("BTC", "12"))
    assert await list_assets(world, "?premium=true") == ["ETH"]
    [shown] = (await world.ask("/opportunities", FREE))["data"]
    assert shown["asset"] == "BTC"
    found = (await world.ask(f"/opportunities?type={kind}", PRO))["data"][0]
    assert found["is_premium"] is True
    for path in (f"/opportunities/{found['id']}", f"/opportunities/{found['id']}/why"):
        await world.ask(path, FREE, status=403)


async def test_before_the_first_scan_the_age_is_unknown_not_zero(world: World):
    answer = await world.ask("/opportunities", PRO)
    assert answer["meta"]["scan"] == {"age_ms": None, "mode": None, "instruments": 0, "drop_counts": {}}


async def test_the_best_comes_first_without_the_detail(world: World):
    await save(world, opportunity("BTC", "12"), opportunity("ETH", "40"), opportunity("SOL", "55"))
    answer = await world.ask("/opportunities", PRO)
    assert [one["net_bps"] for one in answer["data"]] == [55.0, 40.0, 12.0]
    assert not {"curve", "books", "transitions"} & set(answer["data"][0])


async def test_filters(world: World):
    await save(
        world,
        opportunity("BTC", "12"),
        opportunity("BTC", "30", kind="funding", exchanges=("binance", "okx")),
        opportunity("ETH", "60"),
        opportunity("SOL", "70", status="vanished", ended_at=NOW, end_reason="not_seen"),
    )
    assert await list_assets(world) == ["ETH", "BTC", "BTC"]
    assert await list_assets(world, "?asset=btc") == ["BTC", "BTC"]
    assert await list_assets(world, "?type=funding") == ["BTC"]
    assert await list_assets(world, "?exchange=binance") == ["BTC"]
    assert await list_assets(world, "?min_edge_bps=30") == ["ETH", "BTC"]
    assert await list_assets(world, "?premium=true") == ["ETH"]
    assert await list_assets(world, "?premium=false") == ["BTC", "BTC"]
    assert await list_assets(world, "?asset=ETH&type=funding") == []
    assert await list_assets(world, "?asset=%E5%B8%81%E5%AE%89") == []


async def test_pages_cover_everything_once(world: World):
    await save(world, *(opportunity(f"A{number}", "20" if number % 2 else "30") for number in range(11)))
    seen: list[dict] = []
    cursor = None
    while True:
        answer = await world.ask("/opportunities", PRO, params={"limit": 4} | ({"cursor": cursor} if cursor else {}))
        seen += answer["data"]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
        assert len(answer["data"]) == 4
    assert len({one["id"] for one in seen}) == len(seen) == 11
    assert all(before["net_bps"] >= after["net_bps"] for before, after in pairwise(seen))


@pytest.mark.parametrize(
    ("who", "limit_max"),
    [("user_free_123", 5), ("user_premium_456", 20), ("user_pro_789", 50), ("user_admin_000", 100)],
)
async def test_a_plan_decides_how_long_a_list_may_be(world: World, who: str, limit_max: int):
    await save(world, *(opportunity(f"A{number}", "20") for number in range(101)))
    answer = await world.ask("/opportunities?limit=100", who)
    assert len(answer["data"]) == answer["meta"]["limit"] == answer["meta"]["limit_max"] == limit_max


async def test_premium_opportunities_need_the_permission(world: World):
    await save(world, opportunity("BTC", "49.9999"), opportunity("ETH", "50"))
    (premium,) = [one for one in (await world.ask("/opportunities", PRO))["data"] if one["asset"] == "ETH"]
    assert await list_assets(world, as_=FREE) == ["BTC"]
    assert (await world.ask("/opportunities", FREE))["meta"]["is_premium_included"] is False
    for path in (
        "/opportunities?premium=true",
        f"/opportunities/{premium['id']}",
        f"/opportunities/{premium['id']}/why",
    ):
        refused = await world.ask(path, FREE, status=403)
        assert refused["error"]["code"] == "forbidden"
        assert refused["error"]["details"] == {"permission": "opportunities.premium"}
        assert (await world.ask(path, PRO))["success"]


async def test_what_one_was_told_one_may_open(world: World):
    found = opportunity("ETH", "70")
    await save(world, found)
    path = f"/opportunities/{found.id}"
    await world.ask(path, FREE, status=403)
    told = await world.services.people.load(FREE)
    assert told
    await world.services.deliveries.plan(found.id, [(told, False)], NOW)
    await world.ask(path, FREE, status=403)
    delivery = await world.services.deliveries.load(found.id, told.telegram_id)
    assert delivery
    assert await world.services.deliveries.claim(delivery, NOW)
    await world.services.deliveries.settle(delivery, "sent", NOW, revision=1, message_id=77)
    assert (await world.ask(path, FREE))["data"]["asset"] == "ETH"
    assert (await world.ask(f"{path}/why", FREE))["data"]["delivery"]["message_id"] == 77


async def test_the_detail_adds_up_and_can_be_checked_by_hand(world: World):
    found = opportunity("PEPE", "12.5", price="0.00000123", kind="funding", exchanges=("binance", "bybit"))
    await save(world, found)
    data = (await world.ask(f"/opportunities/{found.id}", FREE))["data"]
    labels = [part["label"] for part in data["waterfall"]]
    assert (labels[0], labels[-1]) == ("gross", "net")
    bps = [Decimal(str(part["bps"])) for part in data["waterfall"]]
    assert sum(bps[:-1]) == bps[-1] == Decimal(str(data["net_bps"]))
    buy = data["legs"][0]
    assert buy["price"] == "0.00000123", "small prices are written out, not as 1.23E-6"
    assert buy["age_ms"] == 700
    assert (buy["source"], buy["mode"]) == ("api", "synthetic")
    assert buy["funding"] == {
        "rate": 0.0001, "interval_h": 8.0, "next_at": NOW + 3_600_000, "mark": 0.00000123, "settlements": 3,
        "age_ms": None, "source": None,
    }, "an older record does not say when its rates were read"  # fmt: skip
    assert data["books"][0][0] == ["0.00000123", "2"]
    assert data["curve"][-1] == {"size_quote": data["size_quote"], "net_bps": 12.5}
    assert data["horizon_h"] == 24


async def test_an_ended_opportunity_is_still_shown_as_ended(world: World):
    ended = opportunity("BTC", status="vanished", ended_at=NOW, end_reason="below_minimum")
    ended.transitions.append(Transition("vanished", NOW, "below_minimum"))
    await save(world, ended)
    data = (await world.ask(f"/opportunities/{ended.id}", FREE))["data"]
    assert (data["status"], data["end_reason"]) == ("vanished", "below_minimum")
    assert data["transitions"][-1] == {"status": "vanished", "at": NOW, "reason": "below_minimum"}


async def test_why_names_the_persons_own_reason(world: World):
    found = opportunity("BTC", "12.5")
    await save(world, found)
    assert (await world.ask(f"/opportunities/{found.id}/why", FREE))["data"]["own_reason"] is None
    world.execute(
        "INSERT INTO preferences (user_id, payload, updated_at) VALUES (?, ?, ?)",
        FREE, '{"alerts": {"cross_exchange": "off"}}', NOW,
    )  # fmt: skip
    data = (await world.ask(f"/opportunities/{found.id}/why", FREE))["data"]
    assert data["own_reason"] == "alerts_off"
    assert data["delivery"] is None


async def test_why_shows_only_the_askers_own_delivery(world: World):
    found = opportunity("BTC", "12.5")
    await save(world, found)
    await world.ask("/opportunities", FREE)
    told = await world.services.people.load(FREE)
    assert told
    await world.services.deliveries.plan(found.id, [(told, False)], NOW)
    path = f"/opportunities/{found.id}/why"
    assert (await world.ask(path, FREE))["data"]["delivery"]["chat_id"] == told.telegram_id
    assert (await world.ask(path, PRO))["data"]["delivery"] is None


@pytest.mark.parametrize(
    "opportunity_id",
    [
        "0" * 16,
        "nonsense",
        "0" * 15,
        "0" * 17,
        "ABCDEF0123456789",
        "%00" * 16,
        "..%2f..",
        "💰",
        "a" * 3000,
        "' OR 1=1 --",
    ],
)
async def test_an_unknown_opportunity_is_404(world: World, opportunity_id: str):
    for path in (f"/opportunities/{opportunity_id}", f"/opportunities/{opportunity_id}/why"):
        if "%2f" not in path:
            assert (await world.ask(path, FREE, status=404))["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *((f"limit={value}", "limit") for value in ("0", "-1", "101", "abc", "", "1.5", "NaN", "1e3", "9" * 5000, "٣x")),
        *((f"type={value}", "type") for value in ("", "technical_", "CROSS_EXCHANGE", "cross_exchange%00")),
        *((f"exchange={value}", "exchange") for value in ("", "kraken", "Binance", "binance,okx")),
        *((f"asset={value}", "asset") for value in ("", "A" * 33, "B%20TC", "%00", "BTC%0A", "a%7Fb")),
        *((f"min_edge_bps={value}", "min_edge_bps") for value in ("", "nan", "inf", "-Infinity", "1e400", "ten", "1e7", "-1e5")),
        *((f"premium={value}", "premium") for value in ("", "maybe", "2", "null")),
        ("cursor=", "cursor"),
        ("cursor=" + "a" * 513, "cursor"),
        ("min_edge=5", "min_edge"),
        ("limit=5&offset=10", "offset"),
    ],
)  # fmt: skip
async def test_a_field_that_does_not_fit_is_named(world: World, query: str, field: str):
    error = (await world.ask(f"/opportunities?{query}", PRO, status=422))["error"]
    assert error["code"] == "invalid_fields"
    assert {one["field"] for one in error["details"]["fields"]} == {field}


async def test_all_bad_fields_are_named_at_once_and_none_is_repeated(world: World):
    secret = "sk-very-private"
    response = await world.client.get(
        f"/api/v1/opportunities?limit=0&type={secret}&exchange={secret}&premium={secret}", headers={"x-user-id": PRO}
    )
    fields = {one["field"] for one in response.json()["error"]["details"]["fields"]}
    assert fields == {"limit", "type", "exchange", "premium"}
    assert secret not in response.text


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!",
        "WzEsImEiXQ",
        "bnVsbA",
        "W10",
        "WzFlOTk5LCAiMDAwMDAwMDAwMDAwMDAwMCJd",
        "a" * 512,
        "%F0%9F%92%B0",
        "[1,2]",
    ],
)
async def test_a_cursor_from_elsewhere_is_refused(world: World, cursor: str):
    error = (await world.ask(f"/opportunities?cursor={cursor}", PRO, status=400))["error"]
    assert error["code"] == "bad_cursor"


@pytest.mark.parametrize("value", ["1", "100"])
async def test_the_ends_of_a_range_are_inside(world: World, value: str):
    await world.ask(f"/opportunities?limit={value}&min_edge_bps=-10000", PRO)
