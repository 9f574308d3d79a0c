"""The history: everything observed, appended once."""

from typing import Protocol

from arbedge.domain.market import Snapshot


class Lake(Protocol):
    async def append_snapshot(self, snapshot: Snapshot) -> None: ...

    async def load_snapshot(self, scan_id: int) -> Snapshot | None:
        """What a scan observed. Raises `ValueError` when something else was recorded there."""
        ...


class SnapshotCache(Protocol):
    """The newest snapshot for readers that accept one up to a minute old."""

    async def put(self, snapshot: Snapshot) -> None: ...

    async def get(self) -> Snapshot | None: ...
