"""The history: everything observed and decided, appended once and never changed."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Raw, Struct

from arbedge.domain.instruments import Instrument
from arbedge.domain.market import OrderBook, Snapshot
from arbedge.domain.opportunity import Opportunity
from arbedge.ports.lake.event_records import EventRecord
from arbedge.ports.lake.scan_records import FailedBook, PolicyRecord


class Outcome(Struct, frozen=True, kw_only=True):
    """What a scan decided, with all that decided it beside the snapshot."""

    decided_at: int
    catalogue: dict[str, str]  # the version of each feed's instruments
    policy: PolicyRecord
    candidates: int
    drop_counts: dict[str, int]
    books: Sequence[OrderBook]
    books_failed: Sequence[FailedBook]
    changed: Sequence[Opportunity]
    follows: int | None = None  # the scan this one continues
    checkpoint: Sequence[Raw] = ()  # its parts, in order


class Lake(Protocol):
    """Raises `StoreUnavailable` when what is kept cannot be reached, `RecordRefused` for what must not be kept."""

    async def append_scan(self, snapshot: Snapshot, outcome: Outcome | None) -> list[str]:
        """Keeps one scan; without an outcome what was observed, since deciding failed. What is kept already stays.

        Answers what is not as it should be although the scan is kept: nothing when all is well.
        """
        ...

    async def append_instruments(self, feed: str, version: str, instruments: Sequence[Instrument], at: int) -> None:
        """Keeps a feed's list (`exchange:market`) under its version; once more where it is kept already, so that what
        was written last is what was in force last.
        """
        ...

    async def load_snapshot(self, scan_id: int) -> Snapshot | None:
        """What a scan observed. Raises `ValueError` when something else was recorded there."""
        ...


class EventLog(Protocol):
    """Where the consumer of the queue `events` puts what happened. Raises `StoreUnavailable`."""

    async def append_events(self, events: Sequence[EventRecord]) -> None:
        """Keeps a batch; the same batch again is the same object again."""
        ...


class LakeUpkeep(Protocol):
    """Raises `StoreUnavailable`. What one run does is bounded; the next goes on."""

    async def compact(self, now: int) -> dict[str, int]:
        """Merges the small objects of hours that are over; how many were merged, by what they hold."""
        ...

    async def drop_old(self, now: int) -> dict[str, int]:
        """Deletes the oldest hours beyond what is kept, by age and by size; how many objects, by what they hold."""
        ...


class SnapshotCache(Protocol):
    """The newest snapshot for readers that accept one up to a minute old."""

    async def put(self, snapshot: Snapshot) -> None: ...

    async def get(self) -> Snapshot | None: ...
