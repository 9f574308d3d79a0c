"""Candles for tests: from closes alone, drawn by hypothesis, or as recorded."""

import csv
import gzip
import random
from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from arbedge.domain.candles import Candle, CandleSeries, build_series
from arbedge.domain.market import Mode
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
    mode: Mode = "replay",
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
def candle_lists(draw, *, size_min: int = 1, size_max: int = 80, with_gaps: bool = False) -> list[Candle]:
    """Possible bars in order: a walk of closes with wicks and volumes, some of it standing still.

    What shapes the walk is drawn, its steps come from a drawn seed: drawing hundreds of numbers one by one is slow.
    """
    size = draw(st.integers(size_min, size_max))
    price, spread = draw(st.floats(0.1, 1e4)), draw(st.floats(0, 0.25))
    still, gaps = draw(st.floats(0, 1)), draw(st.floats(0, 0.3)) if with_gaps else 0.0
    rng = random.Random(draw(st.integers(0, 2**32)))
    bars: list[Candle] = []
    index = 0
    for _ in range(size):
        before = price
        price *= 1.0 if rng.random() < still else 1 + rng.uniform(-spread, spread)
        top, bottom = max(before, price) * (1 + rng.random() / 10), min(before, price) / (1 + rng.random() / 10)
        volume = 0.0 if rng.random() < still else 10 ** rng.uniform(-3, 6)
        bars.append(candle(index, price, opened=before, high=top, low=bottom, volume=volume))
        index += rng.randint(2, 5) if rng.random() < gaps else 1
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
    return build_series((_parse(row) for row in rows), interval_ms)


def _parse(row: dict[str, str]) -> Candle:
    return Candle(
        start=int(row["ts_ms"]),
        open=float(row["open"]),
        high=float(row["high"]),
        low=float(row["low"]),
        close=float(row["close"]),
        volume=float(row["volume"]),
        is_closed=True,
        mode="replay",
    )
