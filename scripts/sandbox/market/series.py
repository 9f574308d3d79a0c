"""Recorded series as paths: candles walked through open, extremes and close, and ticks held until the next one."""

import itertools
from bisect import bisect_right
from dataclasses import dataclass, field

from scripts.sandbox.market.noise import key_of, uniform
from scripts.sandbox.market.source import Bar, Top


@dataclass(frozen=True, slots=True)
class RecordedBar:
    open: float
    high: float
    low: float
    close: float
    turnover: float


@dataclass(slots=True)
class BarSeries:
    """`low_first` names bars whose low comes before the high; all exchanges share it, so that their walks agree."""

    length_ms: int
    bars: dict[int, RecordedBar]
    low_first: dict[int, bool] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.times = sorted(self.bars)

    @property
    def first_ms(self) -> int:
        return self.times[0]

    @property
    def last_ms(self) -> int:
        """The end of the last bar."""
        return self.times[-1] + self.length_ms

    def at(self, t_ms: int) -> float:
        start_ms = t_ms // self.length_ms * self.length_ms
        bar = self.bars.get(start_ms)
        if bar is None:
            # Nothing traded: the last price stands.
            return self.bars[self.times[max(0, bisect_right(self.times, t_ms) - 1)]].close
        key = key_of("walk", start_ms)
        first, second = 0.2 + 0.2 * uniform(key, 1), 0.6 + 0.2 * uniform(key, 2)
        extremes = (bar.low, bar.high) if self.low_first.get(start_ms, bar.close >= bar.open) else (bar.high, bar.low)
        points = ((0.0, bar.open), (first, extremes[0]), (second, extremes[1]), (1.0, bar.close))
        x = (t_ms - start_ms) / self.length_ms
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            if x <= x1:
                return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        return bar.close

    def bar(self, start_ms: int, end_ms: int) -> Bar | None:
        """The recorded bars of [start_ms, end_ms) as one, where they fill it exactly."""
        if start_ms % self.length_ms or end_ms % self.length_ms:
            return None
        parts = [self.bars[t] for t in range(start_ms, end_ms, self.length_ms) if t in self.bars]
        if not parts:
            return None
        high, low = max(part.high for part in parts), min(part.low for part in parts)
        return parts[0].open, high, low, parts[-1].close, sum(part.turnover for part in parts)

    def top(self, t_ms: int) -> Top | None:
        return None


@dataclass(slots=True)
class TickSeries:
    """Best bid and ask with sizes, each valid from its time on."""

    times: list[int]
    tops: list[Top]

    @property
    def first_ms(self) -> int:
        return self.times[0]

    @property
    def last_ms(self) -> int:
        return self.times[-1]

    def top(self, t_ms: int) -> Top | None:
        return self.tops[max(0, bisect_right(self.times, t_ms) - 1)]

    def at(self, t_ms: int) -> float:
        bid, _, ask, _ = self.tops[max(0, bisect_right(self.times, t_ms) - 1)]
        return (bid + ask) / 2

    def bar(self, start_ms: int, end_ms: int) -> Bar | None:
        return None


Series = BarSeries | TickSeries


def agree_on_walk(series: list[BarSeries]) -> None:
    """Let each bar of several exchanges visit its extremes in the order that the first of them suggests."""
    lead = series[0]
    order = {t: bar.close >= bar.open for t, bar in lead.bars.items()}
    for one in series:
        one.low_first = order
