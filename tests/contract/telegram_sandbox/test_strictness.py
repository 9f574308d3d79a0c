"""Bad calls are refused with Telegram's words, good ones pass: the table of what a sender may get wrong."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.telegram_sandbox.world import FIONA, GROUP, TOKEN, TelegramWorld

KEYBOARD = {"inline_keyboard": [[{"text": "Go", "callback_data": "op:l:0"}]]}
TEXT = {"chat_id": FIONA, "text": "x"}


def send(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**TEXT, **changed}.items() if value is not None}


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("sendMessage", send()),
    ("sendMessage", send(text="x" * 4096)),
    ("sendMessage", send(text="<b>" + "x" * 4096 + "</b>", parse_mode="HTML")),
    ("sendMessage", send(text="a &lt; b", parse_mode="html", link_preview_options={"is_disabled": True})),
    ("sendMessage", send(reply_markup=KEYBOARD, disable_notification=True, protect_content=True)),
    ("sendMessage", send(reply_markup={"keyboard": [["A", {"text": "B"}]], "resize_keyboard": True})),
    ("sendMessage", send(reply_markup={"remove_keyboard": True})),
    ("sendMessage", send(reply_markup={"force_reply": True, "input_field_placeholder": "Amount"})),
    ("sendMessage", send(reply_markup={"inline_keyboard": []})),
    ("sendMessage", send(entities=[{"type": "bold", "offset": 0, "length": 1}])),
    ("sendMessage", send(reply_parameters={"message_id": 1, "allow_sending_without_reply": True})),
    ("sendMessage", send(message_effect_id="5104841245755180586")),
    ("sendMessage", send(chat_id=GROUP)),
    ("sendMessage", send(chat_id="@arb_lounge")),
    ("sendMessage", send(chat_id=GROUP, ephemeral_message_parameters={"receiver_user_id": FIONA})),
    ("sendChatAction", {"chat_id": FIONA, "action": "typing"}),
    ("setMyCommands", {"commands": [{"command": "start", "description": "Begin"}]}),
    (
        "setMyCommands",
        {
            "commands": [{"command": "balance", "description": "Mine", "is_ephemeral": True}],
            "scope": {"type": "all_group_chats"},
            "language_code": "de",
        },
    ),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": FIONA}}),
    (
        "setChatMenuButton",
        {
            "chat_id": FIONA,
            "menu_button": {"type": "web_app", "text": "Open", "web_app": {"url": "https://app.example.org"}},
        },
    ),
    ("setMyName", {"name": "ArbEdge"}),
    ("setMyShortDescription", {"short_description": "x" * 120}),
    ("getMe", {}),
    ("getChat", {"chat_id": GROUP}),
    ("getChatAdministrators", {"chat_id": GROUP}),
    (
        "setWebhook",
        {
            "url": "https://arbedge.example.org/webhook/telegram",
            "secret_token": "A-z_9",
            "max_connections": 100,
            "allowed_updates": ["message"],
        },
    ),
]

MALFORMED: list[tuple[str, dict[str, Any], str]] = [
    ("sendMessage", send(chat_id=None), "chat_id is empty"),
    ("sendMessage", send(text=None), "message text is empty"),
    ("sendMessage", send(text=" \n "), "message text is empty"),
    ("sendMessage", send(text="<b></b>", parse_mode="HTML"), "message text is empty"),
    ("sendMessage", send(text="x" * 4097), "message is too long"),
    ("sendMessage", send(text="😀" * 2049), "message is too long"),
    ("sendMessage", send(text=5), 'field "text" must be of type String'),
    ("sendMessage", send(chat_id=1.5), 'field "chat_id'),
    ("sendMessage", send(chat_id=42), "chat not found"),
    ("sendMessage", send(chat_id="@nobody_here"), "chat not found"),
    ("sendMessage", send(parse_mode="BBCode"), "unsupported parse_mode"),
    ("sendMessage", send(text="1 < 2", parse_mode="HTML"), "can't parse entities"),
    ("sendMessage", send(text="<b>x", parse_mode="HTML"), 'Can\'t find end tag corresponding to start tag "b"'),
    ("sendMessage", send(flavour="x"), 'unknown parameter "flavour"'),
    ("sendMessage", send(link_preview_options={"disabled": True}), 'unknown field "disabled"'),
    ("sendMessage", send(entities=[{"type": "bold", "offset": 0, "length": 9}]), "outside of the text"),
    ("sendMessage", send(reply_markup=json.dumps(KEYBOARD)), "object expected as reply markup"),
    (
        "sendMessage",
        send(reply_markup={"inline_keyboard": [{"text": "Go", "callback_data": "x"}]}),
        "array of Arrays of buttons expected",
    ),
    (
        "sendMessage",
        send(reply_markup={"inline_keyboard": [[{"text": "Go"}]]}),
        "Text buttons are unallowed in the inline keyboard",
    ),
    (
        "sendMessage",
        send(reply_markup={"inline_keyboard": [[{"text": "Go", "callback_data": "x", "url": "https://example.org"}]]}),
        "only one action",
    ),
    (
        "sendMessage",
        send(reply_markup={"inline_keyboard": [[{"text": "Go", "callback_data": "x" * 65}]]}),
        "BUTTON_DATA_INVALID",
    ),
    (
        "sendMessage",
        send(reply_markup={"inline_keyboard": [[{"text": "Go", "url": "http://localhost"}]]}),
        "BUTTON_URL_INVALID",
    ),
    (
        "sendMessage",
        send(reply_markup={"inline_keyboard": [[{"text": "Go", "callback_data": "x", "colour": 1}]]}),
        'unknown field "colour"',
    ),
    ("sendMessage", send(reply_markup={"inline_keyboard": [[{"callback_data": "x"}]]}), "can't find field"),
    ("sendMessage", send(reply_markup={"keyboard": [["A"]], "inline_keyboard": []}), "exactly one kind"),
    ("sendMessage", send(reply_parameters={"message_id": 1}), "message to be replied not found"),
    ("sendMessage", send(message_thread_id=1), "message thread not found"),
    ("sendMessage", send(chat_id=GROUP, message_effect_id="1"), "private chats"),
    (
        "sendMessage",
        send(ephemeral_message_parameters={"receiver_user_id": FIONA}),
        "ephemeral messages can be sent only",
    ),
    (
        "sendMessage",
        send(chat_id=GROUP, ephemeral_message_parameters={"receiver_user_id": 42}),
        "receiver user not found",
    ),
    ("sendMessage", send(chat_id=GROUP, ephemeral_message_parameters={"receiver": FIONA}), "can't find field"),
    ("sendChatAction", {"chat_id": FIONA, "action": "dancing"}, "wrong parameter action"),
    ("sendPhoto", {"chat_id": FIONA, "photo": "no-such-file"}, "wrong remote file identifier"),
    (
        "sendPhoto",
        {"chat_id": FIONA, "photo": "https://example.org/a.png", "caption": "x" * 1025},
        "message caption is too long",
    ),
    ("editMessageText", {"chat_id": FIONA, "message_id": 5, "text": "x"}, "message to edit not found"),
    ("editMessageText", {"chat_id": FIONA, "text": "x"}, "message identifier is not specified"),
    (
        "editMessageText",
        {"chat_id": FIONA, "message_id": 5, "text": "x", "reply_markup": {"force_reply": True}},
        "inline keyboard expected",
    ),
    ("deleteMessage", {"chat_id": FIONA, "message_id": 5}, "message to delete not found"),
    (
        "answerCallbackQuery",
        {"callback_query_id": "1"},
        "query is too old and response timeout expired or query ID is invalid",
    ),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x" * 201}, "MESSAGE_TOO_LONG"),
    ("setMyCommands", {"commands": [{"command": "Start!", "description": "x"}]}, "BOT_COMMAND_INVALID"),
    ("setMyCommands", {"commands": [{"command": "start", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ("setMyCommands", {"commands": [{"command": "a", "description": "x"}] * 101}, "BOT_COMMANDS_TOO_MUCH"),
    ("setMyCommands", {"commands": [], "scope": {"type": "everyone"}}, 'field "scope"'),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": 42}}, "chat not found"),
    ("setMyShortDescription", {"short_description": "x" * 121}, "too long"),
    ("setChatMenuButton", {"chat_id": GROUP, "menu_button": {"type": "commands"}}, "private chats"),
    ("getChatAdministrators", {"chat_id": FIONA}, "there are no administrators in the private chat"),
    ("setWebhook", {"url": "http://example.org/x"}, "An HTTPS URL must be provided for webhook"),
    ("setWebhook", {"url": "https://example.org:8080/x"}, "Webhook can be set up only on ports 80, 88, 443 or 8443"),
    ("setWebhook", {"url": "https://10.0.0.1/x"}, "is reserved"),
    ("setWebhook", {"url": "https://example.org/x", "secret_token": "x" * 257}, "secret token is too long"),
    (
        "setWebhook",
        {"url": "https://example.org/x", "secret_token": "a b"},
        "secret token contains unallowed characters",
    ),
]


@pytest.mark.parametrize(("method", "parameters"), GOOD)
async def test_good_calls_pass(world: TelegramWorld, method: str, parameters: dict[str, Any]) -> None:
    await world.result(method, **parameters)
    assert [(c["method"]) for c in await world.outbox()] == [method]


@pytest.mark.parametrize(("method", "parameters", "reason"), MALFORMED)
async def test_bad_calls_are_refused(
    world: TelegramWorld, method: str, parameters: dict[str, Any], reason: str
) -> None:
    code, description = await world.refusal(method, **parameters)
    assert code == 400
    assert description.startswith("Bad Request: ")
    assert reason in description
    assert await world.outbox() == []
    refused = (await world.client.get("/_control/telegram/refused")).json()["calls"]
    assert [(c["method"], c["description"]) for c in refused] == [(method, description)]


async def test_tokens_and_methods_that_do_not_exist(world: TelegramWorld) -> None:
    async def status(path: str) -> tuple[int, str]:
        answer = await world.client.get(f"/telegram/{path}")
        return answer.status_code, answer.json()["description"]

    assert await status(f"bot{TOKEN[:-1]}1/getMe") == (401, "Unauthorized")
    assert await status("botnonsense/getMe") == (404, "Not Found")
    assert await status("getMe") == (404, "Not Found")
    assert await status(f"bot{TOKEN}/getMeow") == (404, "Not Found: method not found")
    assert await world.refusal("sendDice", chat_id=FIONA) == (
        501,
        "Not Implemented: a valid call that this server does not offer",
    )


async def test_names_are_case_insensitive_and_bodies_may_be_forms(world: TelegramWorld) -> None:
    url = f"/telegram/bot{TOKEN}/SENDmessage"
    fields = {"chat_id": str(FIONA), "text": "a + b", "reply_markup": json.dumps(KEYBOARD), "protect_content": "true"}
    answers = [
        await world.client.post(url, data=fields),
        await world.client.get(url, params=fields),
        await world.client.post(url, files={name: (None, value) for name, value in fields.items()}),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.json()["result"]["text"] == "a + b"
        assert answer.json()["result"]["reply_markup"] == KEYBOARD
    calls = await world.outbox()
    assert {c["method"] for c in calls} == {"sendMessage"}
    assert calls[0]["parameters"]["reply_markup"] == KEYBOARD
    assert calls[0]["parameters"]["protect_content"] is True


async def test_an_uploaded_picture_is_kept_and_can_be_sent_again(world: TelegramWorld) -> None:
    png = (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
        + (640).to_bytes(4, "big")
        + (480).to_bytes(4, "big")
        + b"\x08\x02\r\n\r\n"
    )
    answer = await world.client.post(
        f"/telegram/bot{TOKEN}/sendPhoto",
        data={"chat_id": str(FIONA)},
        files={"photo": ("chart.png", png, "image/png")},
    )
    size = answer.json()["result"]["photo"][0]
    assert (size["width"], size["height"], size["file_size"]) == (640, 480, len(png))
    again = await world.result("sendPhoto", chat_id=FIONA, photo=size["file_id"], caption="again")
    assert again["photo"][0]["file_id"] == size["file_id"]
    assert (await world.client.get(f"/chat/files/{size['file_id']}")).content == png
    csv = await world.client.post(
        f"/telegram/bot{TOKEN}/sendDocument",
        data={"chat_id": str(FIONA)},
        files={"document": ("a.csv", b"a,b\n", "text/csv")},
    )
    assert csv.json()["result"]["document"]["file_name"] == "a.csv"
    bad = await world.client.post(
        f"/telegram/bot{TOKEN}/sendPhoto",
        data={"chat_id": str(FIONA)},
        files={"photo": ("a.png", b"not a picture", "image/png")},
    )
    assert bad.json()["description"] == "Bad Request: IMAGE_PROCESS_FAILED"


async def test_a_body_that_is_not_json_is_refused(world: TelegramWorld) -> None:
    answer: httpx.Response = await world.client.post(
        f"/telegram/bot{TOKEN}/sendMessage", content=b"{", headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
