"""Updates as Telegram sends them, and as nobody should."""

import json
from typing import Any

import pytest

from arbedge.entrypoints.telegram.wire import Message, NotAnUpdate, Update, parse_update
from tests.unit.entrypoints.telegram.builders import message


def parse(**fields: Any) -> Update:
    return parse_update(json.dumps({"update_id": 7} | fields).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"update_id=1&message=%2Fstart",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b"{}",
        b'{"update_id": null}',
        b'{"update_id": "7"}',
        b'{"update_id": true}',
        b'{"update_id": 7.5}',
        b'{"update_id": 0}',
        b'{"update_id": -7}',
        b'{"update_id": 9007199254740993}',
        b'{"update_id": 7',
        b'{"update_id": 7}x',
        b'{"update_id": "\xff"}',
        b"[" * 300_000,
        b'{"update_id": 7, "a": ' + b"[" * 300_000,
    ],
)
def test_a_body_that_is_no_update_is_refused(body: bytes):
    with pytest.raises(NotAnUpdate):
        parse_update(body)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"quantum_reaction": {"chat": {}}},
        {"channel_post": message()},
        {"message": None},
        {"message": "text"},
        {"message": []},
        {"message": {}},
        {"message": message(text=5)},
        {"message": message(chat=None)},
        {"message": message(message_id="77")},
        {"message": message(entities={"type": "bot_command"})},
        {"message": message(chat={"id": 2**60, "type": "private"})},
        {"callback_query": {"id": 5, "from": {"id": 1}}},
        {"my_chat_member": {"chat": {"id": 1}}},
    ],
)
def test_what_is_unknown_or_not_as_documented_is_ignored(fields: dict[str, Any]):
    assert parse(**fields) == Update(7)


def test_null_means_absent_and_unknown_fields_do_not_matter():
    full = message(text="hi", entities=None, caption=None, is_topic_message=None, flavour={"x": [1]})
    update = parse(message=full, edited_message=None)
    assert update.kind == "message"
    assert isinstance(update.payload, Message)
    assert update.payload.text == "hi"
    assert update.payload.sender
    assert update.payload.sender.is_person


@pytest.mark.parametrize("sender", [1087968824, 136817688, 777000, -5])
def test_service_accounts_are_no_people(sender: int):
    parsed = parse(message=message(user_id=sender)).payload
    assert not parsed.sender.is_person


def test_bots_are_no_people():
    assert not parse(message=message() | {"from": {"id": 5, "is_bot": True}}).payload.sender.is_person


def test_ids_of_52_bits_survive():
    big = 4503599627370495
    payload = parse(message=message(user_id=big)).payload
    assert (payload.sender.id, payload.chat.id) == (big, big)
