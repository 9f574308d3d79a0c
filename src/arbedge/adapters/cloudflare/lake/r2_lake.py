"""The lake in R2 alone: one object a scan, one a batch of events, one a version of a feed's instruments."""

from collections import defaultdict
from collections.abc import Sequence

from arbedge.adapters.cloudflare.bindings import R2Bucket
from arbedge.adapters.cloudflare.lake.keys import HOUR_MS, events_key, instruments_key, scan_key
from arbedge.adapters.cloudflare.lake.objects import R2Objects
from arbedge.adapters.cloudflare.lake.scan_object import decode_snapshot, encode_instruments, encode_scan, pack, unpack
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Snapshot
from arbedge.ports.lake import Outcome
from arbedge.ports.lake.event_records import EventRecord
from arbedge.ports.lake.lines import encode_line, time_of


class R2Lake:
    """`Lake` and `EventLog` on R2."""

    def __init__(self, binding: R2Bucket) -> None:
        self._objects = R2Objects(binding)

    async def append_scan(self, snapshot: Snapshot, outcome: Outcome | None) -> list[str]:
        scan = encode_scan(snapshot, outcome)
        await self._objects.put_new(scan_key(snapshot.scan_id), pack(scan.lines))
        return scan.describe_refusals()

    async def append_instruments(self, feed: str, version: str, instruments: Sequence[Instrument], at: int) -> None:
        data = pack(encode_instruments(feed, version, instruments, at))
        await self._objects.put(instruments_key(feed, version), data)

    async def load_snapshot(self, scan_id: int) -> Snapshot | None:
        data = await self._objects.get(scan_key(scan_id))
        return None if data is None else decode_snapshot(unpack(data))

    async def append_events(self, events: Sequence[EventRecord]) -> None:
        """One object an hour that the batch touches, whatever the kinds: writes are the price of a lake."""
        hours: defaultdict[int, list[bytes]] = defaultdict(list)
        for event in events:
            hours[time_of(event) // HOUR_MS].append(encode_line(event))
        for hour, lines in hours.items():
            # Whatever order the queue brings a batch in, it is the same batch.
            data = pack(sorted(lines))
            await self._objects.put(events_key(hour * HOUR_MS, data), data)
