"""Logistic regression with an L2 penalty on standardised features, fitted by Newton's method.

A dozen features and some thousand rows need no library, and the same rows always give the same weights.
"""

from collections.abc import Mapping, Sequence
from math import exp, log1p, sqrt
from typing import Final

from msgspec import Struct

PENALTY: Final = 1.0  # of the squared weights; the intercept goes free
STEPS_MAX: Final = 50
SETTLED: Final = 1e-9
_REST: Final = 1e-9  # on the diagonal: keeps the equations solvable where all rows are alike


class Weights(Struct, frozen=True):
    """One weight a feature, on its standardised value; a feature that is not given counts as zero."""

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def score(self, features: Mapping[str, float]) -> float:
        """The log odds."""
        return self.intercept + sum(
            weight * (features.get(name, 0.0) - mean) / scale
            for name, mean, scale, weight in zip(self.names, self.means, self.scales, self.weights, strict=True)
        )


def to_probability(log_odds: float) -> float:
    if log_odds >= 0:
        return 1 / (1 + exp(-min(log_odds, 700.0)))
    odds = exp(max(log_odds, -700.0))
    return odds / (1 + odds)


def fit(rows: Sequence[Mapping[str, float]], labels: Sequence[bool]) -> Weights:
    """The most likely weights under the penalty. Raises `ValueError` without rows."""
    if not rows:
        raise ValueError("there is nothing to learn from")
    names = tuple(sorted({name for row in rows for name in row}))
    columns = [[row.get(name, 0.0) for row in rows] for name in names]
    means = tuple(sum(column) / len(column) for column in columns)
    scales = tuple(_spread(column, mean) for column, mean in zip(columns, means, strict=True))
    standard = [
        [(column[place] - mean) / scale for column, mean, scale in zip(columns, means, scales, strict=True)] + [1.0]
        for place in range(len(rows))
    ]
    *weights, intercept = climb(standard, [float(label) for label in labels], [PENALTY] * len(names) + [0.0])
    return Weights(names, means, scales, tuple(weights), intercept)


def climb(
    rows: Sequence[Sequence[float]],
    targets: Sequence[float],
    penalties: Sequence[float],
    centre: Sequence[float] | None = None,
    steps_max: int = STEPS_MAX,
) -> list[float]:
    """Weights of greatest likelihood less the penalties of their distance from `centre`; steps are halved as needed."""
    centre = centre or [0.0] * len(penalties)
    weights = list(centre)
    best = _loss(rows, targets, penalties, centre, weights)
    for _ in range(steps_max):
        step = _newton(rows, targets, penalties, centre, weights)
        share = 1.0
        while True:
            tried = [weight - share * part for weight, part in zip(weights, step, strict=True)]
            loss = _loss(rows, targets, penalties, centre, tried)
            if loss <= best or share < SETTLED:
                break
            share /= 2
        gained = best - loss
        best, weights = min((loss, tried), (best, weights))
        if gained < SETTLED * (1 + abs(best)):
            break
    return weights


def _loss(
    rows: Sequence[Sequence[float]],
    targets: Sequence[float],
    penalties: Sequence[float],
    centre: Sequence[float],
    weights: Sequence[float],
) -> float:
    total = sum(p * (w - c) ** 2 for p, w, c in zip(penalties, weights, centre, strict=True)) / 2
    for row, target in zip(rows, targets, strict=True):
        score = sum(map(float.__mul__, row, weights))
        # log(1 + e^s) - target * s, without overflow.
        total += max(score, 0.0) + log1p(exp(-abs(score))) - target * score
    return total


def _newton(
    rows: Sequence[Sequence[float]],
    targets: Sequence[float],
    penalties: Sequence[float],
    centre: Sequence[float],
    weights: Sequence[float],
) -> list[float]:
    """Where the slope vanishes if the loss is as curved everywhere as it is here."""
    size = len(weights)
    slope = [p * (w - c) for p, w, c in zip(penalties, weights, centre, strict=True)]
    curve = [[0.0] * size for _ in range(size)]
    for place in range(size):
        curve[place][place] = penalties[place] + _REST
    for row, target in zip(rows, targets, strict=True):
        p = to_probability(sum(map(float.__mul__, row, weights)))
        error, bend = p - target, p * (1 - p)
        for i, x in enumerate(row):
            slope[i] += error * x
            line, bent = curve[i], bend * x
            for j in range(i + 1):
                line[j] += bent * row[j]
    for i in range(size):
        for j in range(i):
            curve[j][i] = curve[i][j]
    return _solve(curve, slope)


def _solve(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """Gauss' elimination with the largest pivot; both arguments are used up."""
    size = len(vector)
    for i in range(size):
        pivot = max(range(i, size), key=lambda row: abs(matrix[row][i]))
        matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
        vector[i], vector[pivot] = vector[pivot], vector[i]
        for below in range(i + 1, size):
            factor = matrix[below][i] / matrix[i][i]
            for column in range(i, size):
                matrix[below][column] -= factor * matrix[i][column]
            vector[below] -= factor * vector[i]
    for i in reversed(range(size)):
        rest = sum(matrix[i][column] * vector[column] for column in range(i + 1, size))
        vector[i] = (vector[i] - rest) / matrix[i][i]
    return vector


def _spread(column: Sequence[float], mean: float) -> float:
    """The standard deviation; 1 for a feature that never varies, which then says nothing."""
    spread = sqrt(sum((value - mean) ** 2 for value in column) / len(column))
    return spread if spread > SETTLED * (1 + abs(mean)) else 1.0
