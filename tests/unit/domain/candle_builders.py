"""Candles for tests: from closes alone, drawn by hypothesis, or as recorded."""

import csv
import gzip
from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from arbedge.domain.candles import Candle, CandleSeries, build_series
from scripts.sandbox.config import fixtures_directory

MINUTE = 60_000
HOUR = 3_600_000
RECORDED = fixtures_directory() / "market"

needs_recordings = pytest.mark.skipif(
    not RECORDED.exists(), reason=f"recorded market data is not at {RECORDED} (ARBEDGE_FIXTURES)"
)

prices = st.floats(0.01, 1e6)


def candle(
    index: int,
    close: float = 100.0,
    *,
    high: float | None = None,
    low: float | None = None,
    volume: float = 1.0,
    is_closed: bool = True,
    opened: float | None = None,
    mode="replay",
    interval_ms: int = MINUTE,
) -> Candle:
    first = close if opened is None else opened
    return Candle(
        start=index * interval_ms,
        open=first,
        high=max(first, close) if high is None else high,
        low=min(first, close) if low is None else low,
        close=close,
        volume=volume,
        is_closed=is_closed,
        mode=mode,
    )


def from_closes(closes: Sequence[float], *, first: int = 0) -> CandleSeries:
    return build_series((candle(first + index, close) for index, close in enumerate(closes)), MINUTE)


@st.composite
def candle_lists(draw, *, size_min: int = 1, size_max: int = 120, with_gaps: bool = False) -> list[Candle]:
    """Possible bars in order: a walk of closes with wicks and volumes."""
    size = draw(st.integers(size_min, size_max))
    moves = draw(st.lists(st.floats(0.8, 1.25), min_size=size, max_size=size))
    wicks = draw(st.lists(st.floats(1, 1.1), min_size=size, max_size=size))
    volumes = draw(st.lists(st.floats(0, 1e6), min_size=size, max_size=size))
    steps = st.sampled_from([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 5]) if with_gaps else st.just(1)
    strides = draw(st.lists(steps, min_size=size, max_size=size))
    price, index = draw(st.floats(0.1, 1e4)), 0
    bars: list[Candle] = []
    for move, wick, volume, stride in zip(moves, wicks, volumes, strides, strict=True):
        before, price, index = price, price * move, index + stride
        top, bottom = max(before, price) * wick, min(before, price) / wick
        bars.append(candle(index, price, opened=before, high=top, low=bottom, volume=volume))
    return bars


def scaled(bars: Sequence[Candle], factor: float, shift: float = 0.0) -> list[Candle]:
    return [
        candle(
            bar.start // MINUTE,
            bar.close * factor + shift,
            opened=bar.open * factor + shift,
            high=bar.high * factor + shift,
            low=bar.low * factor + shift,
            volume=bar.volume,
        )
        for bar in bars
    ]


def load_recorded(name: str, interval_ms: int, symbol: str | None = None) -> CandleSeries:
    with gzip.open(RECORDED / "series" / f"{name}.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if symbol is None or row["symbol"] == symbol]
    fields = ("open", "high", "low", "close", "volume")
    return build_series(
        (Candle(int(row["ts_ms"]), *(float(row[name]) for name in fields), True, "replay") for row in rows),
        interval_ms,
    )
