"""Telling never fails: records are packed into messages, refused ones and lost ones are counted."""

from collections.abc import Sequence

import pytest

from arbedge.app import chronicle as module
from arbedge.app.chronicle import Chronicle
from arbedge.errors import StoreUnavailable
from arbedge.ports.lake.lines import decode_event
from arbedge.ports.queues import Happened
from tests.unit.adapters.cloudflare.lake.builders import SCAN_ID, make_events, make_session


class Outlet:
    """A queue that keeps what it takes, or is down."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.taken: list[Happened] = []
        self._is_down = is_down

    async def send(self, messages: Sequence[Happened]) -> None:
        if self._is_down:
            raise StoreUnavailable("queue: no answer")
        self.taken += messages


def make(outlet: Outlet) -> Chronicle:
    return Chronicle(outlet, "key-" * 8)


async def test_records_arrive_as_they_are_in_one_message() -> None:
    outlet = Outlet()
    await make(outlet).tell(*make_events())
    (message,) = outlet.taken
    assert [decode_event(bytes(record)) for record in message.records] == make_events()


async def test_a_message_holds_what_a_queue_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    outlet = Outlet()
    monkeypatch.setattr(module, "EVENTS_MESSAGE_BYTES_MAX", 400)
    await make(outlet).tell(*(make_session(SCAN_ID + number) for number in range(7)))
    assert len(outlet.taken) > 1
    assert all(sum(len(bytes(record)) + 1 for record in one.records) <= 401 for one in outlet.taken)
    assert sum(len(one.records) for one in outlet.taken) == 7


async def test_what_was_noted_is_told_once() -> None:
    outlet = Outlet()
    chronicle = make(outlet)
    chronicle.note(make_session())
    await chronicle.flush()
    await chronicle.flush()
    assert len(outlet.taken) == 1


async def test_a_record_that_breaks_its_schema_is_counted_and_costs_no_other() -> None:
    outlet = Outlet()
    chronicle = make(outlet)
    await chronicle.tell(make_session(person="123456789"), make_session())
    assert (chronicle.refused, chronicle.lost) == (1, 0)
    assert sum(len(one.records) for one in outlet.taken) == 1


async def test_a_queue_that_is_down_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    chronicle = make(Outlet(is_down=True))
    await chronicle.tell(*make_events())
    assert (chronicle.refused, chronicle.lost) == (0, 7)
    assert "events lost" in caplog.text


async def test_nothing_to_tell_asks_nothing() -> None:
    outlet = Outlet()
    await make(outlet).tell()
    assert outlet.taken == []
