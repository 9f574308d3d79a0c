"""Keeps the lake small in number and size: an hour's small objects become few large ones, and the oldest hours go.

Members of gzip stand one after another in a merged object, so nothing is unpacked. An object is deleted only when the
one that took it in is there with every byte; until then readers find both and count each record once.
"""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from arbedge.adapters.cloudflare.bindings import R2Bucket
from arbedge.adapters.cloudflare.lake.keys import EVENTS, HOUR_MS, INSTRUMENTS, SCANS, SUFFIX, hour_of, partition_of
from arbedge.adapters.cloudflare.lake.objects import Listed, R2Objects
from arbedge.limits import (
    LAKE_DELETED_MAX,
    LAKE_EVENTS_BYTES_MAX,
    LAKE_EVENTS_KEPT_MS,
    LAKE_MERGED_MAX,
    LAKE_PART_BYTES_MAX,
    LAKE_SCANS_BYTES_MAX,
    LAKE_SCANS_KEPT_MS,
    LAKE_SETTLED_MS,
)

PART: Final = "part-"
MARKER: Final = "market/compacted.json"
LOOK_BACK_MS: Final = 3 * HOUR_MS  # events may come hours late, while the queue tries again

log = logging.getLogger(__name__)


class _Marker(Struct):
    """Up to which hour each root is merged."""

    until: dict[str, int]


class Retention(Struct, frozen=True):
    kept_ms: int
    bytes_max: int


RETENTION: Final = {
    SCANS: Retention(LAKE_SCANS_KEPT_MS, LAKE_SCANS_BYTES_MAX),
    EVENTS: Retention(LAKE_EVENTS_KEPT_MS, LAKE_EVENTS_BYTES_MAX),
}
_markers = msgspec.json.Decoder(_Marker)


class R2LakeUpkeep:
    """`LakeUpkeep` on R2. What one run does is bounded; the next goes on."""

    def __init__(self, binding: R2Bucket) -> None:
        self._objects = R2Objects(binding)

    async def compact(self, now: int) -> dict[str, int]:
        """Merges the small objects of hours that are over; how many went into parts, by root."""
        marker = await self._load_marker()
        merged: Counter[str] = Counter()
        left = LAKE_MERGED_MAX
        for root in RETENTION:
            first = marker.until.get(root)
            hour = await self._find_first_hour(root) if first is None else first - LOOK_BACK_MS
            while hour is not None and left > 0 and hour + HOUR_MS + LAKE_SETTLED_MS <= now:
                count = await self._merge_hour(root, hour, left)
                merged[root] += count
                left -= count
                if left > 0:
                    hour += HOUR_MS
                    marker.until[root] = max(hour, marker.until.get(root, 0))
        await self._objects.put(MARKER, msgspec.json.encode(marker), content_type="application/json")
        return dict(merged)

    async def drop_old(self, now: int) -> dict[str, int]:
        """Deletes the oldest hours beyond what is kept, by age and by size, and the instruments that no scan needs any
        more; how many objects, by root.
        """
        dropped: Counter[str] = Counter()
        left = LAKE_DELETED_MAX
        for root, rule in RETENTION.items():
            hours: defaultdict[int, list[Listed]] = defaultdict(list)
            size = 0
            async for one in self._objects.walk(root):
                if (hour := hour_of(one.key)) is not None:
                    hours[hour].append(one)
                    size += one.size
            for hour in sorted(hours):
                is_old = hour + HOUR_MS + rule.kept_ms <= now
                if left <= 0 or not (is_old or size > rule.bytes_max):
                    break
                gone = hours[hour][:left]
                await self._objects.delete([one.key for one in gone])
                size -= sum(one.size for one in gone)
                left -= len(gone)
                dropped[root] += len(gone)
        # A version is written at every hourly look at the list: one that is this old was in force in no scan we keep.
        kept_since = now - RETENTION[SCANS].kept_ms - HOUR_MS
        listed = [one async for one in self._objects.walk(INSTRUMENTS)]
        if gone := [one.key for one in listed if one.written_at is not None and one.written_at < kept_since][:left]:
            await self._objects.delete(gone)
            dropped[INSTRUMENTS] += len(gone)
        return dict(dropped)

    async def _merge_hour(self, root: str, hour: int, most: int) -> int:
        folder = root + partition_of(hour)
        listed = [one async for one in self._objects.walk(folder)]
        small = [one for one in listed if not one.key.removeprefix(folder).startswith(PART)][:most]
        if len(small) < 2:
            return 0
        return sum([await self._merge(folder, group) for group in _group(small)])

    async def _merge(self, folder: str, group: Sequence[Listed]) -> int:
        """Writes one part, sees that it is there, and only then deletes what went into it."""
        members: list[bytes] = []
        for one in group:
            data = await self._objects.get(one.key)
            if data is None:
                return 0  # another run is at it
            members.append(data)
        part = b"".join(members)
        members.clear()
        key = f"{folder}{PART}{hashlib.sha256(part).hexdigest()[:24]}{SUFFIX}"
        await self._objects.put(key, part)
        if await self._objects.get_size(key) != len(part):
            log.error("a merged object is not what was written", extra={"key": key})
            return 0
        await self._objects.delete([one.key for one in group])
        return len(group)

    async def _find_first_hour(self, root: str) -> int | None:
        async for one in self._objects.walk(root):
            if (hour := hour_of(one.key)) is not None:
                return hour
        return None

    async def _load_marker(self) -> _Marker:
        """A marker that is lost or unreadable costs a walk from the oldest hour, nothing else."""
        data = await self._objects.get(MARKER)
        try:
            return _Marker({}) if data is None else _markers.decode(data)
        except msgspec.MsgspecError:
            return _Marker({})


def _group(objects: Sequence[Listed]) -> Iterator[list[Listed]]:
    group: list[Listed] = []
    size = 0
    for one in objects:
        if group and size + one.size > LAKE_PART_BYTES_MAX:
            yield group
            group, size = [], 0
        group.append(one)
        size += one.size
    yield group
