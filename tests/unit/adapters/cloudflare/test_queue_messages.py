"""Only messages of this version are understood; everything else is said to be invalid."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.adapters.cloudflare.queues import decode_message
from arbedge.errors import MessageInvalid
from arbedge.ports.queues import Announce, Deliver

ANNOUNCE = {"kind": "announce", "v": 1, "opportunity_id": "ab", "revision": 2, "after_user_id": "u_1"}
DELIVER = {"kind": "deliver", "v": 1, "opportunity_id": "ab", "revision": 2, "chat_id": -100_123}


def test_messages_are_read() -> None:
    assert decode_message(json.dumps(ANNOUNCE)) == Announce(1, "ab", 2, "u_1")
    assert decode_message(json.dumps(DELIVER)) == Deliver(1, "ab", 2, -100_123)


@pytest.mark.parametrize(
    "body",
    [
        ANNOUNCE,
        None,
        b'{"kind":"announce"}',
        7,
        "",
        "not json",
        "[]",
        "null",
        json.dumps(ANNOUNCE | {"v": 2}),
        json.dumps(ANNOUNCE | {"v": 0}),
        json.dumps(ANNOUNCE | {"v": "1"}),
        json.dumps(ANNOUNCE | {"kind": "shout"}),
        json.dumps(ANNOUNCE | {"extra": 1}),
        json.dumps(ANNOUNCE | {"revision": 1.5}),
        json.dumps({key: value for key, value in DELIVER.items() if key != "chat_id"}),
        json.dumps({key: value for key, value in DELIVER.items() if key != "kind"}),
        '{"kind":"deliver","opportunity_id":' + "[" * 50_000,
        "\ud800",
    ],
)
def test_anything_else_is_invalid(body: object) -> None:
    with pytest.raises(MessageInvalid):
        decode_message(body)


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_text_raises_anything_but_invalid(body: str) -> None:
    with pytest.raises(MessageInvalid):
        decode_message(body)
