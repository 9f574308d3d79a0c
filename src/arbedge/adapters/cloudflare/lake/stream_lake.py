"""The lake behind a Pipelines stream: the same records, and one object in R2 that shows the newest scan."""

import asyncio
from collections.abc import Sequence

from arbedge.adapters.cloudflare.bindings import R2Bucket
from arbedge.adapters.cloudflare.lake.keys import LATEST_SCAN, STREAMED, instruments_key, scan_key
from arbedge.adapters.cloudflare.lake.objects import R2Objects
from arbedge.adapters.cloudflare.lake.r2_lake import R2Lake
from arbedge.adapters.cloudflare.lake.scan_object import (
    EncodedScan,
    decode_snapshot,
    encode_instruments,
    encode_scan,
    pack,
    unpack,
)
from arbedge.adapters.cloudflare.lake.stream import Stream
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Snapshot
from arbedge.errors import StoreUnavailable
from arbedge.ports.lake import Outcome
from arbedge.ports.lake.event_records import EventRecord
from arbedge.ports.lake.lines import encode_line


class StreamLake:
    """`Lake` and `EventLog` on a stream. A scan that the stream does not take is kept in R2, as if there were none."""

    def __init__(self, binding: R2Bucket, stream: Stream) -> None:
        self._objects = R2Objects(binding)
        self._r2 = R2Lake(binding)
        self._stream = stream

    async def append_scan(self, snapshot: Snapshot, outcome: Outcome | None) -> list[str]:
        scan = encode_scan(snapshot, outcome)
        latest = pack(scan.lines[: 1 + len(snapshot.feeds)])
        streamed, shown = await asyncio.gather(
            self._send(scan, snapshot.scan_id), self._objects.put(LATEST_SCAN, latest), return_exceptions=True
        )
        troubles = scan.describe_refusals()
        for result in (streamed, shown):
            if isinstance(result, StoreUnavailable):
                if result is streamed:
                    raise result
                troubles.append(f"newest scan not shown: {result}")
            elif isinstance(result, BaseException):
                raise result
            elif result:
                troubles.append(result)
        return troubles

    async def _send(self, scan: EncodedScan, scan_id: int) -> str | None:
        """What went wrong although the scan is kept. Raises `StoreUnavailable` when R2 does not take it either."""
        try:
            await self._stream.send(scan.lines)
        except StoreUnavailable as error:
            await self._objects.put_new(scan_key(scan_id), pack(scan.lines))
            return f"{error}; the scan is kept in R2"
        return None

    async def append_instruments(self, feed: str, version: str, instruments: Sequence[Instrument], at: int) -> None:
        """Kept in R2 too, where a version is looked up by its name. The stream gets each version until it has it once.

        A mark beside the version says that it has: a version may be older than the stream, or come while it is down.
        """
        lines = encode_instruments(feed, version, instruments, at)
        key = instruments_key(feed, version)
        await self._objects.put(key, pack(lines))
        mark = key + STREAMED
        if await self._objects.get_size(mark) is None:
            await self._stream.send(lines)
            await self._objects.put(mark, version.encode(), content_type="text/plain")

    async def load_snapshot(self, scan_id: int) -> Snapshot | None:
        """The newest scan if it is this one; else what R2 kept while the stream did not answer."""
        data = await self._objects.get(LATEST_SCAN)
        if data is not None:
            latest = decode_snapshot(unpack(data))
            if latest.scan_id == scan_id:
                return latest
        return await self._r2.load_snapshot(scan_id)

    async def append_events(self, events: Sequence[EventRecord]) -> None:
        await self._stream.send([encode_line(event) for event in events])
