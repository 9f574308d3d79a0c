"""What a process has used, read from the kernel, because clocks inside a Worker do not see CPU work."""

import os
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
MB = 1024 * 1024
WASM_RESERVATION = 4 * 1024 * MB
WASM_PAGE = 64 * 1024


class _Region(NamedTuple):
    start: int
    end: int
    access: str

    @property
    def size(self) -> int:
        return self.end - self.start


def read_cpu_s(pid: int) -> float:
    """User and system time of all threads since the process began; in steps of a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def read_rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def find_wasm_mb(pid: int) -> float | None:
    """The linear memory of the largest Wasm instance, which never shrinks; None where it cannot be told apart.

    V8 reserves 4 GiB or more of address space for a memory and makes only its present size writable: a writable region
    of whole Wasm pages, followed by an inaccessible one up to the end of the reservation.
    """
    regions = [_read_region(line) for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    sizes = [
        used.size
        for used, rest in pairwise(regions)
        if used.access.startswith("rw-")
        and rest.access.startswith("---")
        and used.end == rest.start
        and used.size % WASM_PAGE == 0
        and used.size + rest.size >= WASM_RESERVATION
    ]
    return max(sizes) / MB if sizes else None


def _read_region(line: str) -> _Region:
    span, access = line.split()[:2]
    start, _, end = span.partition("-")
    return _Region(int(start, 16), int(end, 16), access)
