"""What was alerted is valued again 5 s, 60 s and an expiry later, once each, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from arbedge.domain.policy import Policy
from tests.integration.by_hand import read_side, recompute
from tests.integration.world import FIONA, PAVEL, World

LTC = ("okx", "spot", "LTC/USDT")
EXPIRY_MS = Policy().unconfirmed_ms_max


class OutcomesWorld(World):
    """Scans happen when the test says so; re-pricings ring by themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.appraisers.holds_alarms = False

    async def confirm(self, bps: int = 60) -> str:
        """Opens a gap in LTC and returns the opportunity confirmed just now, its re-pricings ahead."""
        self.sandbox.shift(*LTC, bps, 3_600)
        for _ in range(2):
            await self.env.advance(10_000)
            await self.tick(self.clock.now_ms())
        found = (await self.get("/opportunities", asset="LTC", type="cross_exchange", limit=50)).json()["data"]
        assert found
        return found[0]["id"]

    async def outcomes(self, id_: str) -> dict[str, dict[str, Any]]:
        detail = (await self.get(f"/opportunities/{id_}")).json()["data"]
        return {one["step"]: one for one in detail["outcomes"]}

    def count(self) -> int:
        return self.env.DB.sqlite.execute("SELECT count(*) FROM appraisals").rows[0][0]


@pytest.fixture
async def world() -> AsyncIterator[OutcomesWorld]:
    world = OutcomesWorld()
    yield world
    await world.aclose()


async def test_each_step_is_valued_from_the_books_of_its_moment(world: OutcomesWorld):
    id_ = await world.confirm()
    detail = (await world.get(f"/opportunities/{id_}")).json()["data"]
    claimed = detail["net_bps"]
    assert {one["state"] for one in detail["outcomes"]} == {"scheduled"}
    world.sandbox.shift(*LTC, -8, 3_600)
    await world.env.advance(5_500)
    first = (await world.outcomes(id_))["after_5s"]
    by_hand = (await world.get(f"/opportunities/{id_}")).json()["data"]
    by_hand["legs"] = [
        {**leg, "price": price} for leg, price in zip(by_hand["legs"], await tops(world, by_hand), strict=True)
    ]
    assert first["realised_bps"] == pytest.approx(float(await recompute(world.exchanges, by_hand)), abs=0.001)
    assert first["claimed_bps"] == claimed
    assert first["ratio"] == pytest.approx(first["realised_bps"] / claimed, abs=1e-4)
    assert 6 < claimed - first["realised_bps"] < 10
    assert all(0 <= age["age_ms"] < 1_000 and age["source"] == "api" for age in first["ages"])
    assert first["mode"] == "synthetic"

    world.sandbox.shift(*LTC, -60, 3_600)
    await world.env.advance(55_000)
    second = (await world.outcomes(id_))["after_60s"]
    assert second["state"] == "valued"
    assert second["realised_bps"] < 0, "the gap has closed"
    assert (await world.outcomes(id_))["expiry"]["state"] == "scheduled"
    await world.env.advance(EXPIRY_MS)
    steps = await world.outcomes(id_)
    assert steps["expiry"]["due_at"] == detail["expires_at"]
    assert [one["state"] for one in steps.values()] == ["valued"] * 3


async def tops(world: World, detail: dict[str, Any]) -> list[str]:
    """What the exchanges quote now, where the detail shows what they quoted at the confirmation."""
    buy, sell = detail["legs"]
    asks = await read_side(world.exchanges, buy["exchange"], buy["symbol"], "asks")
    bids = await read_side(world.exchanges, sell["exchange"], sell["symbol"], "bids")
    return [str(asks[0][0]), str(bids[0][0])]


async def test_an_end_brings_the_last_step_forward_and_the_screen_says_what_happened(world: OutcomesWorld):
    await world.say(FIONA, "/start")
    id_ = await world.confirm()
    await world.env.advance(5_000)
    world.sandbox.shift(*LTC, -60, 3_600)
    for _ in range(3):
        await world.env.advance(10_000)
        await world.tick(world.clock.now_ms())
    ended_at = (await world.get(f"/opportunities/{id_}")).json()["data"]["ended_at"]
    assert ended_at
    await world.env.advance(30_000)
    steps = await world.outcomes(id_)
    assert steps["expiry"]["due_at"] == ended_at
    assert steps["expiry"]["state"] == "valued"
    alert = next(call for call in world.alerts(FIONA, "LTC") if id_ in str(call["parameters"]["reply_markup"]))
    button = alert["parameters"]["reply_markup"]["inline_keyboard"][0][0]
    shown = (await world.tap(FIONA, alert["result"]["message_id"], button["callback_data"]))[-1]["parameters"]["text"]
    first = steps["after_5s"]
    assert f"+5 s: <b>{first['realised_bps']:.1f} bps</b> of {first['claimed_bps']:.1f} claimed (100 %)" in shown
    assert "at its end: <b>-" in shown


async def test_duplicate_alarms_and_restarts_answer_each_step_once(world: OutcomesWorld):
    world.appraisers.alarm_twice_probability = 1.0
    id_ = await world.confirm()
    rows = world.count()
    await world.env.advance(4_900)
    world.restart()
    await world.env.advance(200)
    first = (await world.outcomes(id_))["after_5s"]
    assert first["state"] == "valued"
    world.sandbox.shift(*LTC, -60, 3_600)
    await world.services().appraiser.wake()
    await world.env.advance(20_000)
    assert (await world.outcomes(id_))["after_5s"] == first
    assert world.count() == rows


async def test_what_nobody_looked_at_in_time_is_missed_and_never_a_number(world: OutcomesWorld):
    id_ = await world.confirm()
    world.appraisers.holds_alarms = True
    await world.env.advance(9_000)
    world.restart()
    world.appraisers.holds_alarms = False
    await world.env.advance(1)
    first = (await world.outcomes(id_))["after_5s"]
    assert (first["state"], first["reason"], first["realised_bps"]) == ("missed", "late", None)
    await world.env.advance(60_000)
    assert (await world.outcomes(id_))["after_60s"]["state"] == "valued", "later steps are not lost with it"


async def test_a_lost_alarm_is_set_again_by_the_cron(world: OutcomesWorld):
    world.env.faults.fail("APPRAISER", "storage.setAlarm", times=None)
    id_ = await world.confirm()
    scanned = world.clock.now_ms()
    await world.env.advance(30_000)
    world.env.faults.clear()
    await world.tick(scanned)  # for which no scan runs again
    await world.env.advance(1_000)
    assert (await world.outcomes(id_))["after_5s"]["reason"] == "late"
    await world.env.advance(30_000)
    assert (await world.outcomes(id_))["after_60s"]["state"] == "valued"


async def test_an_outage_of_the_database_is_waited_out(world: OutcomesWorld):
    id_ = await world.confirm()
    world.env.faults.fail("DB", times=None)
    await world.env.advance(20_000)
    world.env.faults.clear()
    assert world.appraisers.alarm_failures == []
    await world.env.advance(10_000)
    assert (await world.outcomes(id_))["after_5s"]["state"] == "missed"


@pytest.mark.parametrize(
    ("kind", "value", "reason"), [("status", 503, "book_unavailable"), ("rate_limit", 60, "rate_limited")]
)
async def test_an_exchange_that_fails_is_the_reason_and_no_number(world: OutcomesWorld, kind, value, reason):
    id_ = await world.confirm()
    world.break_("okx", kind, value=value, path="books")
    await world.env.advance(6_000)
    first = (await world.outcomes(id_))["after_5s"]
    assert (first["state"], first["reason"], first["realised_bps"]) == ("unvalued", reason, None)
    assert first["explanation"]


async def test_a_refusal_of_a_book_keeps_the_next_scan_away_too(world: OutcomesWorld):
    await world.confirm()
    world.break_("okx", "rate_limit", value=60, path="books")
    await world.env.advance(6_000)
    world.sandbox.faults.clear()
    world.restart()
    await world.tick(world.clock.now_ms())
    feeds = {(one.exchange, one.market): one for one in await world.services().scans.load_feeds()}
    assert feeds["okx", "spot"].state == "rate_limited"
    assert feeds["binance", "spot"].state == "ok"


async def test_a_book_too_thin_for_the_size_says_so(world: OutcomesWorld):
    id_ = await world.confirm()
    rows = world.env.DB.sqlite
    rows.execute(
        "UPDATE opportunities SET payload = json_set(payload, '$.claim.size_base', '100000000') WHERE id = ?", (id_,)
    )
    await world.env.advance(6_000)
    first = (await world.outcomes(id_))["after_5s"]
    assert (first["state"], first["reason"]) == ("unvalued", "depth")
    assert len(first["ages"]) == 2


async def test_another_market_never_answers_for_this_one(world: OutcomesWorld):
    id_ = await world.confirm()
    world.settings = replace(world.settings, market_mode="replay")
    await world.env.advance(6_000)
    assert (await world.outcomes(id_))["after_5s"]["reason"] == "market_mode_changed"


@pytest.mark.parametrize("kind", ["cross_exchange", "funding", "spot_perp", "triangular"])
async def test_every_type_is_valued_the_same_way_as_it_was_found(world: OutcomesWorld, kind):
    """The books stand still and the rates are those the claim knew, so what is left is what was claimed."""
    await world.scan(2)
    found = (await world.get("/opportunities", type=kind, limit=50)).json()["data"]
    assert found, f"the seeded market has no {kind} at this time"
    await world.env.advance(6_000)
    steps = [(await world.outcomes(one["id"])).get("after_5s") for one in found]
    valued = [one for one in steps if one and one["state"] == "valued"]
    assert valued
    for one in valued:
        assert one["realised_bps"] == pytest.approx(one["claimed_bps"], abs=0.5)


async def test_alarms_at_once_ask_the_exchanges_once(world: OutcomesWorld):
    await world.confirm()
    world.appraisers.interleave = True
    world.appraisers.holds_alarms = True
    await world.env.advance(5_200)
    since = world.clock.now_ms()
    stub = world.env.APPRAISER.getByName("appraiser")
    await asyncio.gather(stub.alarm(None), stub.alarm(None), stub.wake(), stub.alarm(None))
    sent = (await world.exchanges.get("/_control/requests", params={"since": since})).json()["requests"]
    asked = [(one["path"], one["query"]) for one in sent]
    assert asked
    assert len(asked) == len(set(asked)), "each book once"


async def test_an_ended_alert_says_what_became_of_it_in_one_edit_and_to_nobody_else(world: OutcomesWorld):
    await world.say(FIONA, "/start")
    id_ = await world.confirm()
    await world.env.advance(5_000)
    alert = next(call for call in world.alerts(FIONA, "LTC") if id_ in str(call["parameters"]["reply_markup"]))
    world.sandbox.shift(*LTC, -60, 3_600)
    await scan_for(world, 30_000)
    ended = (await world.get(f"/opportunities/{id_}")).json()["data"]
    assert (ended["status"], ended["end_reason"]) == ("vanished", "fees")
    edits = world.edits(alert["result"]["message_id"])
    assert "Ended: LTC" in edits[-1]["parameters"]["text"]
    assert "Afterwards" not in edits[-1]["parameters"]["text"], "the last step is still ahead"
    await world.say(PAVEL, "/start")
    world.break_(target="okx", kind="timeout", duration_s=20)  # the last step finds nobody at home
    await scan_for(world, 90_000)
    steps = await world.outcomes(id_)
    after = world.edits(alert["result"]["message_id"])[len(edits) :]
    assert len(after) == 1
    text = after[0]["parameters"]["text"]
    first = steps["after_5s"]
    assert f"+5 s: <b>{first['realised_bps']:.1f} bps</b> of {first['claimed_bps']:.1f} claimed" in text
    assert f"+60 s: {'no value' if steps['after_60s']['state'] == 'unvalued' else '<b>'}" in text
    assert "at its end: " in text
    assert (await world.get(f"/opportunities/{id_}")).json()["data"]["revision"] == ended["revision"]
    assert not [one for one in world.alerts(PAVEL, "LTC") if id_ in str(one["parameters"]["reply_markup"])]


async def test_a_crash_between_handing_over_and_noting_it_is_one_edit_all_the_same(world: OutcomesWorld):
    await world.say(FIONA, "/start")
    id_ = await world.confirm()
    await world.env.advance(5_000)
    alert = next(call for call in world.alerts(FIONA, "LTC") if id_ in str(call["parameters"]["reply_markup"]))
    world.sandbox.shift(*LTC, -60, 3_600)
    await scan_for(world, 120_000)
    shown = world.edits(alert["result"]["message_id"])
    assert "Afterwards" in shown[-1]["parameters"]["text"]
    world.env.DB.sqlite.execute("UPDATE opportunities SET outcome_announced_at = NULL")
    await scan_for(world, 20_000)
    assert world.edits(alert["result"]["message_id"]) == shown


async def scan_for(world: OutcomesWorld, span_ms: int) -> None:
    """Scans ten seconds apart, and a moment for what is in the queues."""
    for _ in range(span_ms // 10_000):
        await world.env.advance(10_000)
        await world.tick(world.clock.now_ms())
    await world.env.advance(2_000)
