"""Every kind of event survives as it is, and what breaks its schema is refused with a clear error."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.errors import RecordRefused
from arbedge.ports.lake.event_records import EVENT_KINDS
from arbedge.ports.lake.lines import decode_event, decode_line, encode_line, kind_of, time_of
from tests.unit.adapters.cloudflare.lake.builders import PERSON, SCAN_ID, make_events, make_session

EVENTS = {kind_of(event): event for event in make_events()}
DISTRIBUTION: Any = EVENTS["distribution"]
PERSON_DECISION = DISTRIBUTION.people[0]


def test_there_is_one_of_every_kind() -> None:
    assert tuple(EVENTS) == EVENT_KINDS


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_an_event_comes_back(kind: str) -> None:
    line = encode_line(EVENTS[kind])
    assert decode_event(line) == EVENTS[kind]
    assert (json.loads(line)["kind"], json.loads(line)["v"]) == (kind, 1)
    assert time_of(EVENTS[kind]) == SCAN_ID


@pytest.mark.parametrize(
    "bad",
    [
        make_session(person="123456789"),
        make_session(person="0123456789ABCDEF0123456789abcdef"),
        make_session(command="x" * 65),
        make_session(at=-1),
        make_session(change="left"),
        replace(DISTRIBUTION, people=[PERSON_DECISION] * 251),
        replace(DISTRIBUTION, people=[replace(PERSON_DECISION, min_net_bps={"funding": math.nan})]),
        replace(DISTRIBUTION, people=[replace(PERSON_DECISION, person="")]),
        replace(EVENTS["delivery"], content_sha256="no digest"),
        replace(EVENTS["delivery"], outcome="perhaps"),
        replace(EVENTS["audit"], details={"why": "x" * 501}),
        replace(EVENTS["audit"], subject=object()),
        replace(EVENTS["coin"], mode="unknown"),
        replace(EVENTS["session"], v=2),
    ],
)
def test_what_breaks_its_schema_is_refused(bad: Any) -> None:
    with pytest.raises(RecordRefused, match=r".+"):
        encode_line(bad)


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b'{"kind":"session"}', b'{"kind":"snapshot","v":1}', b"\xff", b"1"]
)
def test_a_line_that_is_no_event_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match="no record"):
        decode_event(line)


def test_a_field_nobody_knows_is_refused() -> None:
    line = encode_line(make_session())
    with pytest.raises(ValueError, match="no record"):
        decode_line(line.replace(b'"v":1', b'"v":1,"name":"Fiona"'))


@given(st.text(max_size=80), st.integers())
def test_what_is_accepted_is_what_comes_back(command: str, at: int) -> None:
    event = make_session(at=at, command=command, expires_at=1)
    try:
        line = encode_line(event)
    except RecordRefused:
        assert not 1 <= len(command) <= 64 or not 0 <= at <= 4_102_444_800_000
    else:
        assert decode_event(line) == event
        assert b"\n" not in line
    assert len(PERSON) == 32
