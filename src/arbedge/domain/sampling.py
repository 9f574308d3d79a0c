"""Two price series on one grid of times, so that they can be compared step by step.

A sample is the last observation at or before its time: nothing that came later is ever looked at, and nothing is
carried on once it is too old.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log

from msgspec import Struct

from arbedge.domain.candles import CandleSeries

Tick = tuple[int, float]
"""When (epoch ms, by a clock both series share) and the price."""


class Samples(Struct, frozen=True):
    """Prices of two series at `start`, `start + step_ms`, ...; None where a series has none that is young enough."""

    start: int
    step_ms: int
    first: list[float | None]
    second: list[float | None]


def sample_ticks(first: Sequence[Tick], second: Sequence[Tick], step_ms: int, age_ms_max: int) -> Samples | None:
    """Samples two irregular series at the multiples of `step_ms` that both cover; None where they share no time.

    Of ticks with one time the last counts. Raises `ValueError` for ticks that go back in time.
    """
    if step_ms < 1:
        raise ValueError(f"a grid of {step_ms} ms has no steps")
    for ticks in (first, second):
        if any(after[0] < before[0] for before, after in pairwise(ticks)):
            raise ValueError("ticks go back in time")
    if not first or not second:
        return None
    start = -(-max(first[0][0], second[0][0]) // step_ms) * step_ms
    end = min(first[-1][0], second[-1][0])
    if start > end:
        return None
    times = range(start, end + 1, step_ms)
    return Samples(start, step_ms, _last_known(first, times, age_ms_max), _last_known(second, times, age_ms_max))


def sample_closes(first: CandleSeries, second: CandleSeries) -> Samples | None:
    """Closes of two series of one interval over the time both cover; a bar one of them lacks is None there.

    A close is known when its bar ends, so that is its time. Raises `ValueError` where the intervals differ.
    """
    step = first.interval_ms
    if second.interval_ms != step:
        raise ValueError(f"bars of {step} ms and of {second.interval_ms} ms do not align")
    closes = [{bar.start + step: bar.close for bar in series.closed} for series in (first, second)]
    if not all(closes):
        return None
    start, end = max(min(one) for one in closes), min(max(one) for one in closes)
    times = range(start, end + 1, step)
    if not times:
        return None
    return Samples(start, step, [closes[0].get(at) for at in times], [closes[1].get(at) for at in times])


def log_returns(prices: Sequence[float | None]) -> list[float | None]:
    """The log return of each step; None where the price at either end is missing."""
    return [None if before is None or after is None else log(after / before) for before, after in pairwise(prices)]


def _last_known(ticks: Sequence[Tick], times: range, age_ms_max: int) -> list[float | None]:
    prices: list[float | None] = []
    index, count = 0, len(ticks)
    for at in times:
        while index + 1 < count and ticks[index + 1][0] <= at:
            index += 1
        seen_at, price = ticks[index]
        prices.append(price if at - seen_at <= age_ms_max else None)
    return prices
