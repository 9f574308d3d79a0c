"""What is broken on purpose, for whom, how likely and until when."""

import random
from typing import Annotated, Literal

import msgspec

from scripts.sandbox.clock import Clock

Target = Literal["binance", "binance-futures", "bybit", "okx", "cmc", "telegram", "ai", "pipelines"]
TARGETS: tuple[Target, ...] = ("binance", "binance-futures", "bybit", "okx", "cmc", "telegram", "ai", "pipelines")
Kind = Literal["latency", "timeout", "status", "html", "geo", "rate_limit", "malformed", "endless", "reset"]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way of failing.

    `value`: latency ms, timeout s until the connection closes, status and html HTTP code, rate_limit seconds to wait,
    endless megabytes that a body of no stated length unpacks into.
    `path`: part of the request path below the target (`ticker/24hr`, `sendMessage`); all paths without it.
    """

    target: Target
    kind: Kind
    value: Annotated[float, msgspec.Meta(ge=0)] | None = None
    path: str | None = None
    probability: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    duration_s: Annotated[float, msgspec.Meta(gt=0)] | None = None


class FaultTable:
    """The faults in force; the newest that matches a request wins."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._seed = seed
        self._random = random.Random(seed)
        self._entries: list[tuple[Fault, int | None]] = []
        self._hits = 0

    def add(self, fault: Fault) -> None:
        ends_ms = None if fault.duration_s is None else self._clock.now_ms() + int(fault.duration_s * 1000)
        self._entries.append((fault, ends_ms))

    def clear(self) -> None:
        """Mend everything and start the draw of probabilities anew."""
        self._entries.clear()
        self._random = random.Random(self._seed)

    def active(self) -> list[Fault]:
        now_ms = self._clock.now_ms()
        self._entries = [(fault, ends_ms) for fault, ends_ms in self._entries if ends_ms is None or now_ms < ends_ms]
        return [fault for fault, _ in self._entries]

    @property
    def hits(self) -> int:
        """How many requests have been broken since the start."""
        return self._hits

    def match(self, target: str, path: str) -> Fault | None:
        for fault in reversed(self.active()):
            if fault.target != target or (fault.path is not None and fault.path.lower() not in path.lower()):
                continue
            if fault.probability >= 1.0 or self._random.random() < fault.probability:
                self._hits += 1
                return fault
        return None
