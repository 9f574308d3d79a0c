"""Tells the lake what happened, at best effort: whoever tells never fails for it, and never waits for the lake itself.

Events go through the queue `events` as messages of many records; its consumer keeps them.
"""

import logging
from collections.abc import Iterator, Sequence

import msgspec

from arbedge.domain.pseudonym import derive_pseudonym
from arbedge.errors import ArbEdgeError, RecordRefused
from arbedge.limits import EVENTS_MESSAGE_BYTES_MAX
from arbedge.ports.lake.event_records import EventRecord
from arbedge.ports.lake.lines import encode_line, kind_of
from arbedge.ports.queues import MESSAGE_VERSION, Happened, Queue

log = logging.getLogger(__name__)


class Chronicle:
    """`refused` and `lost` count the records that broke their schema and those that could not be handed over."""

    def __init__(self, queue: Queue[Happened], pseudonym_key: str) -> None:
        self._queue = queue
        self._key = pseudonym_key
        self._noted: list[EventRecord] = []
        self.refused = 0
        self.lost = 0

    def __repr__(self) -> str:
        return f"Chronicle(noted={len(self._noted)})"

    def name(self, person_id: str) -> str:
        """What stands for this person in every record."""
        return derive_pseudonym(self._key, person_id)

    def note(self, *records: EventRecord) -> None:
        """Remembers records for `flush`, where telling at once would keep somebody waiting."""
        self._noted += records

    async def flush(self) -> None:
        """Hands over what was noted. Never raises."""
        noted, self._noted = self._noted, []
        if noted:
            await self.tell(*noted)

    async def tell(self, *records: EventRecord) -> None:
        """Hands records over, in as few messages as hold them. Never raises: what fails is counted and logged."""
        lines: list[bytes] = []
        for record in records:
            try:
                lines.append(_encode(record))
            except RecordRefused as error:
                self.refused += 1
                log.error("event refused", extra={"error": str(error), "refused": self.refused})  # noqa: TRY400
        if not lines:
            return
        messages = [Happened(v=MESSAGE_VERSION, records=[msgspec.Raw(line) for line in part]) for part in _parts(lines)]
        try:
            await self._queue.send(messages)
        except Exception as error:  # noqa: BLE001 - whatever it is, what happened has happened
            self.lost += len(lines)
            kind = error.code if isinstance(error, ArbEdgeError) else type(error).__name__
            log.error("events lost", extra={"error": kind, "lost": self.lost})  # noqa: TRY400


def _encode(record: EventRecord) -> bytes:
    line = encode_line(record)
    if len(line) > EVENTS_MESSAGE_BYTES_MAX:
        raise RecordRefused(f"{kind_of(record)}: {len(line)} bytes are more than a message takes")
    return line


def _parts(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for line in lines:
        if part and size + len(line) > EVENTS_MESSAGE_BYTES_MAX:
            yield part
            part, size = [], 0
        part.append(line)
        size += len(line) + 1
    yield part
