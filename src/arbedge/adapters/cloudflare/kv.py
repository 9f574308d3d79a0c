"""Copies in KV for readers that accept one that is up to a minute old: the newest snapshot and the instruments.

Each is one JSON text under a versioned key, with its own times inside. Text, not gzip: a snapshot of 4,000 quotes is
440 kB, which costs 0.5 ms to hand over as text and 8 ms to compress, at every scan.
"""

from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from arbedge.adapters.cloudflare.bindings import KvNamespace
from arbedge.adapters.cloudflare.failure import explain
from arbedge.domain.market import Snapshot
from arbedge.errors import StoreUnavailable
from arbedge.ports.store import Catalogue

SNAPSHOT_KEY: Final = "snapshot/v1"
CATALOGUE_KEY: Final = "instruments/v1"

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_snapshots = msgspec.json.Decoder(Snapshot)
_catalogues = msgspec.json.Decoder(Catalogue)


class KvSnapshotCache:
    """`SnapshotCache` on KV. Raises `StoreUnavailable` when KV does not answer."""

    def __init__(self, binding: KvNamespace) -> None:
        self._binding = binding

    async def put(self, snapshot: Snapshot) -> None:
        await _put(self._binding, SNAPSHOT_KEY, snapshot)

    async def get(self) -> Snapshot | None:
        """The snapshot KV shows here; its age is the reader's to judge by `finished_at`."""
        return await _get(self._binding, SNAPSHOT_KEY, _snapshots)


class KvCatalogueCache:
    """All instruments as one value. Raises `StoreUnavailable` when KV does not answer."""

    def __init__(self, binding: KvNamespace) -> None:
        self._binding = binding

    async def put(self, catalogue: Catalogue) -> None:
        await _put(self._binding, CATALOGUE_KEY, catalogue)

    async def get(self) -> Catalogue | None:
        return await _get(self._binding, CATALOGUE_KEY, _catalogues)


class KvDocuments:
    """`Documents` on KV."""

    def __init__(self, binding: KvNamespace) -> None:
        self._binding = binding

    async def get(self, key: str) -> bytes | None:
        text = await _get_text(self._binding, key)
        return None if text is None else text.encode()

    async def put(self, key: str, document: bytes) -> None:
        await _put_text(self._binding, key, document.decode())


async def _put(binding: KvNamespace, key: str, document: Struct) -> None:
    await _put_text(binding, key, _encoder.encode(document).decode())


async def _put_text(binding: KvNamespace, key: str, text: str) -> None:
    try:
        await binding.put(key, text)
    except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
        raise StoreUnavailable(f"key-value store: {explain(error)}") from None


async def _get_text(binding: KvNamespace, key: str) -> str | None:
    try:
        return await binding.get(key)
    except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
        raise StoreUnavailable(f"key-value store: {explain(error)}") from None


async def _get(binding: KvNamespace, key: str, decoder: msgspec.json.Decoder[T]) -> T | None:
    """The document, or None when there is none that this version can read: a copy can be had again."""
    text = await _get_text(binding, key)
    if text is None:
        return None
    try:
        return decoder.decode(text)
    except msgspec.MsgspecError:
        return None
