"""Acting as people through the control endpoints, and what the webhook gets to see of it."""

import json
from typing import Any

import httpx
import pytest
from aiogram.types import Update

from tests.contract.telegram_sandbox.world import ADA, FIONA, GROUP, NOW_MS, PAVEL, SECRET, TelegramWorld

KEYBOARD = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
STRANGER = 715200431


async def test_what_a_person_says_arrives_as_a_message(world: TelegramWorld) -> None:
    said = await world.control("say", user_id=FIONA, text="/start ref_K7Q2MX")
    (update,) = world.updates
    message = Update.model_validate(update).message
    assert message is not None
    assert message.from_user is not None
    assert (message.text, message.chat.id, message.from_user.id) == ("/start ref_K7Q2MX", FIONA, FIONA)
    assert [(e.type, e.offset, e.length) for e in message.entities or []] == [("bot_command", 0, 6)]
    assert (said["update_id"], said["message_id"]) == (update["update_id"], message.message_id)
    assert update["message"]["date"] == NOW_MS // 1000
    assert world.deliveries[0].headers["x-telegram-bot-api-secret-token"] == SECRET
    assert str(world.deliveries[0].url) == "http://worker.test/webhook/telegram"


async def test_a_stranger_may_speak_and_be_answered(world: TelegramWorld) -> None:
    assert (await world.refusal("sendMessage", chat_id=STRANGER, text="x"))[1] == "Bad Request: chat not found"
    await world.control("say", user_id=STRANGER, text="hello", name="Mira")
    assert world.updates[0]["message"]["from"]["first_name"] == "Mira"
    assert (await world.result("sendMessage", chat_id=STRANGER, text="x"))["chat"]["id"] == STRANGER


async def test_the_bot_may_not_write_first_to_somebody_who_only_looks_in(world: TelegramWorld) -> None:
    newcomer = (await world.client.post("/chat/strangers", json={"name": "Zoe"})).json()["user_id"]
    refused = await world.refusal("sendMessage", chat_id=newcomer, text="x")
    assert refused == (403, "Forbidden: bot can't initiate conversation with a user")
    await world.control("say", user_id=newcomer, text="/start")
    await world.result("sendMessage", chat_id=newcomer, text="x")


async def test_what_is_said_in_the_group_arrives_from_the_group(world: TelegramWorld) -> None:
    await world.control("say", user_id=PAVEL, chat_id=GROUP, text="/opportunities@ArbEdgeBot btc")
    chat = world.updates[0]["message"]["chat"]
    assert chat == {"id": GROUP, "title": "Arb Lounge", "username": "arb_lounge", "type": "supergroup"}


async def test_a_tap_carries_the_message_as_it_was(world: TelegramWorld) -> None:
    sent = await world.result("sendMessage", chat_id=FIONA, text="menu", reply_markup=KEYBOARD)
    await world.control("tap", user_id=FIONA, message_id=sent["message_id"], data="go")
    query = Update.model_validate(world.updates[0]).callback_query
    assert query is not None
    assert (query.data, query.from_user.id) == ("go", FIONA)
    assert world.updates[0]["callback_query"]["message"] == sent
    assert query.chat_instance


async def test_a_tap_on_a_message_that_is_gone_is_inaccessible(world: TelegramWorld) -> None:
    sent = await world.result("sendMessage", chat_id=FIONA, text="menu", reply_markup=KEYBOARD)
    await world.result("deleteMessage", chat_id=FIONA, message_id=sent["message_id"])
    tapped = await world.control("tap", user_id=FIONA, message_id=sent["message_id"], data="never:offered")
    shown = world.updates[0]["callback_query"]["message"]
    assert shown == {"chat": sent["chat"], "message_id": sent["message_id"], "date": 0}
    await world.result("answerCallbackQuery", callback_query_id=tapped["callback_query_id"])


async def test_blocking_and_coming_back(world: TelegramWorld) -> None:
    await world.control("block", user_id=FIONA)
    blocked = await world.refusal("sendMessage", chat_id=FIONA, text="x")
    assert blocked == (403, "Forbidden: bot was blocked by the user")
    await world.control("say", user_id=FIONA, text="/start")
    kinds = [("my_chat_member" in u, "message" in u) for u in world.updates]
    assert sorted(kinds) == [(False, True), (True, False), (True, False)]
    statuses = [u["my_chat_member"]["new_chat_member"]["status"] for u in world.updates if "my_chat_member" in u]
    assert statuses == ["kicked", "member"]
    await world.result("sendMessage", chat_id=FIONA, text="welcome back")


async def test_update_delivers_once_with_the_secret_and_tells_what_came_back(world: TelegramWorld) -> None:
    world.answer = lambda _request: httpx.Response(503, text="not now")
    update = {"update_id": 5, "message": {"message_id": 1, "date": 0, "chat": {"id": STRANGER, "type": "private"}}}
    answer = await world.control("update", **update)
    assert (answer["status"], answer["body"]) == (503, "not now")
    assert answer["ms"] >= 0
    assert world.updates == [update]
    assert world.deliveries[0].headers["x-telegram-bot-api-secret-token"] == SECRET


async def test_update_delivers_raw_bodies_and_other_headers_to_the_letter(world: TelegramWorld) -> None:
    header = "X-Telegram-Bot-Api-Secret-Token"
    await world.control("update", raw_body="update_id=1", content_type="text/plain")
    await world.control("update", raw_body="{}", headers={header: "not-the-secret"})
    await world.control("update", raw_body="{}", headers={header: None, "X-Extra": "1"})
    first, second, third = world.deliveries
    assert (first.content, first.headers["content-type"]) == (b"update_id=1", "text/plain")
    assert first.headers[header] == SECRET
    assert second.headers[header] == "not-the-secret"
    assert header not in third.headers
    assert third.headers["x-extra"] == "1"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("say", {"user_id": FIONA}),
        ("say", {"user_id": FIONA, "text": "  "}),
        ("say", {"user_id": FIONA, "text": "x" * 4097}),
        ("say", {"user_id": 0, "text": "x"}),
        ("say", {"user_id": FIONA, "text": "x", "chat_id": PAVEL}),
        ("say", {"user_id": FIONA, "text": "x", "tone": "loud"}),
        ("tap", {"user_id": FIONA, "message_id": 1, "data": ""}),
        ("tap", {"user_id": FIONA, "message_id": 1, "data": "x" * 65}),
        ("update", {"headers": {}}),
    ],
)
async def test_what_no_client_could_do_is_refused_with_a_reason(
    world: TelegramWorld, name: str, body: dict[str, Any]
) -> None:
    answer = await world.client.post(f"/_control/telegram/{name}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert world.deliveries == []


async def test_the_outbox_is_filtered_by_chat_and_time(world: TelegramWorld) -> None:
    await world.result("sendMessage", chat_id=FIONA, text="first")
    world.clock.advance(1000)
    sent = await world.result("sendMessage", chat_id=PAVEL, text="second", reply_markup=KEYBOARD)
    world.clock.advance(1000)
    await world.result("sendMessage", chat_id="@arb_lounge", text="third")
    tapped = await world.control("tap", user_id=PAVEL, message_id=sent["message_id"], data="go")
    await world.result("answerCallbackQuery", callback_query_id=tapped["callback_query_id"])
    texts = [(c["method"], c["parameters"].get("text")) for c in await world.outbox()]
    assert [t for _, t in texts] == ["first", "second", "third", None]
    assert [c["parameters"]["text"] for c in await world.outbox(chat_id=FIONA)] == ["first"]
    assert [c["method"] for c in await world.outbox(chat_id=PAVEL)] == ["sendMessage", "answerCallbackQuery"]
    assert [c["parameters"]["text"] for c in await world.outbox(chat_id=GROUP)] == ["third"]
    assert len(await world.outbox(since=NOW_MS + 1000)) == 3
    assert len(await world.outbox(since=NOW_MS + 1001)) == 2
    assert [c["id"] for c in await world.outbox()] == [1, 2, 3, 4]
    assert (await world.outbox())[1]["result"] == sent
    assert (await world.outbox())[1]["time"] == NOW_MS + 1000


async def test_reset_forgets_all_but_lets_the_ids_rise(world: TelegramWorld) -> None:
    before = await world.control("say", user_id=STRANGER, text="x")
    await world.result("sendMessage", chat_id=STRANGER, text="y")
    await world.client.post("/_control/reset")
    assert await world.outbox() == []
    assert (await world.refusal("sendMessage", chat_id=STRANGER, text="y"))[1] == "Bad Request: chat not found"
    after = await world.control("say", user_id=FIONA, text="x")
    assert after["update_id"] > before["update_id"]
    assert after["message_id"] > before["message_id"]


async def test_a_call_in_the_webhooks_answer_is_carried_out(world: TelegramWorld) -> None:
    reply = {"method": "sendMessage", "chat_id": FIONA, "text": "by return"}
    world.answer = lambda _request: httpx.Response(200, json=reply)
    await world.control("say", user_id=FIONA, text="x")
    assert [c["parameters"]["text"] for c in await world.outbox()] == ["by return"]
    world.answer = lambda _request: httpx.Response(200, json={**reply, "chat_id": 42})
    await world.control("say", user_id=FIONA, text="x")
    assert len(await world.outbox()) == 1


async def test_a_failed_delivery_is_repeated_until_it_is_taken(world: TelegramWorld) -> None:
    answers = iter([500, 503, 200, 200])
    world.answer = lambda _request: httpx.Response(next(answers))
    await world.control("say", user_id=ADA, text="once")
    assert [u["update_id"] for u in world.updates] == [world.updates[0]["update_id"]] * 3
    await world.control("say", user_id=ADA, text="twice")
    assert world.updates[-1]["message"]["text"] == "twice"


async def test_bodies_are_plain_json_objects(world: TelegramWorld) -> None:
    await world.control("say", user_id=FIONA, text="€ 😀")
    assert json.loads(world.deliveries[0].content.decode())["message"]["text"] == "€ 😀"
