"""The recorded tricky updates pass through unchanged, and the bot can answer what they bring."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from aiogram.types import Update

from tests.contract.telegram_sandbox.world import SECRET, TelegramWorld

FIXTURES = Path(os.environ.get("ARBEDGE_FIXTURES", Path(__file__).parents[4] / "shared" / "fixtures"))
RECORDED = FIXTURES / "telegram" / "updates.json"
HEADER = "x-telegram-bot-api-secret-token"

pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason=f"recorded updates are not at {RECORDED}")


def cases() -> list[dict[str, Any]]:
    return json.loads(RECORDED.read_text("utf-8")) if RECORDED.is_file() else []


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
async def test_a_recorded_update_is_delivered_as_written(world: TelegramWorld, case: dict[str, Any]) -> None:
    if case["update"] is None:
        raw = {"raw_body": case["raw_body"], "content_type": case["content_type"]}
        assert (await world.control("update", **raw))["status"] == 200
        assert world.deliveries[0].content.decode() == case["raw_body"]
        return
    body = {"update": case["update"], "headers": case["headers"]} if "headers" in case else case["update"]
    assert (await world.control("update", **body))["status"] == 200
    assert world.updates == [case["update"]]
    expected = {name.lower(): value for name, value in case.get("headers", {}).items()}.get(HEADER, SECRET)
    assert world.deliveries[0].headers[HEADER] == expected
    Update.model_validate(world.updates[0])


@pytest.mark.parametrize(
    "case", [c for c in cases() if "message" in (c["update"] or {})], ids=lambda case: case["name"]
)
async def test_the_chat_of_a_recorded_message_can_be_written_to(world: TelegramWorld, case: dict[str, Any]) -> None:
    await world.control("update", **case["update"])
    message = case["update"]["message"]
    if "migrate_to_chat_id" in message:
        answer = await world.call("sendMessage", chat_id=message["chat"]["id"], text="x")
        assert answer.json()["parameters"] == {"migrate_to_chat_id": message["migrate_to_chat_id"]}
        return
    sent = await world.result("sendMessage", chat_id=message["chat"]["id"], text="x")
    assert sent["chat"]["id"] == message["chat"]["id"]
    assert sent["message_id"] > message["message_id"]


@pytest.mark.parametrize(
    "case", [c for c in cases() if "callback_query" in (c["update"] or {})], ids=lambda case: case["name"]
)
async def test_a_recorded_tap_can_be_answered_once(world: TelegramWorld, case: dict[str, Any]) -> None:
    await world.control("update", **case["update"])
    query_id = case["update"]["callback_query"]["id"]
    await world.result("answerCallbackQuery", callback_query_id=query_id)
    await world.control("update", **case["update"])
    assert (await world.refusal("answerCallbackQuery", callback_query_id=query_id))[0] == 400
