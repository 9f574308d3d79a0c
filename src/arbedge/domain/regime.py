"""What kind of market an instrument is in, measured against its own past: trend, range or shock.

No constant says what is volatile: the same percentage is a quiet hour for one coin and a crash for another.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from arbedge.domain.candles import Candle, CandleSeries
from arbedge.domain.indicators import RealisedVolatility
from arbedge.domain.market import Mode

RegimeKind = Literal["trend", "range", "shock"]

WINDOW_BARS = 24  # over which volatility and trend strength are measured: a day of hourly bars
HISTORY_BARS_MIN = 100  # earlier measurements without which a rank says nothing
SHOCK_RANK_MIN = 0.95  # volatility above 19 of 20 earlier measurements
TREND_RANK_MIN = 0.75  # trend strength above 3 of 4 earlier measurements
STRAIGHT_MIN = 0.64  # a random walk of `WINDOW_BARS` steps goes so straight once in a hundred: trend, whatever the past


class Regime(Struct, frozen=True):
    """The regime at the end of the last closed bar, with the two measurements that decide it and their ranks.

    A rank is the share of earlier measurements of the same instrument that were lower.
    """

    kind: RegimeKind
    direction: Literal["up", "down"] | None  # of a trend
    volatility: float  # realised, a fraction a bar
    volatility_rank: float
    strength: float  # net move over distance walked: 1 straight, 0 back where it began
    strength_rank: float
    history_bars: int
    ended_at: int
    mode: Mode


def classify_regime(series: CandleSeries) -> Regime | None:
    """Shock where volatility ranks at or above `SHOCK_RANK_MIN`; else trend where strength ranks at or above
    `TREND_RANK_MIN` or is at least `STRAIGHT_MIN`; else range.

    Measurements rest on unbroken bars; those before a gap still count as history. None where fewer than
    `HISTORY_BARS_MIN` earlier measurements exist, or the bars since the last gap are too few for one.
    """
    volatilities: list[float] = []
    moves: list[float] = []
    is_current = False
    for run in series.runs:
        found = _measure(run, series.interval_ms)
        is_current = bool(found)
        volatilities += [volatility for volatility, _ in found]
        moves += [move for _, move in found]
    if not is_current or len(moves) <= HISTORY_BARS_MIN:
        return None
    last = series.closed[-1]
    volatility_rank = rank(volatilities[-1], volatilities[:-1])
    strength_rank = rank(abs(moves[-1]), [abs(move) for move in moves[:-1]])
    kind: RegimeKind = "range"
    if volatility_rank >= SHOCK_RANK_MIN:
        kind = "shock"
    elif strength_rank >= TREND_RANK_MIN or abs(moves[-1]) >= STRAIGHT_MIN:
        kind = "trend"
    return Regime(
        kind=kind,
        direction=None if kind != "trend" else "up" if moves[-1] > 0 else "down",
        volatility=volatilities[-1],
        volatility_rank=volatility_rank,
        strength=abs(moves[-1]),
        strength_rank=strength_rank,
        history_bars=len(moves) - 1,
        ended_at=last.start + series.interval_ms,
        mode=last.mode,
    )


def rank(value: float, history: Sequence[float]) -> float:
    """The share of a non-empty history that lies below the value; equals don't, so a constant past ranks 0."""
    return bisect_left(sorted(history), value) / len(history)


def _measure(run: Sequence[Candle], interval_ms: int) -> list[tuple[float, float]]:
    """Volatility and signed trend strength at every bar with `WINDOW_BARS` moves behind it."""
    volatility_of = RealisedVolatility(interval_ms, WINDOW_BARS)
    closes: deque[float] = deque(maxlen=WINDOW_BARS + 1)
    found: list[tuple[float, float]] = []
    for bar in run:
        closes.append(bar.close)
        volatility = volatility_of.advance(bar)
        if volatility is not None:
            found.append((volatility, _strength(closes)))
    return found


def _strength(closes: Sequence[float]) -> float:
    """Kaufman's efficiency ratio with the sign of the move; 0 where nothing moved."""
    walked = sum(abs(after - before) for before, after in pairwise(closes))
    return (closes[-1] - closes[0]) / walked if walked else 0.0
