"""How a reply is written: what is waited for, what is tried again, and what is given up."""

import json
from dataclasses import fields
from typing import Any

import httpx
import pytest

from arbedge.adapters.telegram.client import BotApi
from arbedge.app.services import Services
from arbedge.entrypoints.telegram import turn as module
from arbedge.entrypoints.telegram.turn import Turn
from arbedge.entrypoints.telegram.wire import User
from arbedge.errors import MessengerRejected, MessengerThrottled, MessengerUnavailable
from arbedge.ports.messenger import Screen
from tests.unit.domain.builders import NOW

SENT = (200, {"ok": True, "result": {"message_id": 9}})
THROTTLED = (429, {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 2}})
THROTTLED_LONG = (429, {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 4}})
DOWN = (500, {"ok": False, "error_code": 500, "description": "Internal Server Error"})
GONE = (400, {"ok": False, "error_code": 400, "description": "Bad Request: message to edit not found"})
TOO_LONG = (400, {"ok": False, "error_code": 400, "description": "Bad Request: message is too long"})

Replies = list[tuple[int, dict[str, Any]]]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    return waited


def begin(replies: Replies, calls: list[str], *, panel_id: int | None = None) -> Turn:
    def reply(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path.rsplit("/", 1)[1])
        assert json.loads(request.content)["chat_id"] == 5
        status, body = replies.pop(0)
        return httpx.Response(status, json=body)

    client = httpx.AsyncClient(transport=httpx.MockTransport(reply))
    given = {"messenger": BotApi(client, "https://telegram.test", "6012345678:" + "A" * 35)}
    services: Any = Services(**{field.name: given.get(field.name) for field in fields(Services)})  # type: ignore[arg-type]
    return Turn(services=services, now=NOW, chat_id=5, is_group=False, sender=User(5), panel_id=panel_id)


@pytest.mark.parametrize(("replies", "waited"), [([SENT], []), ([THROTTLED, SENT], [2]), ([DOWN, SENT], [0.5])])
async def test_a_reply_is_tried_again_once(replies: Replies, waited: list[float], waits: list[float]):
    calls: list[str] = []
    await begin(list(replies), calls).reply(Screen("x"))
    assert waits == waited
    assert calls == ["sendMessage"] * len(replies)


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ([THROTTLED_LONG], MessengerThrottled),
        ([THROTTLED, THROTTLED], MessengerThrottled),
        ([DOWN, DOWN], MessengerUnavailable),
        ([TOO_LONG], MessengerRejected),
    ],
)
@pytest.mark.usefixtures("waits")
async def test_more_than_that_is_given_up(replies: Replies, error: type[Exception]):
    calls: list[str] = []
    with pytest.raises(error):
        await begin(list(replies), calls).reply(Screen("x"))
    assert len(calls) == len(replies)


async def test_a_panel_is_edited_and_replaced_when_it_is_gone(waits: list[float]):
    calls: list[str] = []
    await begin([SENT], calls, panel_id=7).show(Screen("x"))
    await begin([GONE, SENT], calls, panel_id=7).show(Screen("x"))
    await begin([SENT], calls).show(Screen("x"))
    assert calls == ["editMessageText", "editMessageText", "sendMessage", "sendMessage"]
    assert waits == []
