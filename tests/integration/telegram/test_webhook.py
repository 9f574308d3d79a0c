"""Promises T1 and T2: only Telegram gets in, any body is survived, every update acts once, D1 may fail."""

import ast
import asyncio
import inspect
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.datastructures import Headers

from arbedge.entrypoints.telegram import webhook
from arbedge.entrypoints.telegram.webhook import handle_webhook
from tests.integration.telegram.world import FIONA, SECRET, World, stream
from tests.unit.entrypoints.telegram.builders import message

NAME = "x-telegram-bot-api-secret-token"


def start(update_id: int = 5) -> bytes:
    return json.dumps({"update_id": update_id, "message": message("/start")}).encode()


async def untouchable() -> AsyncIterator[bytes]:
    raise AssertionError("the body was read")
    yield b""


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(NAME, "wrong")],
        [(NAME, "")],
        [(NAME, SECRET[:-1])],
        [(NAME, SECRET + "x")],
        [(NAME, SECRET.upper())],
        [(NAME, f" {SECRET}")],
        [(NAME, "гвардеец😀")],
        [(NAME, "\udcff" * 20)],
        [(NAME, "x" * 257)],
        [(NAME, "x" * 100_000)],
        [(NAME, f"{SECRET}, {SECRET}")],
        [("authorization", SECRET)],
    ],
)
async def test_without_the_secret_nothing_is_read_or_said(world: World, headers: list[tuple[str, str]]):
    answer = await handle_webhook(world.build(), dict(headers), untouchable())
    assert (answer.status, answer.body) == (401, b"")
    assert world.execute("SELECT count(*) FROM updates") == [(0,)]
    assert not world.calls()


def test_the_secret_is_only_ever_compared_in_constant_time():
    tree = ast.parse(inspect.getsource(webhook))
    called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert called.count("hmac.compare_digest") == 1
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert not [text for text in compared if "secret" in text.replace("SECRET_HEADER", "")]


async def test_a_repeated_secret_is_refused(world: World):
    twice = Headers(raw=[(NAME.encode(), SECRET.encode()), (NAME.encode(), SECRET.encode())])
    assert (await handle_webhook(world.build(), twice, untouchable())).status == 401


async def test_the_header_may_be_spelled_in_any_case(world: World):
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    assert (await handle_webhook(world.build(), headers, stream(start()))).status == 200
    assert len(world.calls("sendMessage")) == 1


@pytest.mark.parametrize("length", ["1048577", "99999999999999999999999"])
async def test_a_body_said_to_be_too_long_is_not_read(world: World, length: str):
    answer = await handle_webhook(world.build(), {NAME: SECRET, "content-length": length}, untouchable())
    assert answer.status == 413


async def test_a_body_that_turns_out_too_long_is_not_read_to_its_end(world: World):
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b" " * 65_536

    assert (await handle_webhook(world.build(), {NAME: SECRET, "content-length": "12"}, endless())).status == 413
    assert taken == 17


@pytest.mark.parametrize(
    "body", [b"", b"update_id=1&message=%2Fstart", b"[]", b"{}", b'{"update_id": "x"}', b"\xff\xfe"]
)
async def test_a_body_that_is_no_update_is_refused_quietly(world: World, body: bytes):
    response = await world.post(body)
    assert (response.status_code, response.content) == (400, b"")
    assert world.execute("SELECT count(*) FROM updates") == [(0,)]


async def test_answers_never_carry_a_body_that_telegram_would_execute(world: World):
    response = await world.post(start())
    assert (response.status_code, response.content) == (200, b"")


async def test_an_update_acts_once_however_often_and_concurrently_it_comes(world: World):
    responses = await asyncio.gather(*(world.post(start(77)) for _ in range(5)))
    responses.append(await world.post(start(77)))
    assert [response.status_code for response in responses] == [200] * 6
    assert len(world.calls("sendMessage")) == 1
    assert world.execute("SELECT state FROM updates") == [("done",)]


async def test_updates_may_come_out_of_order(world: World):
    for update_id in (900, 12, 500):
        assert (await world.post(start(update_id))).status_code == 200
    assert len(world.calls("sendMessage")) == 3


async def test_a_database_that_is_down_asks_telegram_to_come_again(world: World):
    world.env.faults.fail("DB", times=None)
    response = await world.post(start())
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert not world.calls()
    world.env.faults.clear()
    assert (await world.post(start())).status_code == 200
    assert len(world.calls("sendMessage")) == 1


async def test_a_hiccup_of_the_database_is_not_noticed(world: World):
    world.env.faults.fail("DB", times=1)
    assert (await world.post(start())).status_code == 200
    assert len(world.calls("sendMessage")) == 1


async def test_a_failure_inside_is_recorded_told_and_does_not_come_back(world: World, caplog: pytest.LogCaptureFixture):
    await world.say(FIONA, "/start")
    services = world.build()
    object.__setattr__(services, "opportunities", None)  # an update that breaks its handler
    body = {"update_id": 31, "message": message("/opportunities my_own_words")}
    with caplog.at_level(logging.ERROR):
        answer = await handle_webhook(services, {NAME: SECRET}, stream(json.dumps(body).encode()))
    assert answer.status == 200
    (call,) = world.calls("sendMessage")[1:]
    (record,) = [record for record in caplog.records if record.message == "update_failed"]
    reference: Any = vars(record)["ref"]
    assert f"Something broke on our side (ref {reference})" in call.parameters["text"]
    assert "my_own_words" not in str(vars(record))
    assert world.execute("SELECT state, error FROM updates WHERE id = 31") == [("failed", "AttributeError")]
    assert (await world.post(json.dumps(body).encode())).status_code == 200
    assert len(world.calls("sendMessage")) == 2


def break_query(world: World, number: int) -> None:
    """Lets the first ones through: the first takes an update in, the last records its end."""
    asked = 0

    async def on_call(_binding: str, _operation: str, moment: str) -> None:
        nonlocal asked
        asked += moment == "after"
        if asked == number - 1:
            world.env.faults.on_call = None
            world.env.faults.fail("DB", times=1)

    world.env.faults.on_call = on_call


async def test_a_store_that_fails_later_is_told_to_the_person(world: World):
    await world.say(FIONA, "/start")
    break_query(world, 2)
    response = await world.post(json.dumps({"update_id": 33, "message": message("/menu")}).encode())
    assert response.status_code == 200
    assert "Something broke on our side" in world.calls("sendMessage")[-1].parameters["text"]
    assert world.execute("SELECT state, error FROM updates WHERE id = 33") == [("failed", "store_unavailable")]


async def test_a_tap_is_answered_even_when_the_store_fails(world: World):
    await world.say(FIONA, "/start")
    break_query(world, 2)
    calls = await world.tap(FIONA, 7, "m:home")
    assert [call.method for call in calls] == ["answerCallbackQuery", "sendMessage"]
    assert "Something broke on our side" in calls[1].parameters["text"]


async def test_an_end_that_cannot_be_recorded_does_no_harm(world: World):
    break_query(world, 3)
    assert (await world.post(start(34))).status_code == 200
    assert world.execute("SELECT state FROM updates WHERE id = 34") == [("received",)]
    assert len(world.calls("sendMessage")) == 1


async def test_an_update_whose_beginning_got_no_answer_is_delayed_and_not_lost(world: World):
    world.env.faults.fail("DB", moment="after", times=1)
    assert (await world.post(start(36))).status_code == 503
    world.clock.advance(31_000)
    assert (await world.post(start(36))).status_code == 200
    assert len(world.calls("sendMessage")) == 1
