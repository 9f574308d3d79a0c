"""Counts of durations by a few fixed bounds, from which shares and quantiles can be told long after the fact."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

# Upper bounds in ms. A scan aims at one second; an exchange answers in some hundred ms and is given up after four s.
LATENCY_MS_BOUNDS: Final = (50, 100, 200, 400, 800, 1_600, 3_200, 6_400)
DURATION_MS_BOUNDS: Final = (250, 500, 1_000, 2_000, 4_000, 8_000, 16_000)
ENDLESS: Final = "inf"  # the name of the bucket behind the last bound


def find_bucket(value_ms: float, bounds: Sequence[int]) -> str:
    """The name of the bucket that a value belongs to: its upper bound, which still belongs to it."""
    place = bisect_left(bounds, value_ms)
    return str(bounds[place]) if place < len(bounds) else ENDLESS


def cumulate(counts: Mapping[str, int], bounds: Sequence[int]) -> list[tuple[int | None, int]]:
    """How many values were at or below each bound; None stands for the bound that none exceeds."""
    running, rows = 0, list[tuple[int | None, int]]()
    for bound in bounds:
        running += counts.get(str(bound), 0)
        rows.append((bound, running))
    return [*rows, (None, running + counts.get(ENDLESS, 0))]


def estimate_quantile(counts: Mapping[str, int], bounds: Sequence[int], share: float) -> float | None:
    """The value below which this share lies, interpolated inside its bucket; the last bound for what lies beyond it.

    None without values.
    """
    rows = cumulate(counts, bounds)
    total = rows[-1][1]
    if not total:
        return None
    wanted, low, below = share * total, 0, 0
    for bound, count in rows:
        if bound is None:
            break
        if count >= wanted and count > below:
            return low + (bound - low) * max(0.0, wanted - below) / (count - below)
        low, below = bound, count
    return float(bounds[-1])
