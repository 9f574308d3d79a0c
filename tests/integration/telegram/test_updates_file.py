"""The recorded tricky updates: each is answered as it says, and the bot does what it should and nothing else."""

import asyncio
import json
from typing import Any

import pytest

from scripts.sandbox.config import fixtures_directory
from tests.integration.telegram.world import World

MIRA = 715200431
GROUP = -1002147483777
CASES: dict[str, Any] = {
    case["name"]: case for case in json.loads((fixtures_directory() / "telegram/updates.json").read_text())
}


async def deliver(world: World, name: str) -> list[Any]:
    """Delivers a case as it asks for and returns what the bot called."""
    case = CASES[name]
    update = case["update"]
    if update:
        world.telegram.actors.observe(update)
    body = case["raw_body"].encode() if "raw_body" in case else json.dumps(update, ensure_ascii=False).encode()
    headers = {"content-type": case.get("content_type", "application/json")}
    headers |= {key.lower(): value for key, value in case.get("headers", {}).items()}
    seen = len(world.calls())
    answers = await asyncio.gather(*(world.post(body, headers) for _ in range(case.get("repeat", 1))))
    expected = {"wrong_secret_token": 401, "body_not_json": 400}.get(name, 200)
    assert [answer.status_code for answer in answers] == [expected] * len(answers)
    assert all(answer.content == b"" for answer in answers)
    return world.calls()[seen:]


def said(calls: list[Any]) -> list[tuple[str, int | None]]:
    return [(call.method, call.chat_id) for call in calls if call.method != "getMe"]


WELCOME = ["start_private_referral_payload", "start_payload_exactly_64_chars", "start_payload_malformed"]


@pytest.mark.parametrize("name", [*WELCOME, "duplicate_update_id"])
async def test_start_welcomes_once_and_opens_a_session(world: World, name: str):
    (call,) = await deliver(world, name)
    assert (call.method, call.chat_id) == ("sendMessage", MIRA)
    assert "Welcome to ArbEdge, Mira" in call.parameters["text"]
    assert "script" not in call.parameters["text"]
    assert ("has expired" in call.parameters["text"]) == (name == "start_payload_exactly_64_chars")
    assert world.execute(
        "SELECT count(*), name, state FROM users JOIN sessions ON user_id = users.id WHERE telegram_id = ?", MIRA
    ) == [(1, "Mira", "active")]


async def test_a_command_in_a_group_is_answered_there(world: World):
    await deliver(world, "start_private_referral_payload")
    calls = await deliver(world, "group_command_addressed_to_us")
    assert said(calls) == [("sendMessage", GROUP)]
    buttons = calls[-1].parameters["reply_markup"]["inline_keyboard"]
    assert [[button["url"] for button in row] for row in buttons] == [["https://t.me/ArbEdgeBot?start=group"]]


async def test_a_command_for_another_bot_is_left_alone(world: World):
    assert said(await deliver(world, "group_command_for_another_bot")) == []
    assert world.execute("SELECT count(*) FROM sessions") == [(0,)]


async def test_an_anonymous_admin_is_no_person(world: World):
    calls = await deliver(world, "anonymous_group_admin")
    assert said(calls) == [("sendMessage", GROUP)]
    assert "private chat" in calls[-1].parameters["text"]
    assert world.execute("SELECT count(*) FROM users WHERE telegram_id = 1087968824") == [(0,)]


@pytest.mark.parametrize(
    "name",
    ["channel_post_without_from", "edited_command_must_not_retrigger", "group_upgraded_to_supergroup",
     "unknown_update_type", "my_chat_member_user_blocked_bot", "wrong_secret_token", "body_not_json"],
)  # fmt: skip
async def test_these_are_answered_with_silence(world: World, name: str):
    assert await deliver(world, name) == []


async def test_only_what_is_authentic_is_recorded(world: World):
    await deliver(world, "wrong_secret_token")
    await deliver(world, "body_not_json")
    assert world.execute("SELECT count(*) FROM updates") == [(0,)]
    await deliver(world, "unknown_update_type")
    assert world.execute("SELECT state FROM updates") == [("done",)]


async def test_a_tap_on_a_message_that_is_gone_gets_a_new_one(world: World):
    await deliver(world, "start_private_referral_payload")
    calls = await deliver(world, "callback_on_inaccessible_message")
    assert said(calls) == [("answerCallbackQuery", MIRA), ("sendMessage", MIRA)]
    assert "ArbEdge" in calls[1].parameters["text"]


async def test_forged_button_data_only_gets_a_toast(world: World):
    await deliver(world, "start_private_referral_payload")
    (call,) = await deliver(world, "callback_inline_message_and_forged_data")
    assert call.method == "answerCallbackQuery"
    assert "no longer valid" in call.parameters["text"]


async def test_ids_of_52_bits_reach_the_database_and_come_back(world: World):
    calls = await deliver(world, "ids_at_52_bits")
    assert said(calls) == [("sendMessage", 4503599627370495)]
    assert calls[0].parameters["chat_id"] == 4503599627370495


async def test_blocking_makes_unreachable_and_unblocking_reachable(world: World):
    await deliver(world, "start_private_referral_payload")
    await deliver(world, "my_chat_member_user_blocked_bot")
    people = world.build().people
    person = await people.load_by_telegram(MIRA)
    assert person
    assert not person.is_reachable
    back = json.loads(json.dumps(CASES["my_chat_member_user_blocked_bot"]["update"]))
    back["update_id"] += 1_000
    back["my_chat_member"]["new_chat_member"]["status"] = "member"
    assert (await world.post(json.dumps(back).encode())).status_code == 200
    person = await people.load_by_telegram(MIRA)
    assert person
    assert person.is_reachable


async def test_a_checkout_is_refused_before_anything_is_charged(world: World):
    (call,) = await deliver(world, "pre_checkout_stars_subscription")
    assert call.method == "answerPreCheckoutQuery"
    assert call.parameters["ok"] is False
    assert "nothing was charged" in call.parameters["error_message"]


async def test_all_of_them_in_a_row(world: World):
    for name in CASES:
        await deliver(world, name)
    assert not world.telegram.bot_api.refused
    assert world.execute("SELECT count(*) FROM updates WHERE state <> 'done'") == [(0,)]
