"""Candles in order, with what is missing left missing: a gap is never filled, an unfinished bar never passes for one.

Intervals divide a day and bars start at multiples of theirs in UTC, as the three exchanges' bars from 1m to 1d do.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from math import inf
from typing import Final

from msgspec import Struct

from arbedge.domain.market import Mode

DAY_MS: Final = 86_400_000
_BY_TRUST: Final[tuple[Mode, ...]] = ("live", "cached", "replay", "paper", "synthetic")


class CandlesInvalid(ValueError):
    """The bars are not what an exchange may send: out of order, misaligned or impossible. The answer is dropped."""


class Candle(Struct, frozen=True, array_like=True):
    """One bar from `start` (epoch ms); prices in quote currency, `volume` in asset units."""

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    is_closed: bool
    mode: Mode

    @property
    def is_possible(self) -> bool:
        """Finite positive prices with low and high around them; a volume that is not negative."""
        return (
            0 < self.low <= min(self.open, self.close) and max(self.open, self.close) <= self.high < inf
        ) and 0 <= self.volume < inf


class Gap(Struct, frozen=True):
    """Bars that are missing between two that are there."""

    start: int
    bars: int


class CandleSeries(Struct, frozen=True):
    """Bars of one instrument in rising order, made by `build_series`; only the last may still be open."""

    interval_ms: int
    candles: tuple[Candle, ...]

    @property
    def open_bar(self) -> Candle | None:
        """The last bar, where it has not ended yet and may still change."""
        return self.candles[-1] if self.candles and not self.candles[-1].is_closed else None

    @property
    def closed(self) -> tuple[Candle, ...]:
        return self.candles[:-1] if self.open_bar else self.candles

    @property
    def gaps(self) -> list[Gap]:
        step = self.interval_ms
        return [
            Gap(start=before.start + step, bars=(after.start - before.start) // step - 1)
            for before, after in pairwise(self.candles)
            if after.start - before.start != step
        ]

    @property
    def runs(self) -> list[tuple[Candle, ...]]:
        """The closed bars, cut at every gap."""
        bars = self.closed
        cuts = [index for index in range(1, len(bars)) if bars[index].start - bars[index - 1].start != self.interval_ms]
        return [bars[first:last] for first, last in pairwise([0, *cuts, len(bars)]) if last > first]


def build_series(candles: Iterable[Candle], interval_ms: int) -> CandleSeries:
    """Checks bars given in rising order and makes a series of them. Raises `CandlesInvalid`."""
    bars = tuple(candles)
    if interval_ms <= 0 or DAY_MS % interval_ms:
        raise CandlesInvalid(f"an interval of {interval_ms} ms does not divide a day")
    for index, bar in enumerate(bars):
        if bar.start % interval_ms:
            raise CandlesInvalid(f"the bar at {bar.start} does not start at a multiple of {interval_ms} ms")
        if not bar.is_possible:
            raise CandlesInvalid(f"the bar at {bar.start} is impossible")
        if index and bar.start <= bars[index - 1].start:
            raise CandlesInvalid(f"the bar at {bar.start} does not follow the one before it")
        if not bar.is_closed and index < len(bars) - 1:
            raise CandlesInvalid(f"the bar at {bar.start} is open but not the last")
    return CandleSeries(interval_ms=interval_ms, candles=bars)


def aggregate(series: CandleSeries, interval_ms: int) -> CandleSeries:
    """Longer bars from shorter ones; raises `CandlesInvalid` where the interval is no multiple of the series'.

    A longer bar of which a part is missing is left out, so it becomes a gap. The last one, when only its end is yet
    to come, is kept as an open bar.
    """
    if interval_ms % series.interval_ms:
        raise CandlesInvalid(f"{interval_ms} ms is no multiple of {series.interval_ms} ms")
    parts_full = interval_ms // series.interval_ms
    last = series.candles[-1] if series.candles else None
    bars: list[Candle] = []
    for start, group in groupby(series.candles, lambda bar: bar.start - bar.start % interval_ms):
        parts = list(group)
        is_unbroken = parts[0].start == start and parts[-1].start == start + (len(parts) - 1) * series.interval_ms
        is_closed = len(parts) == parts_full and parts[-1].is_closed
        if is_unbroken and (is_closed or parts[-1] is last):
            bars.append(_join(start, parts, is_closed=is_closed))
    return build_series(bars, interval_ms)


def _trust(mode: Mode) -> int:
    return _BY_TRUST.index(mode)


def _join(start: int, parts: Sequence[Candle], *, is_closed: bool) -> Candle:
    """One bar from its parts; it says of itself what the least trustworthy of them says."""
    return Candle(
        start=start,
        open=parts[0].open,
        high=max(part.high for part in parts),
        low=min(part.low for part in parts),
        close=parts[-1].close,
        volume=sum(part.volume for part in parts),
        is_closed=is_closed,
        mode=max((part.mode for part in parts), key=_trust),
    )
