"""R2: a strongly consistent object store, with conditional writes, ranges and paged listings."""

import datetime as dt
import hashlib
import json
import random
from dataclasses import dataclass, replace
from typing import Any

from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.conversion import JsDict, naive_utc, options_of, to_js, to_python
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.faults import Faults

HTTP_METADATA = (
    "contentType", "contentLanguage", "contentDisposition", "contentEncoding", "cacheControl", "cacheExpiry"
)  # fmt: skip
KEY_BYTES_MAX = 1024
METADATA_BYTES_MAX = 8192
DELETE_KEYS_MAX = 1000
LIST_KEYS_MAX = 1000


@dataclass(frozen=True, slots=True)
class JsDate:
    """A Date as it arrives inside of what the runtime hands over unconverted."""

    at_ms: int

    def getTime(self) -> float:  # noqa: N802
        return float(self.at_ms)


@dataclass(frozen=True, slots=True)
class R2Object:
    """What `put`, `head` and a refused `get` return: everything but the contents."""

    key: str
    size: int
    etag: str
    version: str
    uploaded: Any  # a datetime, and a Date in a listing
    httpMetadata: JsDict  # noqa: N815
    customMetadata: JsDict  # noqa: N815
    storageClass: str  # noqa: N815
    data: bytes
    range: JsDict | None = None

    @property
    def httpEtag(self) -> str:  # noqa: N802
        return f'"{self.etag}"'


class R2ObjectBody(R2Object):
    """What `get` returns: an object whose contents can be read."""

    async def text(self) -> str:
        return self.data.decode(errors="replace")

    async def json(self) -> Any:
        return to_python(json.loads(self.data))

    async def arrayBuffer(self) -> memoryview:  # noqa: N802
        return memoryview(self.data)


class R2Bucket:
    """The binding."""

    def __init__(self, *, clock: VirtualClock, faults: Faults, rng: random.Random, name: str = "BUCKET") -> None:
        self._clock = clock
        self._faults = faults
        self._rng = rng
        self._name = name
        self._objects: dict[str, R2Object] = {}

    async def put(
        self, key: str, value: str | bytes | memoryview | None, options: Any = None, **named: Any
    ) -> R2Object | None:
        """Stores the object; None when `onlyIf` did not hold, for example `{"etagDoesNotMatch": "*"}` on an existing key."""
        body, asked = to_js(value), options_of(options, named)
        if body is not None and not isinstance(body, (str, bytes)):
            raise JsError("put() takes a string, an ArrayBuffer, a view, a stream or null", name="TypeError")
        data = body.encode() if isinstance(body, str) else body or b""
        async with self._faults.around(self._name, "put", "put: "):
            _check_key("put", key)
            metadata = asked.get("customMetadata", {})
            size = sum(len(name.encode()) + len(str(text).encode()) for name, text in metadata.items())
            if size > METADATA_BYTES_MAX:
                raise JsError("put: Your metadata headers exceed the maximum allowed metadata size. (10012)")
            if not _holds(asked.get("onlyIf"), self._objects.get(key)):
                return None
            _check_digests(data, asked)
            stored = R2Object(
                key=key,
                size=len(data),
                etag=hashlib.md5(data, usedforsecurity=False).hexdigest(),
                version=f"{self._rng.getrandbits(128):032x}",
                uploaded=naive_utc(self._clock.now_ms()),
                httpMetadata=_http_metadata(asked.get("httpMetadata", {})),
                customMetadata=to_python(metadata),
                storageClass=asked.get("storageClass", "Standard"),
                data=data,
            )
            self._objects[key] = stored
            return stored

    async def get(self, key: str, options: Any = None, **named: Any) -> R2Object | None:
        asked = options_of(options, named)
        async with self._faults.around(self._name, "get", "get: "):
            _check_key("get", key)
            stored = self._objects.get(key)
            if stored is None or not _holds(asked.get("onlyIf"), stored):
                return stored
            start, length = _range(asked.get("range"), stored.size)
            return R2ObjectBody(
                key=key,
                size=stored.size,
                etag=stored.etag,
                version=stored.version,
                uploaded=stored.uploaded,
                httpMetadata=stored.httpMetadata,
                customMetadata=stored.customMetadata,
                storageClass=stored.storageClass,
                data=stored.data[start : start + length],
                range=JsDict(offset=start, length=length, suffix=None),
            )

    async def head(self, key: str) -> R2Object | None:
        async with self._faults.around(self._name, "head", "head: "):
            _check_key("head", key)
            return self._objects.get(key)

    async def delete(self, keys: str | list[str]) -> None:
        wanted = to_js(keys)
        async with self._faults.around(self._name, "delete", "delete: "):
            names = [wanted] if isinstance(wanted, str) else wanted
            if len(names) > DELETE_KEYS_MAX:
                raise JsError(f"delete: The maximum number of keys is {DELETE_KEYS_MAX}. (10001)")
            for name in names:
                self._objects.pop(name, None)

    async def list(self, options: Any = None, **named: Any) -> JsDict:
        asked = options_of(options, named)
        async with self._faults.around(self._name, "list", "list: "):
            limit = asked.get("limit", LIST_KEYS_MAX)
            if not 1 <= limit <= LIST_KEYS_MAX:
                raise JsError(f"list: MaxKeys params must be positive integer <= {LIST_KEYS_MAX}. (10022)")
            return self._page(asked, limit)

    def _page(self, asked: dict[str, Any], limit: int) -> JsDict:
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter")
        after = max(asked.get("startAfter", ""), asked.get("cursor", ""))
        include = asked.get("include", [])
        objects: list[R2Object] = []
        folders: list[str] = []
        last, truncated = "", False
        for key in sorted(self._objects, key=str.encode):
            folder = _folder(key, prefix, delimiter)
            if not key.startswith(prefix) or key <= after or (folder is not None and after.startswith(folder)):
                continue
            if folder is not None and folder in folders:
                last = key
                continue
            if len(objects) + len(folders) == limit:
                truncated = True
                break
            last = key
            if folder is None:
                objects.append(_listed(self._objects[key], include))
            else:
                folders.append(folder)
        page = JsDict(objects=objects, truncated=truncated, delimitedPrefixes=folders)
        if truncated:
            page["cursor"] = last
        return page


def _listed(stored: R2Object, include: list[str]) -> R2Object:
    """Metadata is listed only when asked for. Listed objects are handed over as they are, their date included."""
    return replace(
        stored,
        uploaded=JsDate(round(stored.uploaded.replace(tzinfo=dt.UTC).timestamp() * 1000)),
        httpMetadata=stored.httpMetadata if "httpMetadata" in include else _http_metadata({}),
        customMetadata=stored.customMetadata if "customMetadata" in include else JsDict(),
    )


def _http_metadata(given: dict[str, Any]) -> JsDict:
    """All fields are there; those not given are None."""
    return JsDict({name: to_python(given.get(name)) for name in HTTP_METADATA})


def _folder(key: str, prefix: str, delimiter: str | None) -> str | None:
    rest = key[len(prefix) :]
    if not delimiter or delimiter not in rest:
        return None
    return prefix + rest[: rest.index(delimiter) + len(delimiter)]


def _check_key(operation: str, key: str) -> None:
    if len(key.encode()) > KEY_BYTES_MAX:
        raise JsError(f"{operation}: The specified object name is not valid. (10020)")


def _check_digests(data: bytes, asked: dict[str, Any]) -> None:
    for name, label in (("md5", "MD5"), ("sha256", "SHA-256")):
        wanted = asked.get(name)
        if wanted is None:
            continue
        expected = wanted.hex() if isinstance(wanted, bytes) else wanted
        actual = hashlib.new(name, data, usedforsecurity=False).hexdigest()
        if actual != expected:
            raise JsError(f"put: The {label} checksum you specified did not match what we received. (10037)")


def _holds(condition: dict[str, Any] | None, stored: R2Object | None) -> bool:
    """Whether an `onlyIf` condition lets the call go on; a date condition does not hold for what does not exist."""
    if not condition:
        return True
    matches, differs = condition.get("etagMatches"), condition.get("etagDoesNotMatch")
    before, after = condition.get("uploadedBefore"), condition.get("uploadedAfter")
    if matches is not None and (stored is None or not _names(matches, stored.etag)):
        return False
    if differs is not None and stored is not None and _names(differs, stored.etag):
        return False
    if before is not None and (stored is None or stored.uploaded >= to_python(before)):
        return False
    return after is None or (stored is not None and stored.uploaded > to_python(after))


def _names(wanted: str | list[str], etag: str) -> bool:
    return any(each in ("*", etag) for each in (wanted if isinstance(wanted, list) else [wanted]))


def _range(asked: dict[str, Any] | None, size: int) -> tuple[int, int]:
    if not asked:
        return 0, size
    if "suffix" in asked:
        length = min(asked["suffix"], size)
        return size - length, length
    start = asked.get("offset", 0)
    length = asked.get("length", size - start)
    if start < 0 or length <= 0 or start >= size:
        raise JsError("get: The requested range is not satisfiable (10039)")
    return start, min(length, size - start)
