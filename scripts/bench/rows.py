"""One measured figure, and how to time a thing fairly: the best of several runs, garbage collection off."""

import gc
import time
from collections.abc import Callable

from msgspec import Struct


class Row(Struct, frozen=True):
    """A figure in its unit; `peer` is the same work done by the peer in the same run, `aim` what we want to reach."""

    area: str
    name: str
    figure: float
    unit: str
    peer: float | None = None
    peer_name: str | None = None
    aim: str | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.peer / self.figure if self.peer is not None and self.figure else None


def best_ms(work: Callable[[], object], runs: int) -> float:
    """The least CPU time of `runs` runs in milliseconds: what else the machine does hardly counts."""
    times: list[float] = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(runs):
            began = time.process_time()
            work()
            times.append(time.process_time() - began)
    finally:
        gc.enable()
    return min(times) * 1000


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
