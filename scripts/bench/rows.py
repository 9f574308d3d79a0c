"""One measured figure, and how to time a thing fairly: the best of several runs, garbage collection off."""

import gc
import re
import time
from collections.abc import Callable
from math import ceil
from typing import Literal

from msgspec import Struct

Verdict = Literal["met", "missed", "no aim"]
_AIM = re.compile(r"(?P<at_most>at most )?(?P<number>[\d.]+) (?P<unit>\S+)")


class Row(Struct, frozen=True):
    """A figure in its unit; `peer` is the same work done by the peer in the same run, `aim` what we want to reach.

    An aim is written `25 x` (as many times faster than the peer) or `at most 1 s`, in the unit of the figure.
    """

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

    @property
    def verdict(self) -> Verdict:
        if self.aim is None:
            return "no aim"
        wanted = _AIM.fullmatch(self.aim)
        if wanted is None:
            raise ValueError(f"{self.name}: an aim is written `25 x` or `at most 1 {self.unit}`, not `{self.aim}`")
        number = float(wanted["number"])
        if wanted["at_most"]:
            if wanted["unit"] != self.unit:
                raise ValueError(f"{self.name}: the figure is in {self.unit}, its aim in {wanted['unit']}")
            return "met" if self.figure <= number else "missed"
        return "met" if (self.ratio or 0.0) >= number else "missed"


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
    return ordered[max(0, ceil(share * len(ordered)) - 1)]
