"""What happens beside the scans reaches the lake: pseudonymous, once, and never at anybody's expense."""

import json
from typing import Any

import pytest

from arbedge.app.chronicle.people import digest_screen
from arbedge.domain.pseudonym import derive_pseudonym
from arbedge.entrypoints.telegram.screens.alert import render_alert
from tests.integration.lake.world import read_events, read_scans, read_texts
from tests.integration.test_main_job import open_gap
from tests.integration.world import ADA, FIONA, PAVEL, PRIYA, PSEUDONYM_KEY, SEEDED, World

NAMES = {telegram_id: derive_pseudonym(PSEUDONYM_KEY, user_id) for user_id, telegram_id, _, _ in SEEDED}
STRANGER = 5550001112
LEAKED = "Fak3" * 9  # as long as a secret of Bybit


async def live_a_day(world: World) -> None:
    """People come, are told, look around; someone new registers; someone leaks a secret; a program asks."""
    for person in (FIONA, PRIYA, STRANGER):
        await world.say(person, "/start")
    await open_gap(world)
    await world.scan(3)
    await world.say(FIONA, "/why LTC")
    await world.say(PRIYA, "/opportunities")
    await world.say(FIONA, LEAKED)
    await world.get("/market/indicators", exchange="okx", market="spot", symbol="BTC-USDT", interval="1h")
    await world.get(
        "/market/correlation", exchange="okx", market="spot", symbol="BTC-USDT", other_symbol="ETH-USDT", interval="1h"
    )
    await world.get("/market/overview")


async def test_each_kind_of_event_is_kept(arbedge: World):
    await live_a_day(arbedge)
    kinds = {type(event).__struct_config__.tag for event in await read_events(arbedge)}
    assert kinds == {"distribution", "delivery", "session", "audit", "analysis", "correlation", "coin"}
    assert arbedge.env.DB.sqlite.connection.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)


async def test_no_object_of_the_lake_holds_anything_personal(arbedge: World):
    await live_a_day(arbedge)
    await read_events(arbedge)
    texts = await read_texts(arbedge)
    assert len(texts) > 10
    rows = arbedge.env.DB.sqlite.connection.execute("SELECT id, telegram_id, name FROM users").fetchall()
    assert STRANGER in {row[1] for row in rows}
    secrets = [str(value) for row in rows for value in row] + [PSEUDONYM_KEY, LEAKED, "first_name", "chat_id"]
    for key, text in texts.items():
        for secret in secrets:
            assert secret not in text, f"{secret} in {key}"
            assert secret not in key
    assert NAMES[FIONA] in "".join(texts.values()), "people are there under their pseudonyms"
    for body in arbedge.env.broker.bodies("events"):
        assert not [secret for secret in secrets if secret in body]


async def test_a_decision_is_kept_with_all_that_decided_it(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await arbedge.say(PAVEL, "/start")
    arbedge.env.DB.sqlite.execute(
        "INSERT INTO preferences (user_id, payload, version, updated_at) VALUES "
        """('user_premium_456', '{"alerts": {"cross_exchange": "off"}}', 1, 1)"""
    )
    await open_gap(arbedge)
    await arbedge.scan(2)
    told = [event for event in await read_events(arbedge, "distribution") if event.revision == 1]
    assert told
    rows = {row.person: row for event in told for row in event.people}
    assert set(rows) == {NAMES[FIONA], NAMES[PAVEL]}
    assert None in {row.reason for event in told for row in event.people if row.person == NAMES[FIONA]}
    pavel = rows[NAMES[PAVEL]]
    assert (pavel.tier, pavel.session, pavel.alerts, pavel.is_reachable) == (
        "premium",
        "active",
        {"cross_exchange": "off"},
        True,
    )
    crossed = [event for event in told if any(row.reason == "alerts_off" for row in event.people)]
    assert crossed, "and the reason is the one of /why"


async def test_a_delivery_is_kept_with_the_digest_of_what_was_shown(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    await arbedge.scan(2)
    deliveries = await read_events(arbedge, "delivery")
    assert deliveries
    assert {(one.person, one.outcome, one.is_first) for one in deliveries} == {(NAMES[FIONA], "sent", True)}
    documents = {(one.id, one.revision): one for scan in await read_scans(arbedge) for one in scan.changed}
    for one in deliveries:
        opportunity = documents[one.opportunity_id, one.revision]
        assert one.opportunity_updated_at == opportunity.updated_at
        assert one.content_sha256 == digest_screen(render_alert(opportunity, one.at))


@pytest.mark.parametrize(
    ("kind", "value", "outcome"),
    [("status", 403, "unreachable"), ("rate_limit", 2, "throttled"), ("reset", None, "unknown_outcome")],
)
async def test_what_became_of_a_delivery_is_kept(arbedge: World, kind: Any, value: float | None, outcome: str):
    await arbedge.say(FIONA, "/start")
    await open_gap(arbedge)
    await arbedge.scan()
    arbedge.break_("telegram", kind, value=value, path="sendMessage", duration_s=12)
    await arbedge.scan()
    outcomes = [one.outcome for one in await read_events(arbedge, "delivery")]
    assert outcome in outcomes
    assert ("sent" in outcomes) == (outcome != "unreachable"), "it is sent later where it can be"


async def test_sessions_come_with_the_commands_name_and_nothing_behind_it(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await arbedge.env.advance(1000)
    await arbedge.say(FIONA, "/why LTC my secret words")
    await arbedge.get("/opportunities", user="user_pro_789")
    await arbedge.get("/opportunities", user="user_pro_789")
    sessions = [(one.person, one.change, one.via, one.command) for one in await read_events(arbedge, "session")]
    assert sessions == [
        (NAMES[FIONA], "opened", "telegram", "start"),
        (NAMES[FIONA], "extended", "telegram", "why"),
        (NAMES[PRIYA], "opened", "api", None),
    ]


async def test_an_expired_session_and_a_removed_secret_are_kept(arbedge: World):
    await arbedge.say(FIONA, "/start")
    await arbedge.env.advance(8 * 86_400_000)
    await arbedge.say(FIONA, "/menu")
    await arbedge.env.advance(1000)
    await arbedge.say(FIONA, LEAKED)
    events = await read_events(arbedge, "session", "audit", days=9)
    assert [getattr(one, "change", None) or one.action for one in events] == ["opened", "expired", "secret_removed"]
    assert events[2].actor == NAMES[FIONA]


async def test_a_queue_that_is_down_costs_events_and_nothing_else(arbedge: World, caplog: pytest.LogCaptureFixture):
    arbedge.env.faults.fail("EVENTS", times=None)
    await live_a_day(arbedge)
    assert arbedge.alerts(FIONA, "LTC")
    lost = [record for record in caplog.records if record.message == "events lost"]
    assert lost
    assert all(vars(record)["lost"] >= 1 for record in lost)
    arbedge.env.faults.clear()
    assert await read_events(arbedge) == []


async def test_a_lake_that_is_down_keeps_events_waiting(arbedge: World):
    await arbedge.say(FIONA, "/start")
    arbedge.env.faults.fail("LAKE", "put", times=2)
    await arbedge.env.advance(600_000)
    assert [one.change for one in await read_events(arbedge, "session")] == ["opened"]


async def test_a_batch_that_comes_again_is_the_same_object_again(arbedge: World):
    arbedge.env.broker.duplicate_probability = 1.0
    arbedge.env.broker.reorder = True
    await arbedge.say(FIONA, "/start")
    await arbedge.env.advance(1000)
    await arbedge.say(PRIYA, "/start")
    for _ in range(3):
        await arbedge.env.advance(120_000)
    assert sorted(one.person for one in await read_events(arbedge, "session")) == sorted([NAMES[FIONA], NAMES[PRIYA]])


async def test_an_answer_that_was_lost_writes_the_same_object_again(arbedge: World):
    await arbedge.say(FIONA, "/start")
    arbedge.env.faults.fail("LAKE", "put", moment="after")
    await arbedge.env.advance(600_000)
    assert len((await arbedge.env.LAKE.list({"prefix": "events/"}))["objects"]) == 1
    assert len(await read_events(arbedge, "session")) == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        json.dumps({"kind": "happened", "v": 2, "records": []}),
        json.dumps({"kind": "happened", "v": 1, "records": [{"kind": "session", "v": 1, "person": "123456789"}]}),
        json.dumps({"kind": "announce", "v": 1, "opportunity_id": "x", "revision": 1}),
    ],
)
async def test_a_message_that_is_none_is_a_dead_letter_and_costs_no_other(arbedge: World, body: str):
    await arbedge.say(ADA, "/start")
    await arbedge.env.EVENTS.send(body, contentType="text")
    assert len(await read_events(arbedge, "session")) == 1
    letters = arbedge.env.DB.sqlite.connection.execute("SELECT queue FROM dead_letters").fetchall()
    assert letters == [("events",)]


async def test_what_stays_undeliverable_ends_in_the_dead_letters(arbedge: World):
    await arbedge.say(ADA, "/start")
    arbedge.env.faults.fail("LAKE", "put", times=None)
    await arbedge.env.advance(12 * 3_600_000)
    letters = arbedge.env.DB.sqlite.connection.execute("SELECT queue FROM dead_letters").fetchall()
    assert letters == [("events-dlq",)]
