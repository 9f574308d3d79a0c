"""Anything one depends on may be down: the rest goes on, nothing is lost, and people can see what is stale."""

from collections import Counter

import pytest

from tests.integration.test_main_job import open_gap
from tests.integration.world import FIONA, PRIYA, World, told_id

TARGETS = {
    "binance": ("binance", "spot"),
    "binance-futures": ("binance", "perp"),
    "bybit": ("bybit", None),
    "okx": ("okx", None),
}


async def health(world: World):
    answer = await world.get("/health/detailed", user=None)
    assert answer.status_code == 200
    return answer.json()["data"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("kind", "value", "state"),
    [
        ("timeout", None, "unreachable"),
        ("reset", None, "unreachable"),
        ("html", None, None),
        ("malformed", None, "down"),
        ("geo", None, "unreachable"),
        ("status", 500, "down"),
        ("rate_limit", 30, "rate_limited"),
    ],
)
async def test_one_exchange_fails_alone_and_visibly(arbedge: World, target, kind, value, state):
    exchange, market = TARGETS[target]
    await arbedge.scan()
    arbedge.break_(target=target, kind=kind, value=value)
    await arbedge.scan()
    seen = (await health(arbedge))["exchanges"]
    for name, markets in seen.items():
        for side, view in markets.items():
            if name == exchange and market in {None, side}:
                assert view["state"] != "ok"
                assert state is None or view["state"] == state
                assert view["error"]
                assert view["age_ms"] > 10_000, "the last success stays visible with its age"
            else:
                assert view["state"] == "ok", (name, side, view)
    [message] = [call for call in await arbedge.say(FIONA, "/start") if call["method"] == "sendMessage"]
    [status] = [call for call in await arbedge.say(FIONA, "/status") if call["method"] == "sendMessage"]
    assert message
    assert {"binance": "Binance", "bybit": "Bybit", "okx": "OKX"}[exchange] in status["parameters"]["text"]
    arbedge.sandbox.faults.clear()
    await arbedge.env.advance(60_000)
    await arbedge.scan()
    seen = (await health(arbedge))["exchanges"]
    assert {view["state"] for markets in seen.values() for view in markets.values()} == {"ok"}


@pytest.mark.parametrize(("kind", "value"), [("geo", None), ("status", 500), ("malformed", None)])
async def test_an_exchange_that_gives_prices_and_no_order_book_is_degraded_and_says_so(arbedge: World, kind, value):
    await open_gap(arbedge)
    arbedge.break_(target="okx", kind=kind, value=value, path="market/books")
    await arbedge.scan()
    seen = (await health(arbedge))["exchanges"]
    assert seen["okx"]["spot"]["state"] == "degraded"
    assert seen["okx"]["spot"]["error"].startswith("no order book: ")
    assert {view["state"] for name in ("binance", "bybit") for view in seen[name].values()} == {"ok"}
    arbedge.sandbox.faults.clear()
    await arbedge.scan()
    assert (await health(arbedge))["exchanges"]["okx"]["spot"]["state"] == "ok"


async def test_the_other_two_exchanges_still_lead_to_alerts(arbedge: World):
    arbedge.break_(target="bybit", kind="timeout")
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    await arbedge.scan(2)
    assert len(arbedge.alerts(FIONA, "LTC")) == 1


async def test_a_limited_exchange_is_not_asked_before_its_time(arbedge: World):
    await arbedge.scan()
    arbedge.break_(target="binance", kind="rate_limit", value=60)
    await arbedge.scan()
    limited_at = arbedge.clock.now_ms()
    arbedge.sandbox.faults.clear()
    await arbedge.scan(4)
    assert arbedge.sandbox.requests.entries("binance", limited_at) == []
    await arbedge.scan(2)
    assert arbedge.sandbox.requests.entries("binance", limited_at) != []


async def test_a_book_that_cannot_be_had_drops_the_candidate_for_that_reason(arbedge: World):
    await open_gap(arbedge)
    arbedge.break_(target="okx", kind="status", value=500, path="/api/v5/market/books")
    await arbedge.scan(2)
    misses = (await arbedge.get("/opportunities", asset="LTC")).json()["meta"]["closest"]
    assert "book_unavailable" in {miss["reason"] for miss in misses}


async def test_someone_who_blocked_the_bot_is_not_written_to_again_and_others_are(arbedge: World):
    for person in (FIONA, PRIYA):
        await arbedge.say(person, "/start")
    arbedge.break_(target="telegram", kind="status", value=403, path=f"sendMessage:{FIONA}")
    await open_gap(arbedge)
    await arbedge.scan(2)
    assert arbedge.alerts(FIONA) == []
    assert len(arbedge.alerts(PRIYA, "LTC cross exchange:")) == 2
    row = await arbedge.env.DB.prepare("SELECT unreachable_at FROM users WHERE telegram_id = ?").bind(FIONA).first()
    assert row["unreachable_at"]
    arbedge.sandbox.faults.clear()
    await open_gap(arbedge, asset="DOT")
    await arbedge.scan(2)
    assert arbedge.alerts(FIONA) == []
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge, asset="AVAX")
    await arbedge.scan(2)
    assert arbedge.alerts(FIONA, "AVAX")


@pytest.mark.parametrize(("kind", "value"), [("status", 500), ("rate_limit", 7), ("html", None)])
async def test_a_telegram_outage_delays_alerts_and_loses_none(arbedge: World, kind, value):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    arbedge.break_(target="telegram", kind=kind, value=value, path="sendMessage")
    await arbedge.scan(2)
    assert arbedge.alerts(FIONA) == []
    arbedge.sandbox.faults.clear()
    await arbedge.env.advance(180_000)
    told = [told_id(call) for call in arbedge.alerts(FIONA, "LTC")]
    assert len(told) == len(set(told)) == 2


async def test_after_an_unknown_outcome_an_alert_is_sent_once_more_and_never_a_third_time(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    arbedge.break_(target="telegram", kind="timeout", path="sendMessage")
    await arbedge.scan(2)
    await arbedge.env.advance(600_000)
    rows = (await arbedge.env.DB.prepare("SELECT state, error, attempts FROM deliveries").all())["results"]
    assert rows
    assert {(row["state"], row["error"], row["attempts"]) for row in rows} == {("failed", "unknown_outcome", 2)}


async def test_the_stores_of_history_may_be_down(arbedge: World):
    arbedge.env.faults.fail("LAKE", times=None)
    arbedge.env.faults.fail("KV", times=None)
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    await arbedge.scan(2)
    assert arbedge.alerts(FIONA, "LTC")
    view = (await health(arbedge))["dependencies"]
    assert (view["kv"]["state"], view["r2"]["state"], view["d1"]["state"]) == ("down", "down", "ok")


async def test_a_database_that_is_down_delays_and_loses_nothing(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    arbedge.env.faults.fail("DB", times=None)
    await arbedge.scan(2)
    assert (await health(arbedge))["dependencies"]["d1"]["state"] == "down"
    arbedge.env.faults.clear()
    await arbedge.scan(2)
    assert arbedge.alerts(FIONA, "LTC")


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        "{}",
        '{"kind":"announce","v":2,"opportunity_id":"x","revision":1}',
        '{"kind":"other","v":1}',
        '{"kind":"deliver","v":1,"opportunity_id":"nowhere","revision":1,"chat_id":5}',
        '{"kind":"announce","v":1,"opportunity_id":"x","revision":1,"extra":true}',
    ],
)
async def test_a_message_that_is_not_understood_is_kept_for_a_person_and_blocks_nothing(arbedge: World, body):
    await arbedge.say(FIONA, "/start")
    await arbedge.env.OPPORTUNITIES.send(body, contentType="text")
    await open_gap(arbedge)
    await arbedge.scan(2)
    rows = (await arbedge.env.DB.prepare("SELECT queue, body, error FROM dead_letters").all())["results"]
    assert [(row["queue"], row["body"]) for row in rows] == [("opportunities", body)]
    assert rows[0]["error"]
    assert arbedge.alerts(FIONA, "LTC")


async def test_a_message_given_up_by_the_platform_is_recorded_however_long_the_database_is_down(arbedge: World):
    body = '{"kind":"announce","v":1,"opportunity_id":"x","revision":1}'
    arbedge.env.faults.fail("DB", times=None)
    await arbedge.env.OPPORTUNITIES.send(body, contentType="text")
    await arbedge.env.advance(12 * 3_600_000)
    arbedge.env.faults.clear()
    await arbedge.env.advance(2 * 3_600_000)
    rows = (await arbedge.env.DB.prepare("SELECT queue, body FROM dead_letters").all())["results"]
    assert [(row["queue"], row["body"]) for row in rows] == [("opportunities-dlq", body)]


async def test_a_sent_alert_whose_record_failed_at_first_is_not_sent_again(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    await arbedge.scan()
    seen = 0

    async def fail_after_sending(binding, _operation, moment):
        nonlocal seen
        sent = len(arbedge.alerts(FIONA))
        if binding == "DB" and moment == "before" and sent > seen:
            seen = sent
            arbedge.env.faults.fail("DB", times=1)

    arbedge.env.faults.on_call = fail_after_sending
    await arbedge.scan(2)
    arbedge.env.faults.on_call = None
    await arbedge.env.advance(300_000)
    told = [told_id(call) for call in arbedge.alerts(FIONA)]
    assert seen
    assert len(told) == len(set(told))


async def test_someone_who_leaves_while_an_alert_waits_is_not_told(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    arbedge.break_(target="telegram", kind="status", value=500, path="sendMessage")
    await arbedge.scan(2)
    await arbedge.env.DB.prepare("UPDATE sessions SET state = 'terminated', ended_at = 1").run()
    arbedge.sandbox.faults.clear()
    await arbedge.env.advance(300_000)
    assert arbedge.alerts(FIONA) == []
    rows = (await arbedge.env.DB.prepare("SELECT state, error FROM deliveries").all())["results"]
    assert {(row["state"], row["error"]) for row in rows} == {("withheld", "no_session")}


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_fails_for_a_while_everyone_is_told_exactly_once(seed):
    """Seeded faults of the database, the queues and Telegram; then quiet. Safety at all times, liveness at the end."""
    world = World(seed=seed, fresh_kv=False)
    try:
        for person in (FIONA, PRIYA):
            await world.say(person, "/start")
        await open_gap(world)
        world.env.broker.duplicate_probability = 0.2
        world.env.broker.reorder = True
        world.env.faults.fail("DB", probability=0.15, times=None)
        world.env.faults.fail("DB", probability=0.10, times=None, moment="after")
        world.break_(target="telegram", kind="status", value=500, probability=0.3)
        await world.scan(5)
        world.env.faults.clear()
        world.sandbox.faults.clear()
        await world.scan(6)  # a scan that died keeps its lease for half a minute
        await world.env.advance(400_000)
        for person in (FIONA, PRIYA):
            told = Counter(told_id(call) for call in world.alerts(person))
            # The stated exception: when the record of a sent alert is lost as well, it may be repeated once.
            assert max(told.values()) <= 2
            assert sum(told.values()) - len(told) <= 2
        rows = (await world.env.DB.prepare("SELECT id, type, net_bps FROM opportunities WHERE ended_at IS NULL").all())[
            "results"
        ]
        of_all_plans = [row for row in rows if row["type"] in {"cross_exchange", "funding"} and row["net_bps"] < 50]
        assert of_all_plans
        for person, included in ((FIONA, of_all_plans), (PRIYA, rows)):
            assert {row["id"] for row in included} <= {told_id(call) for call in world.alerts(person)}, (
                "someone was forgotten"
            )
        # What was sent too fast after the outage is sent again; nothing else may be refused.
        assert [call for call in world.telegram.bot_api.refused if call["error_code"] != 429] == []
    finally:
        await world.aclose()
