"""The lake on R2: one object a scan, written once."""

from datetime import UTC, datetime

from arbedge.adapters.cloudflare.bindings import R2Bucket
from arbedge.adapters.cloudflare.failure import explain
from arbedge.adapters.cloudflare.lake_records import decode_snapshot, encode_snapshot
from arbedge.domain.market import Snapshot
from arbedge.errors import StoreUnavailable


def snapshot_key(scan_id: int) -> str:
    """Where a scan's snapshot lies: partitioned by the hour (UTC) the scan was due."""
    due = datetime.fromtimestamp(scan_id / 1000, UTC)
    return f"market/snapshot/dt={due:%Y-%m-%d}/hh={due:%H}/{scan_id}.ndjson.gz"


class R2Lake:
    """`Lake` on R2. Raises `StoreUnavailable` when R2 does not answer."""

    def __init__(self, binding: R2Bucket) -> None:
        self._binding = binding

    async def append_snapshot(self, snapshot: Snapshot) -> None:
        """Writes the snapshot; one already written for the same scan stays as it is."""
        data = encode_snapshot(snapshot)
        try:
            await self._binding.put(
                snapshot_key(snapshot.scan_id),
                data,
                onlyIf={"etagDoesNotMatch": "*"},
                httpMetadata={"contentType": "application/gzip"},
            )
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            raise StoreUnavailable(f"lake: {explain(error)}") from None

    async def load_snapshot(self, scan_id: int) -> Snapshot | None:
        """Reads a scan's snapshot back. Raises `ValueError` when the object holds something else."""
        data = await _get(self._binding, snapshot_key(scan_id))
        return None if data is None else decode_snapshot(data)


class R2Documents:
    """`Documents` on R2, for what was asked for and is recorded: candles and settlements."""

    def __init__(self, binding: R2Bucket) -> None:
        self._binding = binding

    async def get(self, key: str) -> bytes | None:
        return await _get(self._binding, key)

    async def put(self, key: str, document: bytes) -> None:
        try:
            await self._binding.put(key, document, httpMetadata={"contentType": "application/json"})
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            raise StoreUnavailable(f"lake: {explain(error)}") from None


async def _get(binding: R2Bucket, key: str) -> bytes | None:
    try:
        stored = await binding.get(key)
        return None if stored is None else bytes(await stored.arrayBuffer())
    except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
        raise StoreUnavailable(f"lake: {explain(error)}") from None
