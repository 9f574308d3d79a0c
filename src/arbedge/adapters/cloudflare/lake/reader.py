"""Reads the lake back in order of time: scans and events between two times, each once, whatever their layout.

An hour's objects may be small ones, merged parts, or both while they are being merged. Anything that lists and gets
objects will do as a store, a folder of a disk included. What cannot be read is reported and passed by.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from msgspec import Struct

from arbedge.adapters.cloudflare.lake.keys import EVENTS, HOUR_MS, INSTRUMENTS, SCANS, SUFFIX, partition_of
from arbedge.adapters.cloudflare.lake.objects import Objects
from arbedge.adapters.cloudflare.lake.scan_object import decode_snapshot, salvage, unpack
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import OrderBook, Snapshot
from arbedge.domain.opportunity import Opportunity
from arbedge.ports.lake.lines import decode_event, decode_line, kind_of, time_of
from arbedge.ports.lake.scan_records import (
    BookRecord,
    CheckpointRecord,
    DecisionRecord,
    FeedRecord,
    InstrumentsRecord,
    OpportunityRecord,
    PolicyRecord,
    SnapshotRecord,
)

LISTINGS_MAX = 4  # of one hour, while its objects are being merged


class BadObject(Struct, frozen=True):
    """Something in the lake that could not be read: where, and what is wrong with it."""

    key: str
    problem: str


class RecordedScan(Struct, frozen=True, kw_only=True):
    """One scan as it was recorded. Without a decision, deciding failed and nothing came of it."""

    snapshot: Snapshot
    policy: PolicyRecord | None
    books: list[OrderBook]
    decision: DecisionRecord | None
    changed: list[Opportunity]
    checkpoint: list[bytes]  # the parts of a document of the replay's own; none where one of them is missing

    @property
    def scan_id(self) -> int:
        return self.snapshot.scan_id


class LakeReader:
    """`bad` names every object, or line of one, that was passed by."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.bad: list[BadObject] = []

    async def read_scans(self, from_ms: int, to_ms: int) -> AsyncIterator[RecordedScan]:
        """Every scan that was due from `from_ms` up to, but not at, `to_ms`, in order; each once."""
        for hour in _hours(from_ms, to_ms):
            found: dict[int, RecordedScan] = {}
            async for key, lines in self._read_hour(SCANS, hour):
                for part in _split_scans(lines):
                    scan = self._read_scan(key, part)
                    if scan is not None and from_ms <= scan.scan_id < to_ms:
                        found.setdefault(scan.scan_id, scan)
            for scan_id in sorted(found):
                yield found[scan_id]

    async def read_events(self, from_ms: int, to_ms: int, kinds: Collection[str] | None = None) -> AsyncIterator[Any]:
        """Every event of these kinds (None: of all) in order of time, equal times in order of their text; each once."""
        for hour in _hours(from_ms, to_ms):
            found: dict[bytes, Any] = {}
            async for key, lines in self._read_hour(EVENTS, hour):
                for line in lines:
                    try:
                        event = decode_event(line)
                    except ValueError as error:
                        self.bad.append(BadObject(key, str(error)))
                        continue
                    if from_ms <= time_of(event) < to_ms and (kinds is None or kind_of(event) in kinds):
                        found[line] = event
            for _, event in sorted(found.items(), key=lambda item: (time_of(item[1]), item[0])):
                yield event

    async def load_instruments(self, feed: str, version: str) -> list[Instrument] | None:
        """A feed's list (`exchange:market`) of one version; None where it is not recorded, or not whole."""
        key = f"{INSTRUMENTS}{feed.replace(':', '-')}/{version}{SUFFIX}"
        data = await self._objects.get(key)
        if data is None:
            return None
        try:
            parts = [decode_line(line) for line in unpack(data)]
        except ValueError as error:
            self.bad.append(BadObject(key, str(error)))
            return None
        whole = [one for one in parts if isinstance(one, InstrumentsRecord) and one.version == version]
        if not whole or len(whole) != len(parts) or [one.part for one in whole] != list(range(whole[0].parts)):
            self.bad.append(BadObject(key, "not the parts of one version"))
            return None
        return [instrument for one in whole for instrument in one.instruments]

    async def _read_hour(self, root: str, hour: int) -> AsyncIterator[tuple[str, list[bytes]]]:
        """The lines of every object of the hour. Objects that are merged meanwhile are found again where they went."""
        seen: set[str] = set()
        gone: list[str] = []
        for _ in range(LISTINGS_MAX):
            gone = []
            keys = [one.key async for one in self._objects.walk(root + partition_of(hour)) if one.key not in seen]
            for key in keys:
                data = await self._objects.get(key)
                if data is None:
                    gone.append(key)
                    continue
                seen.add(key)
                lines, problems = salvage(data)
                self.bad += [BadObject(key, problem) for problem in problems]
                yield key, lines
            if not gone:
                return
        self.bad += [BadObject(key, "it was listed and then not there") for key in gone]

    def _read_scan(self, key: str, lines: Sequence[bytes]) -> RecordedScan | None:
        try:
            return parse_scan(lines)
        except ValueError as error:
            self.bad.append(BadObject(key, str(error)))
            return None


def parse_scan(lines: Sequence[bytes]) -> RecordedScan:
    """The scan in the lines of one object. Raises `ValueError` for anything but exactly one whole scan."""
    snapshot = decode_snapshot(lines)
    rest = [decode_line(line) for line in lines[1 + len(snapshot.feeds) :]]
    if any(isinstance(one, SnapshotRecord | FeedRecord) or time_of(one) not in (0, snapshot.scan_id) for one in rest):
        raise ValueError("a record of another scan")
    decisions = [one for one in rest if isinstance(one, DecisionRecord)]
    books = [one.book for one in rest if isinstance(one, BookRecord)]
    if len(decisions) != bool(rest) or (decisions and decisions[0].books != len(books)):
        raise ValueError("a scan's outcome is one decision with as many books as it says")
    policies = [one for one in rest if isinstance(one, PolicyRecord)]
    parts = [one for one in rest if isinstance(one, CheckpointRecord)]
    is_whole = bool(parts) and [one.part for one in parts] == list(range(parts[0].parts))
    return RecordedScan(
        snapshot=snapshot,
        policy=policies[0] if policies else None,
        books=books,
        decision=decisions[0] if decisions else None,
        changed=[one.document for one in rest if isinstance(one, OpportunityRecord)],
        checkpoint=[bytes(one.document) for one in parts] if is_whole else [],
    )


def _split_scans(lines: Sequence[bytes]) -> list[list[bytes]]:
    """A merged object holds scans one after another, and each begins with its header."""
    scans: list[list[bytes]] = []
    for line in lines:
        if line.startswith(b'{"kind":"snapshot"') or not scans:
            scans.append([])
        scans[-1].append(line)
    return scans


def _hours(from_ms: int, to_ms: int) -> range:
    return range(from_ms // HOUR_MS * HOUR_MS, to_ms, HOUR_MS)
