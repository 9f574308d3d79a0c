"""Objects of a store by name, as the lake needs them: R2 here, and anything else that lists and gets."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from arbedge.adapters.cloudflare.bindings import R2Bucket
from arbedge.adapters.cloudflare.failure import explain
from arbedge.errors import StoreUnavailable

DELETE_KEYS_MAX = 1000  # the platform's bound for one call


class Listed(NamedTuple):
    key: str
    size: int
    written_at: int | None = None  # where the store tells


class Objects(Protocol):
    """What a reader of the lake needs. Raises `StoreUnavailable` and nothing else."""

    def walk(self, prefix: str) -> AsyncIterator[Listed]:
        """Every object whose key begins so, in order of key."""
        ...

    async def get(self, key: str) -> bytes | None: ...


class R2Objects:
    """`Objects` on R2, with writing and deleting."""

    def __init__(self, binding: R2Bucket) -> None:
        self._binding = binding

    async def walk(self, prefix: str) -> AsyncIterator[Listed]:
        cursor: str | None = None
        while True:
            asked = {"prefix": prefix} | ({"cursor": cursor} if cursor else {})
            try:
                page = await self._binding.list(asked)
                found = [Listed(str(one.key), int(one.size), int(one.uploaded.getTime())) for one in page["objects"]]
                cursor = str(page["cursor"]) if page["truncated"] else None
            except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
                raise StoreUnavailable(f"lake: {explain(error)}") from None
            for one in found:
                yield one
            if cursor is None:
                return

    async def get(self, key: str) -> bytes | None:
        try:
            stored = await self._binding.get(key)
            return None if stored is None else bytes(await stored.arrayBuffer())
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            raise StoreUnavailable(f"lake: {explain(error)}") from None

    async def get_size(self, key: str) -> int | None:
        try:
            stored = await self._binding.head(key)
            return None if stored is None else int(stored.size)
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            raise StoreUnavailable(f"lake: {explain(error)}") from None

    async def put(self, key: str, data: bytes, *, content_type: str = "application/gzip") -> None:
        try:
            await self._binding.put(key, data, httpMetadata={"contentType": content_type})
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            raise StoreUnavailable(f"lake: {explain(error)}") from None

    async def put_new(self, key: str, data: bytes) -> bool:
        """Writes an object unless there is one already: whether it did."""
        try:
            stored = await self._binding.put(
                key, data, onlyIf={"etagDoesNotMatch": "*"}, httpMetadata={"contentType": "application/gzip"}
            )
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            raise StoreUnavailable(f"lake: {explain(error)}") from None
        return stored is not None

    async def delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), DELETE_KEYS_MAX):
            try:
                await self._binding.delete(list(keys[start : start + DELETE_KEYS_MAX]))
            except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
                raise StoreUnavailable(f"lake: {explain(error)}") from None
