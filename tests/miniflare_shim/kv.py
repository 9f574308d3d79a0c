"""Workers KV: eventually consistent, so a read here may show a value, or an absence, that was true a while ago."""

import json
import math
import random
from dataclasses import dataclass
from typing import Any

from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.conversion import JsDict, number, options_of, to_js, to_json_text, to_python
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.faults import Faults

KEY_BYTES_MAX = 512
VALUE_BYTES_MAX = 25 * 1024 * 1024
METADATA_BYTES_MAX = 1024
TTL_S_MIN = 60
CACHE_TTL_S_MIN = 30
BULK_KEYS_MAX = 100
LIST_KEYS_MAX = 1000
STALE_MS_DEFAULT = 60_000
WRITE_INTERVAL_MS = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    value: bytes
    metadata: Any
    expires_ms: int | None


class KvNamespace:
    """The binding.

    By default whatever was read, also that nothing was there, keeps being read for `stale_ms` more. `fresh=True` is what
    `wrangler dev` does: every read sees the last write. With `rng` the lifetime of each cached read is drawn from
    0 to `stale_ms`. `write_limit=True` refuses a second write to a key within a second.
    """

    def __init__(
        self,
        *,
        clock: VirtualClock,
        faults: Faults,
        name: str = "KV",
        fresh: bool = False,
        stale_ms: int = STALE_MS_DEFAULT,
        rng: random.Random | None = None,
        write_limit: bool = False,
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._name = name
        self.stale_ms = 0 if fresh else stale_ms
        self.write_limit = write_limit
        self.rng = rng
        self._entries: dict[str, Entry] = {}
        self._seen: dict[str, tuple[int, Entry | None]] = {}
        self._written_ms: dict[str, int] = {}

    async def get(self, key: str | list[str], options: Any = None, **named: Any) -> Any:
        wanted = _read_options("GET", options, named)
        async with self._faults.around(self._name, "get", "KV GET failed: 500 "):
            if isinstance(key, list):
                _check_bulk(key, wanted)
                return {each: self._decode_bulk(each, wanted) for each in key}
            _check_key("GET", key)
            return _decode(self._read(key), wanted.get("type", "text"))

    async def getWithMetadata(self, key: str | list[str], options: Any = None, **named: Any) -> Any:  # noqa: N802
        wanted = _read_options("GET", options, named)
        async with self._faults.around(self._name, "get", "KV GET failed: 500 "):
            if isinstance(key, list):
                _check_bulk(key, wanted)
                return {
                    each: None
                    if (entry := self._read(each)) is None
                    else JsDict(value=self._decode_bulk(each, wanted), metadata=to_python(entry.metadata))
                    for each in key
                }
            _check_key("GET", key)
            entry = self._read(key)
            value = _decode(entry, wanted.get("type", "text"))
            metadata = None if entry is None else to_python(entry.metadata)
            return JsDict(value=value, metadata=metadata, cacheStatus=None)

    async def put(self, key: str, value: str | bytes | memoryview, options: Any = None, **named: Any) -> None:
        wanted = options_of(options, named)
        body = _as_text(to_js(value))
        if not isinstance(body, (str, bytes)):
            raise JsError(
                "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.",
                name="TypeError",
            )
        async with self._faults.around(self._name, "put", "KV PUT failed: 500 "):
            _check_key("PUT", key)
            data = body.encode() if isinstance(body, str) else body
            entry = Entry(data, wanted.get("metadata"), self._expiry(wanted))
            if wanted.get("metadata") is not None:
                size = len(to_json_text(wanted["metadata"]).encode())
                if size > METADATA_BYTES_MAX:
                    raise _refused("PUT", 413, f"Metadata length of {size} exceeds limit of {METADATA_BYTES_MAX}.")
            if len(data) > VALUE_BYTES_MAX:
                raise _refused("PUT", 413, f"Value length of {len(data)} exceeds limit of {VALUE_BYTES_MAX}.")
            self._count_write("PUT", key)
            self._entries[key] = entry

    async def delete(self, key: str) -> None:
        async with self._faults.around(self._name, "delete", "KV DELETE failed: 500 "):
            _check_key("DELETE", key)
            self._count_write("DELETE", key)
            self._entries.pop(key, None)

    async def list(self, options: Any = None, **named: Any) -> JsDict:
        wanted = options_of(options, named)
        async with self._faults.around(self._name, "list", "KV GET failed: 500 "):
            limit = wanted.get("limit") or LIST_KEYS_MAX
            if limit > LIST_KEYS_MAX:
                words = f"Invalid key_count_limit of {limit}. Please specify an integer less than {LIST_KEYS_MAX}."
                raise _refused("GET", 400, words)
            prefix, after = wanted.get("prefix", ""), wanted.get("cursor", "")
            names = sorted((name for name in self._live() if name.startswith(prefix) and name > after), key=str.encode)
            page = names[:limit]
            complete = len(names) == len(page)
            result = JsDict(keys=[self._listed(name) for name in page], list_complete=complete, cacheStatus=None)
            if not complete:
                result["cursor"] = page[-1]
            return result

    def _listed(self, name: str) -> JsDict:
        entry = self._entries[name]
        listed = JsDict(name=name)
        if entry.expires_ms is not None:
            listed["expiration"] = entry.expires_ms // 1000
        if entry.metadata is not None:
            listed["metadata"] = to_python(entry.metadata)
        return listed

    def _live(self) -> dict[str, Entry]:
        now = self._clock.now_ms()
        return {key: entry for key, entry in self._entries.items() if not _expired(entry, now)}

    def _read(self, key: str) -> Entry | None:
        now = self._clock.now_ms()
        seen = self._seen.get(key)
        if seen is None or now >= seen[0]:
            lifetime = self.stale_ms if self.rng is None else self.rng.randint(0, self.stale_ms)
            seen = (now + lifetime, self._entries.get(key))
            self._seen[key] = seen
        entry = seen[1]
        return None if entry is None or _expired(entry, now) else entry

    def _decode_bulk(self, key: str, wanted: dict[str, Any]) -> Any:
        _check_key("GET_BULK", key)
        kind = wanted.get("type", "text")
        if kind not in ("text", "json"):
            raise _refused("GET_BULK", 400, f'"{kind}" is not a valid type. Use "json" or "text"')
        return _decode(self._read(key), kind)

    def _expiry(self, wanted: dict[str, Any]) -> int | None:
        now_s = self._clock.now_ms() // 1000
        ttl, at_s = wanted.get("expirationTtl"), wanted.get("expiration")
        if ttl is not None:
            if ttl <= 0:
                words = f"Invalid expiration_ttl of {ttl}. Please specify integer greater than 0."
                raise _refused("PUT", 400, words)
            if ttl < TTL_S_MIN:
                words = f"Invalid expiration_ttl of {ttl}. Expiration TTL must be at least {TTL_S_MIN}."
                raise _refused("PUT", 400, words)
            return (now_s + math.trunc(ttl)) * 1000
        if at_s is None:
            return None
        if at_s < now_s + TTL_S_MIN:
            words = f"Expiration times must be at least {TTL_S_MIN} seconds in the future."
            if at_s <= now_s:
                words = "Please specify integer greater than the current number of seconds since the UNIX epoch."
            raise _refused("PUT", 400, f"Invalid expiration of {at_s}. {words}")
        return math.trunc(at_s) * 1000

    def _count_write(self, method: str, key: str) -> None:
        now = self._clock.now_ms()
        if self.write_limit and now - self._written_ms.get(key, -WRITE_INTERVAL_MS) < WRITE_INTERVAL_MS:
            raise _refused(method, 429, "Too Many Requests")
        self._written_ms[key] = now


def _as_text(value: Any) -> Any:
    """JavaScript turns what is not an object into text: 5 and 5.0 are stored as "5", True as "true", None as "null"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(number(value)) if isinstance(value, (int, float)) else value


def _expired(entry: Entry, now_ms: int) -> bool:
    return entry.expires_ms is not None and entry.expires_ms <= now_ms


def _refused(method: str, status: int, words: str) -> JsError:
    return JsError(f"KV {method} failed: {status} {words}")


def _read_options(method: str, options: Any, named: dict[str, Any]) -> dict[str, Any]:
    wanted = options_of({"type": options} if isinstance(options, str) else options, named)
    ttl = wanted.get("cacheTtl")
    if ttl is not None and ttl < CACHE_TTL_S_MIN:
        words = f"Invalid cache_ttl of {ttl}. Cache TTL must be at least {CACHE_TTL_S_MIN}."
        raise _refused(method, 400, words)
    return wanted


def _check_bulk(keys: list[str], _wanted: dict[str, Any]) -> None:
    if len(keys) > BULK_KEYS_MAX:
        raise _refused("GET_BULK", 400, f"You can request a maximum of {BULK_KEYS_MAX} keys")
    if not keys:
        raise _refused("GET_BULK", 400, "You must request a minimum of 1 key")


def _check_key(method: str, key: str) -> None:
    if key == "":
        raise JsError("Key name cannot be empty.", name="TypeError")
    if key in (".", ".."):
        raise JsError(f'"{key}" is not allowed as a key name.', name="TypeError")
    size = len(key.encode())
    if size > KEY_BYTES_MAX:
        words = f"UTF-8 encoded length of {size} exceeds key length limit of {KEY_BYTES_MAX}."
        raise _refused(method, 414, words)


def _decode(entry: Entry | None, kind: str) -> Any:
    if entry is None:
        return None
    if kind == "arrayBuffer":
        return memoryview(entry.value)
    if kind == "text":
        return entry.value.decode(errors="replace")
    if kind == "json":
        try:
            return to_python(json.loads(entry.value))
        except ValueError as error:
            raise JsError(str(error), name="SyntaxError") from error
    raise JsError(
        'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".', name="TypeError"
    )
