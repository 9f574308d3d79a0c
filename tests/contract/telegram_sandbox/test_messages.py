"""What calls do to a chat and what they answer, read back with an independent library's models."""

from typing import Any

from aiogram.types import ChatFullInfo, ChatMemberOwner, Message, User, WebhookInfo

from tests.contract.telegram_sandbox.world import ADA, FIONA, GROUP, NOW_MS, PAVEL, TelegramWorld

KEYBOARD = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
)


async def test_a_sent_message_comes_back_whole(world: TelegramWorld) -> None:
    sent = await world.result(
        "sendMessage", chat_id=FIONA, text=" <b>Hi</b> <i>you</i> ", parse_mode="HTML", reply_markup=KEYBOARD
    )
    message = Message.model_validate(sent)
    assert message.text == "Hi you"
    assert [(e.type, e.offset, e.length) for e in message.entities or []] == [("bold", 0, 2), ("italic", 3, 3)]
    assert message.from_user is not None
    assert (message.from_user.id, message.from_user.username) == (6012345678, "ArbEdgeBot")
    assert (message.chat.id, message.chat.type) == (FIONA, "private")
    assert sent["date"] == NOW_MS // 1000
    assert sent["reply_markup"] == KEYBOARD


async def test_message_ids_rise_within_a_chat(world: TelegramWorld) -> None:
    ids = [(await world.result("sendMessage", chat_id=FIONA, text=str(n)))["message_id"] for n in range(5)]
    assert ids == [ids[0] + n for n in range(5)]


async def test_an_edit_changes_the_message_and_a_second_equal_one_is_refused(world: TelegramWorld) -> None:
    sent = await world.result("sendMessage", chat_id=FIONA, text="one", reply_markup=KEYBOARD)
    edit = {"chat_id": FIONA, "message_id": sent["message_id"], "text": "<b>two</b>", "parse_mode": "HTML"}
    world.clock.advance(2000)
    edited = await world.result("editMessageText", **edit)
    assert (edited["text"], edited["edit_date"], edited["date"]) == ("two", sent["date"] + 2, sent["date"])
    assert "reply_markup" not in edited
    code, description = await world.refusal("editMessageText", **edit)
    assert code == 400
    assert description.startswith(NOT_MODIFIED)
    assert (await world.result("editMessageText", **edit, reply_markup=KEYBOARD))["reply_markup"] == KEYBOARD
    removed = await world.result("editMessageReplyMarkup", chat_id=FIONA, message_id=sent["message_id"])
    assert "reply_markup" not in removed
    assert removed["text"] == "two"


async def test_only_the_bots_own_messages_can_be_edited(world: TelegramWorld) -> None:
    said = await world.control("say", user_id=FIONA, text="mine")
    edit = {"chat_id": FIONA, "message_id": said["message_id"], "text": "x"}
    assert await world.refusal("editMessageText", **edit) == (400, "Bad Request: message can't be edited")


async def test_messages_can_be_deleted_for_two_days(world: TelegramWorld) -> None:
    said = await world.control("say", user_id=FIONA, text="a secret")
    kept = await world.control("say", user_id=FIONA, text="another")
    assert await world.result("deleteMessage", chat_id=FIONA, message_id=said["message_id"]) is True
    gone = await world.refusal("deleteMessage", chat_id=FIONA, message_id=said["message_id"])
    assert gone == (400, "Bad Request: message to delete not found")
    world.clock.advance(49 * 3600 * 1000)
    late = await world.refusal("deleteMessage", chat_id=FIONA, message_id=kept["message_id"])
    assert late == (400, "Bad Request: message can't be deleted for everyone")


async def test_a_reply_quotes_and_a_missing_original_may_be_allowed(world: TelegramWorld) -> None:
    said = await world.control("say", user_id=FIONA, text="why?")
    reply = {"message_id": said["message_id"]}
    sent = await world.result("sendMessage", chat_id=FIONA, text="because", reply_parameters=reply)
    assert sent["reply_to_message"]["text"] == "why?"


async def test_a_callback_is_answered_once_and_in_time(world: TelegramWorld) -> None:
    sent = await world.result("sendMessage", chat_id=FIONA, text="x", reply_markup=KEYBOARD)
    tap = {"user_id": FIONA, "message_id": sent["message_id"], "data": "go"}
    first = await world.control("tap", **tap)
    late = await world.control("tap", **tap)
    assert first["callback_query_id"] != late["callback_query_id"]
    answer = {"callback_query_id": first["callback_query_id"], "text": "Working…"}
    assert await world.result("answerCallbackQuery", **answer) is True
    too_old = (400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    assert await world.refusal("answerCallbackQuery", **answer) == too_old
    world.clock.advance(151_000)
    assert await world.refusal("answerCallbackQuery", callback_query_id=late["callback_query_id"]) == too_old
    state = (await world.client.get("/_control/state")).json()["telegram"]
    assert state["unanswered_queries"] == [late["callback_query_id"]]


async def test_ephemeral_messages_have_a_life_of_their_own(world: TelegramWorld) -> None:
    shown = {"receiver_user_id": FIONA}
    sent = await world.result("sendMessage", chat_id=GROUP, text="Balance: 5", ephemeral_message_parameters=shown)
    assert sent["message_id"] == 0
    assert sent["receiver_user"]["id"] == FIONA
    at = {"chat_id": GROUP, "receiver_user_id": FIONA, "ephemeral_message_id": sent["ephemeral_message_id"]}
    assert await world.result("editEphemeralMessageText", **at, text="Balance: 6") is True
    other = {**at, "receiver_user_id": PAVEL}
    assert (await world.refusal("editEphemeralMessageText", **other, text="x"))[0] == 400
    feeds = {}
    for user in (FIONA, PAVEL):
        feed = await world.client.get("/chat/feed", params={"user_id": user, "chat_id": GROUP})
        feeds[user] = [m["text"] for m in feed.json()["chat"]["messages"]]
    assert feeds == {FIONA: ["Balance: 6"], PAVEL: []}
    assert await world.result("deleteEphemeralMessage", **at) is True


async def test_an_ephemeral_answer_to_a_tap_must_be_quick(world: TelegramWorld) -> None:
    sent = await world.result("sendMessage", chat_id=GROUP, text="x", reply_markup=KEYBOARD)
    tap = {"user_id": FIONA, "chat_id": GROUP, "message_id": sent["message_id"], "data": "go"}
    query_id = (await world.control("tap", **tap))["callback_query_id"]
    call = {
        "chat_id": GROUP,
        "text": "y",
        "ephemeral_message_parameters": {"receiver_user_id": FIONA, "callback_query_id": query_id},
    }
    await world.result("sendMessage", **call)
    world.clock.advance(16_000)
    assert (await world.refusal("sendMessage", **call))[0] == 400


async def test_too_fast_is_429_with_the_wait_in_body_and_header(world: TelegramWorld) -> None:
    for n in range(20):
        await world.result("sendMessage", chat_id=FIONA, text=str(n))
    answer = await world.call("sendMessage", chat_id=FIONA, text="too much")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert answer.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    world.clock.advance(1000)
    await world.result("sendMessage", chat_id=FIONA, text="now")


async def test_profile_and_chats_are_what_an_independent_reader_expects(world: TelegramWorld) -> None:
    me = User.model_validate(await world.result("getMe"))
    assert (me.id, me.username, me.is_bot, me.can_read_all_group_messages) == (6012345678, "ArbEdgeBot", True, False)
    group = ChatFullInfo.model_validate(await world.result("getChat", chat_id=GROUP))
    assert (group.type, group.title, group.username) == ("supergroup", "Arb Lounge", "arb_lounge")
    ChatFullInfo.model_validate(await world.result("getChat", chat_id=FIONA))
    owner, bot = await world.result("getChatAdministrators", chat_id=GROUP)
    assert ChatMemberOwner.model_validate(owner).user.id == ADA
    assert (bot["user"]["id"], bot["can_delete_messages"]) == (6012345678, True)
    assert (await world.result("getChatMember", chat_id=GROUP, user_id=FIONA))["status"] == "member"
    assert await world.result("getChatMemberCount", chat_id=GROUP) == 5


async def test_commands_and_texts_are_kept_by_scope_and_language(world: TelegramWorld) -> None:
    commands = [{"command": "start", "description": "Begin"}]
    german = [{"command": "start", "description": "Los"}]
    await world.result("setMyCommands", commands=commands)
    await world.result("setMyCommands", commands=german, language_code="de")
    assert await world.result("getMyCommands") == commands
    assert await world.result("getMyCommands", language_code="de") == german
    assert await world.result("getMyCommands", scope={"type": "all_group_chats"}) == []
    await world.result("deleteMyCommands")
    assert await world.result("getMyCommands") == []
    await world.result("setMyDescription", description="Finds it")
    assert await world.result("getMyDescription") == {"description": "Finds it"}
    assert await world.result("getMyName") == {"name": "ArbEdge"}


async def test_the_webhook_settings_come_back(world: TelegramWorld) -> None:
    standing = WebhookInfo.model_validate(await world.result("getWebhookInfo"))
    assert standing.url == "http://worker.test/webhook/telegram"
    wanted: dict[str, Any] = {
        "url": "https://arbedge.example.org/webhook/telegram",
        "allowed_updates": ["message"],
        "max_connections": 7,
    }
    await world.result("setWebhook", **wanted, secret_token="another-secret")
    info = await world.result("getWebhookInfo")
    assert {name: info[name] for name in wanted} == wanted
    assert await world.refusal("getUpdates") == (
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    )
    await world.control("say", user_id=FIONA, text="hello")
    assert world.deliveries[-1].headers["x-telegram-bot-api-secret-token"] == "another-secret"
    await world.result("deleteWebhook")
    assert (await world.result("getWebhookInfo"))["url"] == ""
    await world.control("say", user_id=FIONA, text="anyone?")
    assert [u["message"]["text"] for u in await world.result("getUpdates")] == ["anyone?"]
