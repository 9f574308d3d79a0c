"""What was asked of the sandbox, so that a test can see what the Worker really sent."""

from collections import Counter, deque
from typing import Any

import msgspec

from scripts.sandbox.clock import Clock

ENTRIES_MAX = 20_000
BODY_CHARS_MAX = 65_536


class RequestEntry(msgspec.Struct, frozen=True):
    """`time` is epoch ms; `query` is raw, as sent; header names are lower case."""

    time: int
    target: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str


class RequestLog:
    """The last requests, oldest first, and counts since the start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[RequestEntry] = deque(maxlen=ENTRIES_MAX)
        self._counts: Counter[str] = Counter()

    def record(self, target: str, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        text = body[:BODY_CHARS_MAX].decode("utf-8", errors="replace")
        self._entries.append(RequestEntry(self._clock.now_ms(), target, method, path, query, headers, text))
        self._counts[target] += 1

    def entries(self, target: str | None = None, since_ms: int = 0) -> list[RequestEntry]:
        """`since_ms` is inclusive."""
        return [e for e in self._entries if e.time >= since_ms and (target is None or e.target == target)]

    def counts(self) -> dict[str, int]:
        return dict(self._counts)

    def clear(self) -> None:
        self._entries.clear()
        self._counts.clear()

    def to_json(self, target: str | None, since_ms: int) -> list[dict[str, Any]]:
        return [msgspec.to_builtins(entry) for entry in self.entries(target, since_ms)]
