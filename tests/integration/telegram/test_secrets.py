"""A secret in a chat is removed, warned about, and left nowhere."""

import json
import logging

import pytest

from scripts.sandbox.telegram.people import GROUP_ID
from tests.integration.telegram.world import FIONA, World, only
from tests.unit.entrypoints.telegram.builders import message

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


@pytest.mark.parametrize("chat_id", [None, GROUP_ID])
async def test_it_is_removed_and_the_author_warned_without_a_quote(
    world: World, chat_id: int | None, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    calls = await world.say(FIONA, f"my key is {KEY}", chat_id=chat_id)
    assert [call.method for call in calls] == ["deleteMessage", "sendMessage"]
    assert "I removed a message" in calls[1].parameters["text"]
    assert "exposed" in calls[1].parameters["text"]
    assert KEY[:8] not in json.dumps([call.parameters for call in calls])
    assert KEY[:8] not in caplog.text
    assert KEY[:8] not in str([vars(record) for record in caplog.records])
    dump = "\n".join(world.env.DB.sqlite.connection.iterdump())
    assert KEY[:8] not in dump


async def test_it_is_noticed_in_commands_captions_edits_and_forwards(world: World):
    for place, fields in {
        "message": message(f"/why {KEY}"),
        "edited_message": message(f"key {KEY}"),
    }.items():
        await _deliver(world, {place: fields})
    await _deliver(world, {"message": message(None, caption=KEY)})
    await _deliver(world, {"message": message(KEY, forward_origin={"type": "user"})})
    assert len(world.calls("deleteMessage")) + len(_not_deleted(world)) == 4


async def _deliver(world: World, parts: dict[str, object]) -> None:
    update_id = 9_000 + len(world.execute("SELECT id FROM updates"))
    assert (await world.post(json.dumps({"update_id": update_id} | parts).encode())).status_code == 200


def _not_deleted(world: World) -> list[object]:
    return [call for call in world.telegram.bot_api.refused if call["method"] == "deleteMessage"]


async def test_when_it_cannot_be_removed_the_person_is_asked_to(world: World):
    world.break_telegram("status", "deleteMessage", 400)
    call = only(await world.say(FIONA, KEY), "sendMessage")
    assert "could not remove it: delete it yourself" in call.parameters["text"]
