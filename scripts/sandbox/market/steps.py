"""A past in which rules of technical analysis earn money: every price stood still for a day and then stepped up.

The seeded market's past is noise, in which no rule earns anything, and rightly none is shown. Planted steps end with a
jump in the last whole hour before they were asked for, and leave every price from then on as it is.
"""

from math import exp, log1p

from scripts.sandbox.market.candles import Candle

HOUR_MS = 3_600_000
PERIOD_H = 40
RUN_H = 10  # of which the first hour is the jump
JUMP, CLIMB = log1p(0.04), log1p(0.006)


def scale(candle: Candle, length_ms: int, until_ms: int) -> None:
    """Makes a candle of the past one of the steps that end at `until_ms`."""
    first, last = _factor(candle.start_ms, until_ms), _factor(candle.start_ms + length_ms, until_ms)
    # Prices in between rise with the step, so the highest goes with its end and the lowest with its beginning.
    candle.open, candle.close = _times(candle.open, first), _times(candle.close, last)
    candle.high = max(_times(candle.high, last), candle.open)
    candle.low = min(_times(candle.low, first), candle.close)


def _times(ticks: int, factor: float) -> int:
    return max(1, round(ticks * factor))


def _factor(at_ms: int, until_ms: int) -> float:
    """What a price then is multiplied by: 1 from `until_ms` on, less the further it lies before."""
    hours = 1 + min(0, at_ms - until_ms) / HOUR_MS
    cycles, hour = divmod(hours, PERIOD_H)
    climbed = min(hour, 1) * JUMP + max(0.0, min(hour, RUN_H) - 1) * CLIMB
    return exp(cycles * (JUMP + (RUN_H - 1) * CLIMB) + climbed - JUMP)
