"""The state machine of a delivery: planned once, claimed by one, settled by whoever holds the claim."""

import asyncio
from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.deliveries import SENDING_MS_MAX, D1Deliveries
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.adapters.cloudflare.d1.people import D1People
from arbedge.domain.person import Person
from arbedge.errors import StoreUnavailable
from arbedge.ports.store import Delivery
from tests.integration.store.builders import make_opportunity
from tests.integration.store.conftest import MIGRATIONS
from tests.miniflare_shim import ShimEnv

ID = "00000000000000aa"
State = Literal["queued", "sent", "failed", "withheld"]


class Desk:
    """One opportunity and a few people; `chat` is the first one's."""

    def __init__(self, env: ShimEnv) -> None:
        self.database = Database(env.DB)
        self.deliveries = D1Deliveries(self.database)
        self.now = env.clock.now_ms()
        self.people: list[Person] = []

    async def fill(self, count: int = 3) -> None:
        await D1Opportunities(self.database).save([make_opportunity(ID)])
        for number in range(count):
            self.people.append(await D1People(self.database).open_session(100 + number, "Someone", self.now))

    @property
    def chat(self) -> int:
        return self.people[0].telegram_id

    async def plan(self, people: Sequence[Person] | None = None, *, is_silent: bool = False) -> None:
        await self.deliveries.plan(ID, [(one, is_silent) for one in people or self.people], self.now)

    async def load(self) -> Delivery:
        delivery = await self.deliveries.load(ID, self.chat)
        assert delivery is not None
        return delivery

    async def claim(self, delivery: Delivery, after_ms: int = 0) -> bool:
        return await self.deliveries.claim(delivery, self.now + after_ms)

    async def settle(self, delivery: Delivery, state: State, message_id: int | None = None, after_ms: int = 0) -> None:
        revision = 1 if state == "sent" else None
        await self.deliveries.settle(delivery, state, self.now + after_ms, revision=revision, message_id=message_id)

    async def send_once(self) -> None:
        await self.plan()
        delivery = await self.load()
        assert await self.claim(delivery)
        await self.settle(delivery, "sent", 55)


@pytest.fixture
async def desk(env: ShimEnv) -> Desk:
    desk = Desk(env)
    await desk.fill()
    return desk


async def test_a_planned_delivery_waits(desk: Desk) -> None:
    await desk.plan(is_silent=True)
    assert await desk.load() == Delivery(
        opportunity_id=ID,
        chat_id=100,
        user_id="u_100",
        state="queued",
        is_silent=True,
        revision=0,
        message_id=None,
        attempts=0,
        error=None,
        updated_at=desk.now,
    )


async def test_planning_again_leaves_those_who_were_told(desk: Desk) -> None:
    await desk.send_once()
    before = await desk.load()
    await desk.plan(is_silent=True)
    assert await desk.load() == before


async def test_someone_who_was_never_told_is_planned_again(desk: Desk) -> None:
    await desk.plan()
    await desk.settle(await desk.load(), "withheld")
    assert await desk.deliveries.load_chats(ID, None, 10) == [101, 102]
    await desk.plan()
    assert (await desk.load()).state == "queued"


async def test_a_person_who_is_gone_does_not_stop_the_others(desk: Desk) -> None:
    stranger = Person(id="u_gone", telegram_id=999, name="", role="user", tier="free")
    await desk.plan([stranger, *desk.people])
    assert await desk.deliveries.load_chats(ID, None, 10) == [100, 101, 102]


async def test_chats_come_in_pages(desk: Desk) -> None:
    await desk.plan()
    assert await desk.deliveries.load_chats(ID, None, 2) == [100, 101]
    assert await desk.deliveries.load_chats(ID, 101, 2) == [102]
    assert await desk.deliveries.load_chats("ffffffffffffffff", None, 2) == []


async def test_of_many_claims_at_once_one_holds(desk: Desk) -> None:
    await desk.plan()
    delivery = await desk.load()
    assert sum(await asyncio.gather(*(desk.claim(delivery) for _ in range(6)))) == 1


async def test_a_claim_on_an_older_state_fails(desk: Desk) -> None:
    await desk.plan()
    delivery = await desk.load()
    assert await desk.claim(delivery)
    await desk.settle(delivery, "sent", 55)
    assert not await desk.claim(delivery)


async def test_a_sent_message_is_edited_and_keeps_its_id(desk: Desk) -> None:
    await desk.send_once()
    sent = await desk.load()
    assert (sent.state, sent.message_id, sent.revision) == ("sent", 55, 1)
    assert await desk.claim(sent)
    await desk.deliveries.settle(sent, "sent", desk.now, revision=2)
    edited = await desk.load()
    assert (edited.state, edited.message_id, edited.revision, edited.attempts) == ("sent", 55, 2, 2)


async def test_while_someone_sends_nobody_else_may(desk: Desk) -> None:
    await desk.plan()
    assert await desk.claim(await desk.load())
    sending = await desk.load()
    assert sending.state == "sending"
    assert not await desk.claim(sending, after_ms=SENDING_MS_MAX - 1)


async def test_a_sender_that_died_is_replaced(desk: Desk) -> None:
    await desk.plan()
    assert await desk.claim(await desk.load())
    assert await desk.claim(await desk.load(), after_ms=SENDING_MS_MAX)


async def test_whoever_waited_for_a_slow_sender_does_not_send_again_what_it_has_sent_by_then(desk: Desk) -> None:
    await desk.plan()
    slow = await desk.load()
    assert await desk.claim(slow)
    waiting = await desk.load()
    await desk.settle(slow, "sent", 55, after_ms=SENDING_MS_MAX)
    assert not await desk.claim(waiting, after_ms=SENDING_MS_MAX), "it knows of no message and would send a second one"
    assert await desk.claim(await desk.load(), after_ms=SENDING_MS_MAX)


async def test_a_refused_message_waits_again(desk: Desk) -> None:
    await desk.plan()
    delivery = await desk.load()
    assert await desk.claim(delivery)
    await desk.deliveries.settle(delivery, "queued", desk.now, error="messenger_throttled")
    waiting = await desk.load()
    assert (waiting.state, waiting.attempts, waiting.error) == ("queued", 1, "messenger_throttled")
    assert await desk.claim(waiting)


@pytest.mark.parametrize("state", ["failed", "withheld"])
async def test_an_end_is_not_claimed(desk: Desk, state: State) -> None:
    await desk.plan()
    delivery = await desk.load()
    assert await desk.claim(delivery)
    await desk.settle(delivery, state)
    assert not await desk.claim(await desk.load(), after_ms=SENDING_MS_MAX)


async def test_a_sender_that_lost_its_claim_does_not_undo_its_successor(desk: Desk) -> None:
    await desk.plan()
    first = await desk.load()
    assert await desk.claim(first)
    second = await desk.load()
    assert await desk.claim(second, after_ms=SENDING_MS_MAX)
    await desk.settle(second, "sent", 56, after_ms=SENDING_MS_MAX)
    await desk.settle(first, "queued", after_ms=SENDING_MS_MAX)
    after = await desk.load()
    assert (after.state, after.message_id) == ("sent", 56)


async def test_a_message_telegram_confirmed_is_recorded_by_whoever_sent_it(desk: Desk) -> None:
    await desk.plan()
    first = await desk.load()
    assert await desk.claim(first)
    second = await desk.load()
    assert await desk.claim(second, after_ms=SENDING_MS_MAX)
    await desk.settle(first, "sent", 55, after_ms=SENDING_MS_MAX)
    await desk.settle(second, "failed", after_ms=SENDING_MS_MAX)
    assert (await desk.load()).message_id == 55


async def test_a_record_whose_answer_was_lost_can_be_repeated(env: ShimEnv, desk: Desk) -> None:
    await desk.plan()
    delivery = await desk.load()
    assert await desk.claim(delivery)
    env.faults.fail("DB", "batch", moment="after")
    with pytest.raises(StoreUnavailable):
        await desk.settle(delivery, "sent", 55)
    await desk.settle(delivery, "sent", 55)
    sent = await desk.load()
    assert (sent.state, sent.message_id, sent.attempts) == ("sent", 55, 1)


async def test_a_decision_is_written_once(env: ShimEnv, desk: Desk) -> None:
    await desk.deliveries.record_decision(ID, 1, "", {"told": 2, "alerts_off": 1}, desk.now)
    await desk.deliveries.record_decision(ID, 1, "", {"told": 9}, desk.now + 1)
    await desk.deliveries.record_decision(ID, 1, "u_102", {"told": 1}, desk.now + 1)
    rows = (await env.DB.prepare("SELECT counts FROM distributions ORDER BY after_user_id").all())["results"]
    assert rows == [{"counts": '{"told":2,"alerts_off":1}'}, {"counts": '{"told":1}'}]


@settings(max_examples=25)
@given(st.lists(st.sets(st.integers(0, 5)), max_size=6))
async def test_planning_in_any_pieces_plans_each_person_once(pieces: list[set[int]]) -> None:
    env = ShimEnv()
    env.migrate(MIGRATIONS)
    desk = Desk(env)
    await desk.fill(6)
    for piece in pieces:
        await desk.deliveries.plan(ID, [(desk.people[number], False) for number in piece], desk.now)
    chats = await desk.deliveries.load_chats(ID, None, 100)
    env.DB.sqlite.connection.close()
    assert chats == sorted({100 + number for piece in pieces for number in piece})


STEPS = st.lists(
    st.sampled_from(["load", "claim", "answered", "throttled", "lost_answer", "wait"]).flatmap(
        lambda step: st.tuples(st.just(step), st.integers(0, 2))
    ),
    max_size=30,
)


@settings(max_examples=80)
@given(STEPS)
async def test_telegram_is_asked_for_a_first_message_by_one_live_sender_at_a_time(steps: list[tuple[str, int]]) -> None:
    """Three consumers in any order: none sends first while another's message exists or may be on its way."""
    env = ShimEnv()
    env.migrate(MIGRATIONS)
    desk = Desk(env)
    await desk.fill(1)
    await desk.plan()
    loaded: dict[int, Delivery] = {}
    sending: dict[int, tuple[Delivery, int]] = {}
    for step, who in steps:
        if step == "wait":
            desk.now += SENDING_MS_MAX // 2
        elif step == "load" and who not in sending:
            loaded[who] = await desk.load()
        elif step == "claim" and who in loaded and who not in sending:
            delivery = loaded.pop(who)
            if await desk.claim(delivery):
                assert all(desk.now - since >= SENDING_MS_MAX for _, since in sending.values())
                assert delivery.message_id == (await desk.load()).message_id
                sending[who] = (delivery, desk.now)
        elif who in sending:
            delivery, _ = sending.pop(who)
            if step == "answered":
                await desk.settle(delivery, "sent", delivery.message_id or 55 + who)
                assert (await desk.load()).message_id is not None
            elif step == "throttled":
                await desk.settle(delivery, "queued" if delivery.message_id is None else "sent")
            else:
                env.faults.fail("DB", "batch", moment="after")
                with pytest.raises(StoreUnavailable):
                    await desk.settle(delivery, "sent", delivery.message_id or 55 + who)
    env.DB.sqlite.connection.close()
