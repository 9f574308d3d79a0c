"""Promise T2: whatever arrives, the answer is one of ours and every call it leads to is one Telegram accepts."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arbedge.entrypoints.telegram.commands import COMMANDS
from arbedge.entrypoints.telegram.taps import TAPS
from scripts.sandbox.telegram.people import GROUP_ID
from tests.integration.telegram.world import FIONA, World
from tests.unit.entrypoints.telegram.builders import cross, message, miss

# What Telegram refuses because of the made-up update, not because of the form of the call.
_NO_DEFECTS = ("message can't be deleted", "not found", "query is too old")

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
TEXTS = st.one_of(
    WORDS,
    st.builds(
        lambda name, bot, rest: f"/{name}{bot} {rest}",
        st.sampled_from([*COMMANDS, "nosuch", "START", ""]),
        st.sampled_from(["", "@ArbEdgeBot", "@other"]),
        WORDS | st.sampled_from(["funding", "BTC", "0123456789abcdef", "numbers"]),
    ),
)
CHATS = st.sampled_from([{"id": FIONA, "type": "private"}, {"id": GROUP_ID, "type": "supergroup"}, {"id": 1}])
SENDERS = st.sampled_from([{"id": FIONA, "first_name": "F<&"}, {"id": 1087968824, "is_bot": True}, None])
ENTITIES = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["bot_command", "bold"]), "offset": st.integers(-1, 3), "length": st.integers(-1, 30)}
    ),
    max_size=2,
)
MESSAGES = st.builds(
    lambda text, chat, sender, entities, extra: message(text, chat=chat, entities=entities, **{"from": sender}) | extra,
    TEXTS,
    CHATS,
    SENDERS,
    ENTITIES,
    st.dictionaries(
        st.sampled_from(["caption", "forward_origin", "date", "message_thread_id", "text", "chat"]), JUNK, max_size=2
    ),
)
COMMANDS_SENT = st.builds(message, TEXTS)
DATA = st.one_of(
    WORDS,
    st.builds(
        lambda prefix, rest: f"{prefix}{rest}",
        st.sampled_from([*TAPS]),
        st.sampled_from(["", ":0", ":1:x", ":0:a:BTC", ":numbers", ":1:2", ":%s"]) | WORDS,
    ),
)
TAPPED = st.builds(
    lambda data, panel, sender: {"id": "1", "from": sender, "data": data, "message": panel, "chat_instance": "1"},
    DATA,
    st.sampled_from(
        [
            {"message_id": 7, "chat": {"id": FIONA, "type": "private"}, "date": 0},
            {"message_id": 7, "chat": {"id": FIONA, "type": "private"}, "date": 5},
            {"message_id": 7, "chat": {"id": GROUP_ID, "type": "supergroup"}, "date": 5},
            None,
        ]
    ),
    SENDERS,
)
UPDATES = st.one_of(
    st.fixed_dictionaries({"message": COMMANDS_SENT | MESSAGES}),
    st.fixed_dictionaries({"callback_query": TAPPED}),
    st.fixed_dictionaries({"edited_message": MESSAGES}),
    st.dictionaries(
        st.sampled_from(["message", "callback_query", "my_chat_member", "pre_checkout_query", "inline_query", "x"]),
        JUNK,
        max_size=2,
    ),
)


@pytest.fixture(scope="module")
def told() -> list[int]:
    """The last update id, so that every example is new to the database."""
    return [1_000]


@given(update=UPDATES)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_update_raises_and_every_call_is_valid(
    runner: asyncio.Runner, open_world: World, told: list[int], update: Any
):
    told[0] += 1
    body = json.dumps({"update_id": told[0]} | update).encode()

    async def deliver() -> None:
        queries = open_world.telegram.backend.queries
        queries.clear()
        queries.open("1", "callback", FIONA, FIONA, 7)
        response = await open_world.post(body)
        assert (response.status_code, response.content) == (200, b"")
        answered = open_world.calls("answerCallbackQuery")
        is_tap = "callback_query" in update and isinstance(update["callback_query"], dict)
        if is_tap and update["callback_query"].get("from") and update["callback_query"].get("id") == "1":
            assert len(answered) == 1
        failed = open_world.execute("SELECT error FROM updates WHERE id = ? AND state <> 'done'", told[0])
        assert not failed
        refused = [call["description"] for call in open_world.telegram.bot_api.refused]
        assert all(any(words in one for words in _NO_DEFECTS) for one in refused)
        open_world.telegram.outbox.clear()
        open_world.telegram.bot_api.refused.clear()

    runner.run(deliver())


@given(body=st.binary(max_size=200))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_bytes_raise(runner: asyncio.Runner, open_world: World, body: bytes):
    assert runner.run(open_world.post(body)).status_code in {200, 400}


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="module")
def open_world(runner: asyncio.Runner):
    """A world with something to show, shared by all examples."""
    one = World()
    one.seed()

    async def prepare() -> None:
        await one.scan(miss("SOL"), miss("<b>", reason="depth", numbers={"wanted": 1.0, "available": 0.0}))
        await one.keep(cross("BTC"), *(cross(f"C{number}", sell_at="100.6") for number in range(7)))
        await one.say(FIONA, "/start")

    runner.run(prepare())
    yield one
    runner.run(one.aclose())
