"""People with hostile names, sessions that open, extend and end, and preferences of other versions."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.people import D1People
from arbedge.domain.person import Preferences
from arbedge.errors import StoreUnavailable
from arbedge.limits import SESSION_MS
from tests.integration.store.conftest import MIGRATIONS
from tests.miniflare_shim import ShimEnv

ALICE = 7_123_456_789  # larger than 32 bits, as newer Telegram ids are


@pytest.fixture
def people(database: Database) -> D1People:
    return D1People(database)


async def seed(env: ShimEnv, id_: str, telegram_id: int, preferences: str | None = None) -> None:
    await (
        env.DB.prepare("INSERT INTO users (id, telegram_id, name, tier, created_at) VALUES (?, ?, 'Seeded', 'pro', 1)")
        .bind(id_, telegram_id)
        .run()
    )
    if preferences is not None:
        insert = env.DB.prepare("INSERT INTO preferences (user_id, payload, updated_at) VALUES (?, ?, 1)")
        await insert.bind(id_, preferences).run()


async def test_a_stranger_is_registered_with_an_open_session(people: D1People, now: int) -> None:
    person = await people.open_session(ALICE, "Alice", now)
    assert (person.id, person.telegram_id, person.name) == (f"u_{ALICE}", ALICE, "Alice")
    assert (person.role, person.tier, person.is_reachable) == ("user", "free", True)
    assert person.session is not None
    assert person.session.is_active(now)
    assert (person.session.opened_at, person.session.expires_at) == (now, now + SESSION_MS)
    assert await people.load(person.id) == person
    assert await people.load_by_telegram(ALICE) == person


async def test_nobody_is_loaded_who_never_wrote(people: D1People) -> None:
    assert await people.load("u_1") is None
    assert await people.load_by_telegram(1) is None


async def test_seeded_people_keep_their_id_and_tier(env: ShimEnv, people: D1People, now: int) -> None:
    await seed(env, "user_pro_789", 789_123_456)
    person = await people.open_session(789_123_456, "Petra", now)
    assert (person.id, person.tier, person.name) == ("user_pro_789", "pro", "Petra")


async def test_start_extends_a_running_session_and_reopens_an_ended_one(
    env: ShimEnv, people: D1People, now: int
) -> None:
    first = await people.open_session(ALICE, "Alice", now)
    await people.extend_session(first, now + 1000)
    extended = (await people.open_session(ALICE, "Alice", now + 2000)).session
    assert extended is not None
    assert (extended.opened_at, extended.expires_at, extended.commands) == (now, now + 2000 + SESSION_MS, 1)

    await env.DB.prepare("UPDATE sessions SET state = 'terminated', ended_at = 5").run()
    reopened = (await people.open_session(ALICE, "Alice", now + 3000)).session
    assert reopened is not None
    assert (reopened.state, reopened.opened_at, reopened.commands) == ("active", now + 3000, 0)


async def test_an_ended_session_is_not_extended(env: ShimEnv, people: D1People, now: int) -> None:
    person = await people.open_session(ALICE, "Alice", now)
    await people.extend_session(person, now + SESSION_MS)
    assert await people.load(person.id) == person
    await env.DB.prepare("UPDATE sessions SET state = 'terminated'").run()
    await people.extend_session(person, now + 1)
    loaded = await people.load(person.id)
    assert loaded is not None
    assert loaded.session is not None
    assert (loaded.session.state, loaded.session.expires_at) == ("terminated", now + SESSION_MS)


async def test_an_extension_that_arrives_late_does_not_shorten_the_session(people: D1People, now: int) -> None:
    person = await people.open_session(ALICE, "Alice", now)
    await people.extend_session(person, now + 5000)
    await people.extend_session(person, now + 1000)
    loaded = await people.load(person.id)
    assert loaded is not None
    assert loaded.session is not None
    assert (loaded.session.expires_at, loaded.session.commands) == (now + 5000 + SESSION_MS, 2)


async def test_writing_again_makes_a_person_reachable(people: D1People, now: int) -> None:
    person = await people.open_session(ALICE, "Alice", now)
    await people.mark_unreachable(ALICE, "bot was blocked by the user", now)
    blocked = await people.load(person.id)
    assert blocked is not None
    assert not blocked.is_reachable
    assert (await people.open_session(ALICE, "Alice", now + 1)).is_reachable


async def test_someone_who_can_be_written_to_again_keeps_their_session(people: D1People, now: int) -> None:
    person = await people.open_session(ALICE, "Alice", now)
    await people.mark_unreachable(ALICE, "bot was blocked by the user", now)
    await people.mark_reachable(ALICE)
    await people.mark_reachable(1)
    assert await people.load(person.id) == person


async def test_many_starts_at_once_make_one_person(env: ShimEnv, people: D1People, now: int) -> None:
    started = await asyncio.gather(*(people.open_session(ALICE, "Alice", now) for _ in range(5)))
    assert all(person == started[0] for person in started)
    assert (await env.DB.prepare("SELECT count(*) AS n FROM users").first())["n"] == 1


async def test_a_start_whose_answer_was_lost_can_be_repeated(env: ShimEnv, people: D1People, now: int) -> None:
    env.faults.fail("DB", "batch", moment="after")
    with pytest.raises(StoreUnavailable):
        await people.open_session(ALICE, "Alice", now)
    person = await people.open_session(ALICE, "Alice", now + 500)
    assert person.session is not None
    assert person.session.opened_at == now


async def test_pages_hold_people_with_an_active_session_in_order_of_id(
    env: ShimEnv, people: D1People, now: int
) -> None:
    for number in range(250):
        await people.open_session(1000 + number, "Somebody", now)
    await people.open_session(9_999, "Expired", now - SESSION_MS)
    await seed(env, "user_without_session", 5)
    await env.DB.prepare("UPDATE sessions SET state = 'terminated' WHERE user_id = 'u_1100'").run()

    visited: list[str] = []
    while page := await people.load_page(visited[-1] if visited else "", 120, now):
        assert len(page) <= 120
        assert all(person.session and person.session.is_active(now) for person in page)
        visited += [person.id for person in page]
    assert visited == [f"u_{1000 + number}" for number in range(250) if number != 100]


async def test_an_expired_session_ends_without_anybody_writing_it(people: D1People, now: int) -> None:
    await people.open_session(ALICE, "Alice", now)
    assert len(await people.load_page("", 10, now + SESSION_MS - 1)) == 1
    assert await people.load_page("", 10, now + SESSION_MS) == []


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, Preferences()),
        ({}, Preferences()),
        (
            {"alerts": {"funding": "off"}, "min_net_bps": {"cross_exchange": 25}, "timezone": "Asia/Jakarta"},
            Preferences(alerts={"funding": "off"}, min_net_bps={"cross_exchange": 25.0}),
        ),
        (
            {"alerts": {"lending": "off", "funding": "loud"}, "min_net_bps": {"funding": "12", "lending": 1}},
            Preferences(),
        ),
        ({"alerts": [1], "min_net_bps": {"funding": True}}, Preferences()),
        ([1, 2], Preferences()),
    ],
)
async def test_preferences_of_other_versions_are_read_as_far_as_they_go(
    env: ShimEnv, people: D1People, stored: object, expected: Preferences
) -> None:
    await seed(env, "user_free_123", 123_456_789, None if stored is None else json.dumps(stored))
    person = await people.load("user_free_123")
    assert person is not None
    assert person.preferences == expected


HOSTILE = [
    "'); DROP TABLE users; --",
    '"}, {"role": "super_admin',
    "<b>bold</b> & <script>alert(1)</script>",
    "Z̸̢̛͇a̴l̷g̶o̵" * 20,
    "\x00\x1b[31mred\x07",
    "\u202egnp.exe\u2066\u200b",
    "lone \ud800 surrogate",
    "line\nbreak\r\u2028\u2029",
    "👩\u200d👩\u200d👧\u200d👦",
    "%s %(x)s {0} ${x}",
    "",
]


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_do_no_harm(people: D1People, now: int, name: str) -> None:
    person = await people.open_session(ALICE, name, now)
    assert len(person.name) <= 64
    assert person.name == " ".join(person.name.split())
    assert not set(person.name) & set("\x00\x1b\n\r\u2028\u2029\u202e\u2066\u200b\ud800")
    assert await people.load(person.id) == person
    assert person.role == "user"


@settings(max_examples=60)
@given(st.text(st.characters(), max_size=200))
async def test_any_name_comes_back_as_it_was_stored(name: str) -> None:
    env = ShimEnv()
    env.migrate(MIGRATIONS)
    people = D1People(Database(env.DB))
    now = env.clock.now_ms()
    stored = await people.open_session(ALICE, name, now)
    again = await people.open_session(ALICE, stored.name, now)
    env.DB.sqlite.connection.close()
    assert again.name == stored.name
