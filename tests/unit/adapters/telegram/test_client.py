"""The Bot API client: what goes out, and what every kind of answer means."""

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from arbedge.adapters.telegram import client as module
from arbedge.adapters.telegram.client import BotApi
from arbedge.errors import (
    MessageGone,
    MessengerError,
    MessengerRejected,
    MessengerThrottled,
    MessengerUnavailable,
    RecipientUnreachable,
)
from arbedge.ports.messenger import Button, Screen

TOKEN = "6012345678:AAEtestTOKENforVectorsOnly_000000000"
SCREEN = Screen("<b>Net 1 &lt; 2</b>", [[Button("Open", data="op:d:1"), Button("Site", url="https://a.example")]])

Reply = Callable[[str, dict[str, Any]], httpx.Response]


def ok(result: Any = True) -> httpx.Response:
    return httpx.Response(200, json={"ok": True, "result": result})


def refusal(code: int, description: str, **parameters: int) -> httpx.Response:
    body = {"ok": False, "error_code": code, "description": description}
    return httpx.Response(code, json=body | ({"parameters": parameters} if parameters else {}))


class Telegram:
    """Answers calls in order and remembers them."""

    def __init__(self, *replies: httpx.Response | Exception) -> None:
        self._replies = list(replies)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.startswith(f"/bot{TOKEN}/")
        assert request.headers["content-type"] == "application/json"
        self.calls.append((request.url.path.rsplit("/", 1)[1], json.loads(request.content)))
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def messenger(self) -> BotApi:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return BotApi(client, "https://telegram.test/", TOKEN)


async def test_a_message_goes_out_as_html_without_link_preview():
    telegram = Telegram(ok({"message_id": 41, "chat": {"id": 5}}))
    assert await telegram.messenger().send(5, SCREEN, is_silent=True, thread_id=9) == 41
    method, sent = telegram.calls[0]
    assert method == "sendMessage"
    assert sent == {
        "chat_id": 5,
        "text": SCREEN.text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": True,
        "message_thread_id": 9,
        "reply_markup": {
            "inline_keyboard": [
                [{"text": "Open", "callback_data": "op:d:1"}, {"text": "Site", "url": "https://a.example"}]
            ]
        },
    }


async def test_large_ids_survive():
    telegram = Telegram(ok({"message_id": 1}))
    await telegram.messenger().send(4503599627370495, Screen("x"))
    assert telegram.calls[0][1]["chat_id"] == 4503599627370495


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refusal(403, "Forbidden: bot was blocked by the user"), RecipientUnreachable),
        (refusal(403, "Forbidden: user is deactivated"), RecipientUnreachable),
        (refusal(403, "Forbidden: bot can't initiate conversation with a user"), RecipientUnreachable),
        (refusal(403, "Forbidden: bot was kicked from the supergroup chat"), RecipientUnreachable),
        (refusal(400, "Bad Request: chat not found"), RecipientUnreachable),
        (refusal(400, "Bad Request: not enough rights to send text messages to the chat"), RecipientUnreachable),
        (refusal(400, "Bad Request: message to edit not found"), MessageGone),
        (refusal(400, "Bad Request: message can't be edited"), MessageGone),
        (refusal(400, "Bad Request: message is too long"), MessengerRejected),
        (refusal(400, "Bad Request: BUTTON_DATA_INVALID"), MessengerRejected),
        (refusal(404, "Not Found: method not found"), MessengerRejected),
        (refusal(401, "Unauthorized"), MessengerUnavailable),
        (refusal(404, "Not Found"), MessengerUnavailable),
        (refusal(409, "Conflict: terminated by other getUpdates request"), MessengerUnavailable),
        (refusal(500, "Internal Server Error"), MessengerUnavailable),
        (httpx.Response(502, html="<html>Bad Gateway</html>"), MessengerUnavailable),
        (httpx.Response(200, html="<html>hello</html>"), MessengerUnavailable),
        (httpx.Response(302, headers={"location": "https://elsewhere.test"}), MessengerUnavailable),
        (httpx.Response(200, content=b"[" * 200_000), MessengerUnavailable),
        (httpx.Response(200, content=b'{"ok":true,"result":"\xff"}'), MessengerUnavailable),
        (ok({"no_id": 1}), MessengerUnavailable),
        (httpx.ReadTimeout("slow"), MessengerUnavailable),
        (httpx.ReadError("reset"), MessengerUnavailable),
        (httpx.ConnectError("refused"), MessengerUnavailable),
    ],
)
async def test_every_failure_says_what_may_be_done_next(reply: Any, error: type[MessengerError]):
    with pytest.raises(MessengerError) as caught:
        await Telegram(reply).messenger().send(5, SCREEN)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("reply", "is_refused"),
    [
        (refusal(500, "Internal Server Error"), True),
        (refusal(401, "Unauthorized"), True),
        (httpx.ConnectError("refused"), True),
        (httpx.ReadTimeout("slow"), False),
        (httpx.ReadError("reset"), False),
        (httpx.Response(502, html="<html>Bad Gateway</html>"), False),
    ],
)
async def test_an_outage_says_whether_the_message_may_exist(reply: Any, is_refused: bool):
    with pytest.raises(MessengerUnavailable) as caught:
        await Telegram(reply).messenger().send(5, SCREEN)
    assert caught.value.is_refused is is_refused


@pytest.mark.parametrize(
    ("reply", "wait_s"),
    [
        (refusal(429, "Too Many Requests: retry after 7", retry_after=7), 7),
        (httpx.Response(429, json={"ok": False, "error_code": 429}, headers={"Retry-After": "3"}), 3),
        (httpx.Response(429, json={"ok": False, "error_code": 429}), 1),
    ],
)
async def test_a_throttled_call_says_how_long_to_wait(reply: httpx.Response, wait_s: int):
    with pytest.raises(MessengerThrottled) as caught:
        await Telegram(reply).messenger().send(5, SCREEN)
    assert caught.value.retry_after_s == wait_s


async def test_an_edit_that_changes_nothing_is_done():
    reply = refusal(
        400,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same",
    )
    telegram = Telegram(reply)
    await telegram.messenger().edit(5, 41, SCREEN)
    assert telegram.calls[0][0] == "editMessageText"


async def test_an_edit_without_buttons_takes_them_away():
    telegram = Telegram(ok({"message_id": 41}))
    await telegram.messenger().edit(5, 41, Screen("over"))
    assert "reply_markup" not in telegram.calls[0][1]


async def test_text_that_telegram_cannot_read_goes_out_once_more_as_plain_text(caplog: pytest.LogCaptureFixture):
    telegram = Telegram(
        refusal(400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0'),
        ok({"message_id": 42}),
    )
    assert await telegram.messenger().send(5, SCREEN) == 42
    again = telegram.calls[1][1]
    assert "parse_mode" not in again
    assert again["text"] == "Net 1 < 2"
    assert again["reply_markup"] == telegram.calls[0][1]["reply_markup"]
    assert [record.message for record in caplog.records] == ["telegram_markup_defect"]


async def test_plain_text_is_tried_only_once():
    unreadable = refusal(400, "Bad Request: can't parse entities: whatever")
    telegram = Telegram(unreadable, unreadable)
    with pytest.raises(MessengerRejected):
        await telegram.messenger().send(5, SCREEN)
    assert len(telegram.calls) == 2


async def test_a_group_is_followed_to_its_new_id_once():
    moved = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1002)
    telegram = Telegram(moved, ok({"message_id": 8}))
    assert await telegram.messenger().send(-5, SCREEN) == 8
    assert [call["chat_id"] for _, call in telegram.calls] == [-5, -1002]
    with pytest.raises(RecipientUnreachable):
        await Telegram(moved, moved).messenger().send(-5, SCREEN)
    with pytest.raises(MessageGone):
        await Telegram(moved).messenger().edit(-5, 8, SCREEN)


async def test_a_topic_that_is_gone_is_left():
    telegram = Telegram(refusal(400, "Bad Request: message thread not found"), ok({"message_id": 8}))
    assert await telegram.messenger().send(-5, SCREEN, thread_id=4) == 8
    assert "message_thread_id" not in telegram.calls[1][1]


async def test_a_late_answer_to_a_tap_is_no_error():
    late = refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    await Telegram(late).messenger().answer("1", "hello")
    await Telegram(late).messenger().refuse_checkout("1", "no")


async def test_a_toast_is_cut_to_what_telegram_takes():
    telegram = Telegram(ok())
    await telegram.messenger().answer("1", "x" * 300, is_alert=True)
    assert telegram.calls[0][1] == {"callback_query_id": "1", "text": "x" * 200, "show_alert": True}


async def test_deleting_what_is_gone_is_done_and_what_cannot_be_deleted_is_not():
    await Telegram(refusal(400, "Bad Request: message to delete not found")).messenger().delete(5, 1)
    with pytest.raises(MessengerRejected):
        await Telegram(refusal(400, "Bad Request: message can't be deleted")).messenger().delete(5, 1)


async def test_the_bot_asks_for_its_name_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_usernames", {})
    telegram = Telegram(ok({"id": 6012345678, "is_bot": True, "username": "ArbEdgeBot"}))
    messenger = telegram.messenger()
    assert [await messenger.fetch_username() for _ in range(3)] == ["ArbEdgeBot"] * 3
    assert len(telegram.calls) == 1


@pytest.mark.parametrize(
    "reply",
    [
        httpx.ReadTimeout(f"https://telegram.test/bot{TOKEN}/sendMessage"),
        httpx.ConnectError(f"https://telegram.test/bot{TOKEN}/sendMessage"),
        httpx.InvalidURL(f"https://telegram.test/bot{TOKEN}/sendMessage"),
        refusal(400, f"Bad Request: wrong path /bot{TOKEN}/sendMessage"),
        refusal(404, "Not Found"),
        httpx.Response(502, html=f"<html>/bot{TOKEN}/sendMessage</html>"),
    ],
)
async def test_the_token_is_in_no_error_and_no_log(reply: Any, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    messenger = Telegram(reply).messenger()
    with pytest.raises(MessengerError) as caught:
        await messenger.send(5, SCREEN)
    error = caught.value
    said = [str(error), repr(error), repr(messenger), *traceback.format_exception(error)]
    chain: BaseException | None = error
    while chain is not None:
        assert not isinstance(chain, httpx.HTTPError | httpx.InvalidURL)
        said.append(repr(vars(chain)))
        chain = chain.__cause__ or chain.__context__
    said += [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert not [text for text in said if TOKEN in text or TOKEN.partition(":")[2] in text]
