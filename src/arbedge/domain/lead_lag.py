"""Who leads: cross-correlation of two sampled series over lags, with how sure that is.

A correlation counts only if it would hardly arise between unrelated series, and a leader is named only if the lag
explains the follower clearly better than no lag does.
"""

from collections.abc import Sequence
from math import atanh, erfc, fsum, sqrt
from operator import mul
from typing import Literal, NamedTuple

from msgspec import Struct

from arbedge.domain.sampling import Samples, log_returns

PAIRS_MIN = 30  # below it Fisher's transformation is no longer near normal
_AUTOCORRELATION_STEPS_MIN = 10
_OUTLIER = 4.0  # mean absolute returns that bound one return; 1 in 700 of a normal series goes so far
_CONSTANT = 1e-12  # variance over mean square at or below which rounding is all that varies


class LeadLag(Struct, frozen=True):
    """How two series' returns correlate at the lag where they do most; positive lags: the first is ahead.

    True lags are known no better than to one sampling step of `step_ms`.
    """

    lag_steps: int
    step_ms: int
    correlation: float
    correlation_together: float | None  # at lag 0; None where there are too few pairs
    pairs: int
    pairs_effective: float  # what the pairs are worth, given autocorrelation and bursts that both share
    lags_tested: int
    p_value: float  # chance of such a correlation at any tested lag if the two had nothing to do with each other
    leader: Literal["first", "second"] | None  # None: together, as far as these samples can tell
    p_leader: float  # chance of such a lead over lag 0 if the two moved together

    @property
    def lag_ms(self) -> int:
        return self.lag_steps * self.step_ms


class _AtLag(NamedTuple):
    lag: int
    correlation: float
    pairs: int
    bursts: float  # how much oftener both move much at once than if when they move were unrelated; 1 if it is


class _Column(NamedTuple):
    """Centred, bounded returns with zeros for missing ones, their squares, and ones where there is a return."""

    values: list[float]
    squares: list[float]
    present: list[float]

    def cut(self, first: int, last: int) -> "_Column":
        return _Column(self.values[first:last], self.squares[first:last], self.present[first:last])


def measure_lead_lag(samples: Samples, lag_steps_max: int, p_max: float = 0.01) -> LeadLag | None:
    """The lag within +-`lag_steps_max` with the strongest correlation of log returns; None where none is significant.

    Returns beyond four mean absolute returns count as four, so that no handful of jumps decides. Significance:
    Fisher's z with the effective number of pairs, two-sided, times the number of lags tested (Bonferroni). The
    effective number is Bartlett's for autocorrelated series, further reduced for bursts in which both move (White).
    The lead over lag 0 is Meng's test for two correlations with one series in common, corrected in the same way.
    """
    first, second = _centre(log_returns(samples.first)), _centre(log_returns(samples.second))
    if first is None or second is None:
        return None
    lags = range(-lag_steps_max, lag_steps_max + 1)
    found = {lag: at for lag in lags if (at := _correlate(first, second, lag))}
    if not found:
        return None
    best = max(found.values(), key=lambda at: (abs(at.correlation), -abs(at.lag)))
    worth = _effective(first, second, best, lag_steps_max)
    p_value = min(1.0, len(found) * _two_sided(_fisher(best.correlation) * sqrt(max(0.0, worth - 3))))
    if p_value > p_max:
        return None
    together = found.get(0)
    p_leader = 1.0
    if best.lag and together:
        driver = first if best.lag > 0 else second
        shared = _correlate(driver, driver, abs(best.lag))
        apart = _difference(best.correlation, together.correlation, shared.correlation if shared else 0.0, worth)
        p_leader = min(1.0, max(1, len(found) - 1) * _two_sided(apart))
    return LeadLag(
        lag_steps=best.lag,
        step_ms=samples.step_ms,
        correlation=best.correlation,
        correlation_together=together.correlation if together else None,
        pairs=best.pairs,
        pairs_effective=worth,
        lags_tested=len(found),
        p_value=p_value,
        leader=None if p_leader > p_max else "first" if best.lag > 0 else "second",
        p_leader=p_leader,
    )


def _centre(returns: Sequence[float | None]) -> _Column | None:
    """None where the returns do not vary, or there are none."""
    known = [value for value in returns if value is not None]
    if not known:
        return None
    mean = fsum(known) / len(known)
    limit = _OUTLIER * fsum(abs(value - mean) for value in known) / len(known)
    values = [0.0 if value is None else max(-limit, min(limit, value - mean)) for value in returns]
    squares = [value * value for value in values]
    if fsum(squares) <= _CONSTANT * fsum(value * value for value in known):
        return None
    return _Column(values, squares, [0.0 if value is None else 1.0 for value in returns])


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(map(mul, left, right))


def _overlap(first: _Column, second: _Column, lag: int) -> tuple[_Column, _Column]:
    """The first's steps beside the second's `lag` steps later."""
    size = max(0, len(first.values) - abs(lag))
    early, late = max(0, -lag), max(0, lag)
    return first.cut(early, early + size), second.cut(late, late + size)


def _correlate(first: _Column, second: _Column, lag: int) -> _AtLag | None:
    """Pearson over the pairs at one lag; None for fewer than `PAIRS_MIN`, or where one side is constant in them."""
    x, y = _overlap(first, second, lag)
    pairs = _dot(x.present, y.present)
    if pairs < PAIRS_MIN:
        return None
    sum_x, sum_y = _dot(x.values, y.present), _dot(x.present, y.values)
    squares_x, squares_y = _dot(x.squares, y.present), _dot(x.present, y.squares)
    xx, yy = squares_x - sum_x * sum_x / pairs, squares_y - sum_y * sum_y / pairs
    if xx <= _CONSTANT * squares_x or yy <= _CONSTANT * squares_y:
        return None
    correlation = (_dot(x.values, y.values) - sum_x * sum_y / pairs) / (sqrt(xx) * sqrt(yy))
    bursts = pairs * _dot(x.squares, y.squares) / (squares_x * squares_y)
    return _AtLag(lag, max(-1.0, min(1.0, correlation)), int(pairs), bursts)


def _effective(first: _Column, second: _Column, best: _AtLag, lag_steps_max: int) -> float:
    """How many independent pairs the pairs at the best lag are worth; at most as many as there are."""
    memory = 1.0
    for step in range(1, 1 + min(max(lag_steps_max, _AUTOCORRELATION_STEPS_MIN), best.pairs // 4)):
        own_x, own_y = _correlate(first, first, step), _correlate(second, second, step)
        if own_x and own_y:
            memory += 2 * own_x.correlation * own_y.correlation
    return best.pairs / (max(1.0, best.bursts) * max(1.0, memory))


def _fisher(correlation: float) -> float:
    bound = 1 - 1e-15  # atanh is infinite at 1
    return atanh(max(-bound, min(bound, correlation)))


def _two_sided(z: float) -> float:
    return erfc(abs(z) / sqrt(2))


def _difference(lagged: float, together: float, shared: float, pairs: float) -> float:
    """Meng, Rosenthal and Rubin's z for two correlations of one series with two that correlate by `shared`.

    Sizes are compared, so that an inverse follower counts as one; the sign of `shared` follows them.
    """
    shared = shared if lagged * together >= 0 else -shared
    lagged, together = abs(lagged), abs(together)
    square = min((lagged * lagged + together * together) / 2, 1 - 1e-15)
    ratio = min(1.0, (1 - shared) / (2 * (1 - square)))
    spread = (1 - ratio * square) / (1 - square)
    return (_fisher(lagged) - _fisher(together)) * sqrt(max(0.0, pairs - 3) / max(2 * (1 - shared) * spread, 1e-15))
