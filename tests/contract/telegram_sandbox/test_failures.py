"""Failures on demand, for everybody or for one chat, in Telegram's own shape."""

import httpx
import pytest

from tests.contract.telegram_sandbox.world import FIONA, PAVEL, TelegramWorld


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (400, "Bad Request: chat not found"),
        (401, "Unauthorized"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
    ],
)
async def test_a_scripted_status_looks_like_telegrams(world: TelegramWorld, status: int, description: str) -> None:
    await world.fault(kind="status", value=status, path="sendMessage")
    assert await world.refusal("sendMessage", chat_id=FIONA, text="x") == (status, description)
    await world.result("getMe")
    await world.client.delete("/_control/faults")
    await world.result("sendMessage", chat_id=FIONA, text="x")


async def test_a_scripted_rate_limit_names_the_wait(world: TelegramWorld) -> None:
    await world.fault(kind="rate_limit", value=7)
    answer = await world.call("sendMessage", chat_id=FIONA, text="x")
    assert answer.status_code == 429
    assert answer.json()["parameters"] == {"retry_after": 7}


async def test_one_chat_alone_can_fail(world: TelegramWorld) -> None:
    await world.fault(kind="status", value=403, path=f"sendMessage:{FIONA}")
    blocked = await world.refusal("sendMessage", chat_id=FIONA, text="x")
    assert blocked == (403, "Forbidden: bot was blocked by the user")
    await world.result("sendMessage", chat_id=PAVEL, text="x")
    await world.result("sendChatAction", chat_id=FIONA, action="typing")
    await world.fault(kind="rate_limit", value=3, path=f":{PAVEL}")
    code, description = await world.refusal("sendChatAction", chat_id=PAVEL, action="typing")
    assert (code, description) == (429, "Too Many Requests: retry after 3")


async def test_a_lost_connection_leaves_nothing_behind(world: TelegramWorld) -> None:
    await world.fault(kind="reset", path="sendMessage")
    with pytest.raises(httpx.ReadError):
        await world.call("sendMessage", chat_id=FIONA, text="x")
    assert await world.outbox() == []


async def test_a_garbled_answer_comes_after_the_deed(world: TelegramWorld) -> None:
    await world.fault(kind="malformed", path="sendMessage")
    answer = await world.call("sendMessage", chat_id=FIONA, text="x")
    with pytest.raises(ValueError):
        answer.json()
    assert len(await world.outbox()) == 1


async def test_a_broken_telegram_does_not_break_the_control(world: TelegramWorld) -> None:
    await world.fault(kind="html")
    assert (await world.call("getMe")).text.startswith("<!DOCTYPE html>")
    await world.control("say", user_id=FIONA, text="still here")
    assert world.updates[0]["message"]["text"] == "still here"
