"""Where recorded objects are: a folder, the local R2 while it runs or as it was left, a deployed bucket."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from arbedge.adapters.cloudflare.lake.objects import Listed, Objects
from arbedge.errors import StoreUnavailable

EXPLORER: Final = "/cdn-cgi/local/explorer/api/r2/buckets"
PAGE_MAX: Final = 1000


class FolderObjects:
    """Objects as files: the path below the folder is the key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def walk(self, prefix: str) -> AsyncIterator[Listed]:
        below = self._folder / prefix.rpartition("/")[0]
        found = (path for path in below.rglob("*") if path.is_file()) if below.is_dir() else iter(())
        named = ((path.relative_to(self._folder).as_posix(), path.stat().st_size) for path in found)
        for key, size in sorted(entry for entry in named if entry[0].startswith(prefix)):
            yield Listed(key, size)

    async def get(self, key: str) -> bytes | None:
        path = self._folder / key
        return path.read_bytes() if path.is_file() else None


class RunningObjects:
    """A bucket of the local Worker that is running, through the door wrangler offers for it."""

    def __init__(self, worker_url: str, bucket: str) -> None:
        self._address = f"{worker_url}{EXPLORER}/{bucket}/objects"
        self._client = httpx.AsyncClient(trust_env=False, timeout=30)

    async def walk(self, prefix: str) -> AsyncIterator[Listed]:
        cursor: str | None = None
        while True:
            asked = {"prefix": prefix, "per_page": str(PAGE_MAX)} | ({"cursor": cursor} if cursor else {})
            answer = (await self._ask(self._address, asked)).raise_for_status().json()
            for one in answer["result"]:
                yield Listed(one["key"], one["size"])
            cursor = answer["result_info"].get("cursor")
            if cursor is None:
                return

    async def get(self, key: str) -> bytes | None:
        answer = await self._ask(f"{self._address}/{quote(key, safe='')}", {})
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.raise_for_status().content

    async def _ask(self, address: str, parameters: dict[str, str]) -> httpx.Response:
        try:
            return await self._client.get(address, params=parameters)
        except httpx.TransportError as error:
            raise StoreUnavailable(f"the local Worker does not answer ({type(error).__name__})") from None


class KeptObjects:
    """What the local stack left on disk: the index of its R2 and the files it names."""

    def __init__(self, state: Path, bucket: str) -> None:
        self._blobs = state / "v3" / "r2" / bucket / "blobs"
        self._index = {key: (blob, size) for key, blob, size in self._read_indexes(state)}

    @staticmethod
    def _read_indexes(state: Path) -> Iterator[tuple[str, str, int]]:
        for path in sorted((state / "v3" / "r2" / "miniflare-R2BucketObject").glob("*.sqlite")):
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as index:
                if index.execute("SELECT 1 FROM sqlite_master WHERE name = '_mf_objects'").fetchone():
                    yield from index.execute("SELECT key, blob_id, size FROM _mf_objects WHERE blob_id IS NOT NULL")

    async def walk(self, prefix: str) -> AsyncIterator[Listed]:
        for key in sorted(key for key in self._index if key.startswith(prefix)):
            yield Listed(key, self._index[key][1])

    async def get(self, key: str) -> bytes | None:
        found = self._index.get(key)
        path = self._blobs / found[0] if found else None
        return path.read_bytes() if path and path.is_file() else None


class ListedOnce:
    """Another store as it was when it was listed first: what is recorded meanwhile is not seen."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._listed: dict[str, list[Listed]] = {}

    async def walk(self, prefix: str) -> AsyncIterator[Listed]:
        if prefix not in self._listed:
            self._listed[prefix] = [one async for one in self._objects.walk(prefix)]
        for one in self._listed[prefix]:
            yield one

    async def get(self, key: str) -> bytes | None:
        return await self._objects.get(key)


def is_answering(worker_url: str) -> bool:
    try:
        return httpx.get(f"{worker_url}{EXPLORER}", trust_env=False, timeout=2).is_success
    except httpx.TransportError:
        return False
