"""Preferences over HTTPS, and every figure of the API at the reader's own size, horizon and minimum."""

from base64 import urlsafe_b64encode
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.integration.http.builders import opportunity
from tests.integration.http.world import World
from tests.unit.domain.builders import NOW
from tests.unit.domain.stored import stored

PRO, FREE = "user_pro_789", "user_free_123"
PATH = "/users/preferences"
DEFAULTS = {
    "size_quote": "1000",
    "horizon_h": 24,
    "min_net_bps": {"cross_exchange": 10.0, "funding": 15.0, "spot_perp": 15.0, "technical": 15.0, "triangular": 10.0},
    "alerts": dict.fromkeys(("cross_exchange", "funding", "spot_perp", "triangular"), "on") | {"technical": "off"},
}


async def change(world: World, as_: str = PRO, status: int = 200, **body: Any) -> Any:
    return await world.ask(PATH, as_, method="PUT", json=body, status=status)


def covers(data: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(covers(data[name], one) if isinstance(one, dict) else data[name] == one for name, one in wanted.items())


async def test_whoever_chose_nothing_has_the_defaults_and_is_told_so(world: World):
    data = (await world.ask(PATH, PRO))["data"]
    assert covers(data, DEFAULTS)
    assert covers(data["defaults"], DEFAULTS)
    assert (data["own"], data["version"], data["updated_at"]) == ([], 0, None)


async def test_a_put_merges_and_null_gives_the_default_back(world: World):
    await change(world, size_quote=2500.5, alerts={"funding": "off"})
    data = (await change(world, min_net_bps={"funding": 20}, horizon_h=48, alerts={"spot_perp": "silent"}))["data"]
    assert data["own"] == [
        "size_quote", "horizon_h", "min_net_bps.funding", "alerts.funding", "alerts.spot_perp",
    ]  # fmt: skip
    assert (data["size_quote"], data["horizon_h"], data["version"]) == ("2500.5", 48, 2)
    assert data["min_net_bps"] == DEFAULTS["min_net_bps"] | {"funding": 20.0}
    assert data["alerts"] == DEFAULTS["alerts"] | {"funding": "off", "spot_perp": "silent"}
    assert (await world.ask(PATH, PRO))["data"] == data
    back = (await change(world, size_quote=None, horizon_h=None, min_net_bps=None, alerts={"funding": None}))["data"]
    assert back["own"] == ["alerts.spot_perp"]
    assert covers(back, {"size_quote": "1000", "horizon_h": 24})
    assert (await world.ask(PATH, FREE))["data"]["own"] == [], "they are one person's"


async def test_what_was_given_may_be_sent_back(world: World):
    data = (await change(world, size_quote="2500.50"))["data"]
    again = {name: data[name] for name in ("size_quote", "horizon_h", "min_net_bps", "alerts", "version")}
    assert (await change(world, **again))["data"]["size_quote"] == "2500.5"


async def test_a_change_made_for_another_version_is_refused_and_changes_nothing(world: World):
    await change(world, horizon_h=8, version=0)
    refused = await change(world, horizon_h=9, version=0, status=409)
    assert refused["error"]["code"] == "version_conflict"
    assert (await world.ask(PATH, PRO))["data"]["horizon_h"] == 8
    assert (await change(world, horizon_h=9, version=1))["data"]["version"] == 2


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"size_quote": 9.99}, {"size_quote"}),
        ({"size_quote": 1_000_001}, {"size_quote"}),
        ({"size_quote": "1e3"}, {"size_quote"}),
        ({"size_quote": "9"}, {"size_quote"}),
        ({"size_quote": True}, {"size_quote"}),
        ({"horizon_h": 0}, {"horizon_h"}),
        ({"horizon_h": 721}, {"horizon_h"}),
        ({"horizon_h": 1.5}, {"horizon_h"}),
        ({"horizon_h": "24"}, {"horizon_h"}),
        ({"min_net_bps": {"funding": -1}}, {"min_net_bps.funding"}),
        ({"min_net_bps": {"funding": 1001}}, {"min_net_bps.funding"}),
        ({"min_net_bps": {"lottery": 1}}, {"min_net_bps.lottery"}),
        ({"min_net_bps": 5}, {"min_net_bps"}),
        ({"alerts": {"funding": "loud"}}, {"alerts.funding"}),
        ({"version": -1}, {"version"}),
        ({"risk_tolerance": 0.5, "types": []}, {"risk_tolerance", "types"}),
        ([], {"body"}),
        ("null", {"body"}),
    ],
)
async def test_what_does_not_fit_is_named_and_the_fields_that_act_are_listed(world: World, body: Any, fields: set[str]):
    error = (await world.ask(PATH, PRO, method="PUT", json=body, status=422))["error"]
    assert {one["field"] for one in error["details"]["fields"]} == fields
    assert "size_quote, horizon_h, min_net_bps, alerts, version" in error["message"]
    assert (await world.ask(PATH, PRO))["data"]["version"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"\xff", b"[" * 50_000])
async def test_a_body_that_is_not_json_is_400(world: World, body: bytes):
    error = (await world.ask(PATH, PRO, method="PUT", content=body, status=400))["error"]
    assert error["code"] == "not_json"


async def test_a_stranger_has_no_preferences(world: World):
    await world.ask(PATH, status=401)
    await world.ask(PATH, status=401, method="PUT", json={"horizon_h": 1})


# -- what is read, at one's own size

THIN, DEEP, LITTLE = "SOL", "ETH", "ADA"


async def open_three(world: World) -> dict[str, Any]:
    """One that pays only up to 1,000 USDT, one that pays up to the end of its books, and one in between."""
    found = {
        THIN: stored(THIN, first="10", sell_at="100.7"),
        DEEP: stored(DEEP, first="100", sell_at="100.6"),
        LITTLE: stored(LITTLE, first="30", sell_at="100.65"),
    }
    await world.services.opportunities.save(list(found.values()))
    return found


async def listed(world: World, query: str = "", as_: str = PRO) -> tuple[list[str], Any]:
    answer = await world.ask(f"/opportunities{query}", as_)
    return [one["asset"] for one in answer["data"]], answer["meta"]


async def test_the_list_is_valued_sorted_and_filtered_at_ones_own_size(world: World):
    await open_three(world)
    assets, meta = await listed(world)
    assert assets == [THIN, LITTLE, DEEP]
    assert (meta["left_out"], meta["is_cut"]) == (0, False)
    assert covers(meta["gauge"], {"size_usdt": "1000", "size_from": "default", "own_minimums": []})
    await change(world, size_quote=3300)
    assets, meta = await listed(world)
    assert assets == [DEEP, LITTLE], "the thin one costs 10 bps a thousand more, and LITTLE's last 300 pay a hundredth"
    assert covers(meta["gauge"], {"size_usdt": "3300", "size_from": "own", "horizon_from": "default"})
    assert meta["left_out"] == 1
    [miss] = meta["closest"]
    assert (miss["asset"], miss["reason"], miss["numbers"]["size_usdt"]) == (THIN, "depth", 3300)
    assert miss["opportunity_id"]


async def test_what_is_below_ones_own_minimum_leaves_the_list_and_says_what_it_lacks(world: World):
    found = await open_three(world)
    await change(world, size_quote=1900, min_net_bps={"cross_exchange": 30})
    assets, meta = await listed(world)
    assert assets == [LITTLE, DEEP]
    [miss] = meta["closest"]
    assert (miss["opportunity_id"], miss["reason"], meta["left_out"]) == (found[THIN].id, "below_minimum", 1)
    # 19 units: ten at 100, nine at 101, sold at 100.7.
    by_hand = (Decimal(19) * Decimal("100.7") * Decimal("0.999") - 1909 * Decimal("1.001")) / 1900 * 10_000 - 2
    assert miss["numbers"] == {
        "size_usdt": 1900,
        "gross_bps": 70,
        "net_bps": pytest.approx(float(by_hand), abs=0.001),
        "minimum_bps": 30,
    }
    assert miss["net_bps"] == pytest.approx(47.93, abs=0.01), "beside what it is worth at the scan's size"


async def test_min_edge_filters_by_ones_own_edge_and_is_nobodys_minimum(world: World):
    await open_three(world)
    await change(world, size_quote=1900)
    assets, meta = await listed(world, "?min_edge_bps=40")
    assert (assets, meta["left_out"]) == ([LITTLE], 1)


async def test_a_size_of_ones_own_opens_and_closes_no_plan(world: World):
    wide = stored("XRP", first="10", sell_at="101")
    await world.services.opportunities.save([wide])
    await change(world, FREE, size_quote=1900)
    assert (await listed(world, as_=FREE))[0] == []
    assert (await listed(world, as_=FREE))[1]["closest"] == []
    await world.ask(f"/opportunities/{wide.id}?size_quote=1900", FREE, status=403)
    await change(world, PRO, size_quote=1900)
    answer = await world.ask("/opportunities", PRO)
    assert answer["data"][0]["is_premium"] is True
    assert answer["data"][0]["net_bps"] < 50


async def test_pages_at_ones_own_size_cover_everything_once(world: World):
    many = [stored(f"A{n}", first=str(13 + n % 4), sell_at=f"100.{60 + n % 3}") for n in range(11)]
    await world.services.opportunities.save(many)
    await change(world, size_quote=1500)
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = await world.ask("/opportunities", PRO, params={"limit": 4} | ({"cursor": cursor} if cursor else {}))
        seen += answer["data"]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
        assert len(answer["data"]) == 4
    assert len({one["id"] for one in seen}) == len(seen)
    assert len(seen) + answer["meta"]["left_out"] == 11
    assert len(seen) > 4
    assert all(before["net_bps"] >= after["net_bps"] for before, after in pairwise(seen))
    assert len({one["net_bps"] for one in seen}) < len(seen), "equal ones lie on both sides of a page's end"


async def test_a_cursor_of_another_size_is_refused(world: World):
    await world.services.opportunities.save([stored(f"A{n}", first="50", sell_at="100.6") for n in range(3)])
    default = (await world.ask("/opportunities?limit=1", PRO))["next_cursor"]
    await change(world, size_quote=500)
    own = (await world.ask("/opportunities?limit=1", PRO))["next_cursor"]
    await change(world, size_quote=600)
    for cursor in (default, own):
        error = (await world.ask(f"/opportunities?limit=1&cursor={cursor}", PRO, status=400))["error"]
        assert error["code"] == "bad_cursor"
    await change(world, size_quote=None)
    await world.ask(f"/opportunities?limit=1&cursor={own}", PRO, status=400)


FORGED = [
    '["sNaN",24,1.0,"{id}"]',
    '["NaN",24,1.0,"{id}"]',
    '["1E+99999999",24,1e308,"{id}"]',
    '["500",{n},1.0,"{id}"]',
]


@pytest.mark.parametrize("forged", FORGED)
async def test_a_forged_cursor_is_refused(world: World, forged: str):
    await change(world, size_quote=500)
    text = forged.replace("{id}", "0" * 16).replace("{n}", "9" * 40)
    cursor = urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    error = (await world.ask(f"/opportunities?limit=1&cursor={cursor}", PRO, status=400))["error"]
    assert error["code"] == "bad_cursor"


async def test_more_than_are_valued_at_once_is_said(world: World):
    await world.services.opportunities.save([opportunity(f"A{n}", "20") for n in range(101)])
    await change(world, min_net_bps={"cross_exchange": 5})
    answer = await world.ask("/opportunities?limit=50", PRO)
    assert (len(answer["data"]), answer["meta"]["is_cut"]) == (50, True)


async def test_one_opportunity_at_any_size(world: World):
    found = stored("SOL", kind="funding", first="10", rate=0.002)
    await world.services.opportunities.save([found])
    path = f"/opportunities/{found.id}"
    default = (await world.ask(path, PRO))["data"]
    assert default["valued"] == {
        "at": NOW, "usdt_in_quote": "1",
        "size_usdt": "1000", "size_from": "default", "horizon_h": 24, "horizon_from": "default",
        "min_net_bps": 15.0, "min_net_from": "default", "refused": None,
    }  # fmt: skip
    await change(world, size_quote=500, horizon_h=48, min_net_bps={"funding": 40})
    own = (await world.ask(path, PRO))["data"]
    assert covers(own["valued"], {"size_usdt": "500", "size_from": "own", "horizon_h": 48, "min_net_bps": 40.0})
    assert own["waterfall"][0]["bps"] == 120, "six settlements of 0.2 %"
    assert (own["size_quote"], own["horizon_h"], own["legs"][0]["vwap"]) == ("500", 48, "100")
    assert own["curve"][0]["net_bps"] == pytest.approx(own["net_bps"], abs=0.01), "the curve is of the horizon too"
    asked = (await world.ask(f"{path}?size_quote=1500&horizon_h=8", PRO))["data"]
    assert covers(asked["valued"], {"size_usdt": "1500", "size_from": "asked", "horizon_h": 8, "refused": None})
    assert (asked["waterfall"][0]["bps"], asked["size_quote"]) == (20, "1500")
    parts = [Decimal(str(part["bps"])) for part in asked["waterfall"]]
    assert sum(parts[:-1]) == parts[-1]
    assert Decimal(asked["legs"][0]["vwap"]) == pytest.approx((1000 + 505) / Decimal(15), abs=Decimal("1e-9"))


async def test_a_size_that_cannot_be_had_says_why_beside_the_scans_own_figures(world: World):
    found = stored("SOL", first="10", min_notional=Decimal(50))
    await world.services.opportunities.save([found])
    for size, reason in ((50_000, "depth"), (20, "min_notional")):
        data = (await world.ask(f"/opportunities/{found.id}?size_quote={size}", PRO))["data"]
        assert covers(data["valued"], {"size_usdt": "1000", "size_from": "default"})
        assert covers(data["valued"]["refused"], {"size_usdt": str(size), "size_from": "asked", "reason": reason})
        assert data["net_bps"] == float(found.net_bps)


async def test_an_older_record_is_shown_as_it_was_found(world: World):
    found = opportunity("BTC", "12.5")
    await world.services.opportunities.save([found])
    data = (await world.ask(f"/opportunities/{found.id}?size_quote=500", PRO))["data"]
    assert (data["net_bps"], data["valued"]["refused"]["reason"]) == (12.5, "not_recorded")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *((f"size_quote={size}", "size_quote") for size in ("9", "1000001", "nan", "", "ten")),
        *((f"horizon_h={hours}", "horizon_h") for hours in ("0", "721", "1.5", "")),
        ("size=5", "size"),
    ],
)
async def test_a_size_out_of_bounds_is_refused(world: World, query: str, field: str):
    found = stored()
    await world.services.opportunities.save([found])
    error = (await world.ask(f"/opportunities/{found.id}?{query}", PRO, status=422))["error"]
    assert {one["field"] for one in error["details"]["fields"]} == {field}


async def test_why_judges_by_ones_own_size_and_minimum(world: World):
    found = stored("SOL", first="10", sell_at="100.6")
    await world.services.opportunities.save([found])
    path = f"/opportunities/{found.id}/why"

    async def ask() -> tuple[str | None, str]:
        data = (await world.ask(path, FREE))["data"]
        return data["own_reason"], data["open"][0]["valued"]["size_usdt"]

    assert await ask() == (None, "1000")
    await change(world, FREE, size_quote=1900)
    assert await ask() == ("below_own_minimum", "1900")
    await change(world, FREE, size_quote=10_000)
    assert await ask() == ("own_size", "1000")
    await change(world, FREE, size_quote=500, min_net_bps={"cross_exchange": 37})
    assert await ask() == (None, "500")
    await change(world, FREE, min_net_bps={"cross_exchange": 38})
    assert await ask() == ("below_own_minimum", "500")
