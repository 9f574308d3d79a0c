"""The chat page's own calls: its assets, its feed, and what its person does."""

from typing import Any

import pytest

from tests.contract.telegram_sandbox.world import FIONA, GROUP, PAVEL, TelegramWorld

KEYBOARD = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}


async def feed(
    world: TelegramWorld, user_id: int = FIONA, chat_id: int | None = None, since: int = -1
) -> dict[str, Any]:
    query = {"user_id": user_id, "chat_id": chat_id or user_id, "since": since}
    return (await world.client.get("/chat/feed", params=query)).json()


@pytest.mark.parametrize("path", ["", "/assets/chat.js", "/assets/format.js", "/assets/message.js", "/assets/chat.css"])
async def test_the_page_needs_nothing_from_elsewhere(world: TelegramWorld, path: str) -> None:
    answer = await world.client.get(f"/chat{path}")
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    outside = [part for part in answer.text.split("http")[1:] if not part.startswith("://www.w3.org/2000/svg")]
    assert not [part for part in outside if part.startswith(("://", "s://"))]


@pytest.mark.parametrize("path", ["assets/../feed.py", "assets/chat.html", "files/none"])
async def test_other_files_are_not_served(world: TelegramWorld, path: str) -> None:
    assert (await world.client.get(f"/chat/{path}")).status_code == 404


async def test_unread_messages_are_counted_until_they_are_read(world: TelegramWorld) -> None:
    await world.result("sendMessage", chat_id=FIONA, text="one")
    sent = await world.result("sendMessage", chat_id=FIONA, text="two")

    async def unread() -> int:
        return next(e["unread"] for e in (await feed(world, PAVEL))["roster"] if e["chat_id"] == FIONA)

    assert await unread() == 2
    await world.client.post("/chat/read", json={"user_id": FIONA, "chat_id": FIONA, "message_id": sent["message_id"]})
    assert await unread() == 0


async def test_a_toast_reaches_the_person_who_tapped_and_nobody_else(world: TelegramWorld) -> None:
    sent = await world.result("sendMessage", chat_id=GROUP, text="x", reply_markup=KEYBOARD)
    before = (await feed(world, FIONA, GROUP))["rev"]
    body = {"user_id": FIONA, "chat_id": GROUP, "message_id": sent["message_id"], "data": "go"}
    query_id = (await world.client.post("/chat/tap", json=body)).json()["callback_query_id"]
    await world.telegram.settle()
    await world.result("answerCallbackQuery", callback_query_id=query_id, text="Done", show_alert=True)
    (toast,) = (await feed(world, FIONA, GROUP, before))["toasts"]
    assert (toast["text"], toast["show_alert"], toast["id"]) == ("Done", True, query_id)
    assert (await feed(world, PAVEL, GROUP, before))["toasts"] == []


async def test_an_ephemeral_button_is_tapped_by_its_receiver_only(world: TelegramWorld) -> None:
    sent = await world.result(
        "sendMessage",
        chat_id=GROUP,
        text="x",
        reply_markup=KEYBOARD,
        ephemeral_message_parameters={"receiver_user_id": FIONA},
    )
    body = {"chat_id": GROUP, "ephemeral_message_id": sent["ephemeral_message_id"], "data": "go"}
    assert (await world.client.post("/chat/tap", json={**body, "user_id": PAVEL})).status_code == 400
    assert (await world.client.post("/chat/tap", json={**body, "user_id": FIONA})).status_code == 200
    await world.telegram.settle()
    assert world.updates[0]["callback_query"]["message"]["ephemeral_message_id"] == sent["ephemeral_message_id"]


async def test_keyboards_commands_and_typing_belong_to_the_chat(world: TelegramWorld) -> None:
    commands = [{"command": "start", "description": "Begin"}]
    await world.result("setMyCommands", commands=commands, scope={"type": "all_private_chats"})
    await world.result(
        "sendMessage", chat_id=FIONA, text="x", reply_markup={"keyboard": [["A"]], "one_time_keyboard": True}
    )
    await world.result("sendChatAction", chat_id=FIONA, action="typing")
    chat = (await feed(world))["chat"]
    assert chat["commands"] == commands
    assert chat["keyboard"]["keyboard"] == [[{"text": "A"}]]
    assert chat["typing_until"] > world.clock.now_ms()
    assert (await feed(world, FIONA, GROUP))["chat"]["commands"] == []
    await world.client.post("/chat/say", json={"user_id": FIONA, "chat_id": FIONA, "text": "A"})
    await world.telegram.settle()
    assert (await feed(world))["chat"]["keyboard"] is None


async def test_a_quiet_feed_answers_after_a_moment_with_nothing_new(world: TelegramWorld) -> None:
    rev = (await feed(world))["rev"]
    assert await feed(world, since=rev) == {"rev": rev, "now": world.clock.now_ms()}


async def test_blocking_from_the_page(world: TelegramWorld) -> None:
    await world.client.post("/chat/block", json={"user_id": FIONA, "blocked": True})
    assert (await feed(world))["chat"]["blocked"] is True
    assert (await world.refusal("sendMessage", chat_id=FIONA, text="x"))[0] == 403
    await world.telegram.settle()
