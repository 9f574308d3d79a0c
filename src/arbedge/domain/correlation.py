"""Rolling correlation of two series, in constant time a step and without loss of precision over time."""

from math import sqrt
from typing import NamedTuple


class _Part(NamedTuple):
    """Count, means and sums of squared and crossed distances of some pairs; parts merge without cancellation."""

    pairs: int
    mean_x: float
    mean_y: float
    xx: float
    yy: float
    xy: float

    def with_pair(self, x: float, y: float) -> "_Part":
        """Welford's step."""
        count = self.pairs + 1
        off_x, off_y = x - self.mean_x, y - self.mean_y
        mean_x, mean_y = self.mean_x + off_x / count, self.mean_y + off_y / count
        rest_y = y - mean_y
        return _Part(
            count,
            mean_x,
            mean_y,
            self.xx + off_x * (x - mean_x),
            self.yy + off_y * rest_y,
            self.xy + off_x * rest_y,
        )

    def merged(self, other: "_Part") -> "_Part":
        """Chan's merge."""
        count = self.pairs + other.pairs
        off_x, off_y = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        share = other.pairs / count
        weight = self.pairs * share
        return _Part(
            count,
            self.mean_x + off_x * share,
            self.mean_y + off_y * share,
            self.xx + other.xx + off_x * off_x * weight,
            self.yy + other.yy + off_y * off_y * weight,
            self.xy + other.xy + off_x * off_y * weight,
        )

    @property
    def pearson(self) -> float | None:
        """None where one side does not vary: a correlation with a constant is not zero, there is none."""
        scale = sqrt(self.xx) * sqrt(self.yy)
        return max(-1.0, min(1.0, self.xy / scale)) if scale else None


_EMPTY = _Part(0, 0.0, 0.0, 0.0, 0.0, 0.0)


class RollingPearson:
    """Pearson's correlation of the last `length` pairs.

    The window is kept as in `indicators.windows`: new pairs forwards, the ends of the old ones ready, so no pair is
    ever subtracted again. A missing value on either side starts anew.
    """

    __slots__ = ("_ends", "_fresh", "_length", "_pairs")

    def __init__(self, length: int) -> None:
        if length < 2:
            raise ValueError(f"a correlation of {length} pairs says nothing")
        self._length = length
        self.reset()

    def reset(self) -> None:
        self._ends: list[_Part] = []
        self._pairs: list[tuple[float, float]] = []
        self._fresh = _EMPTY

    def update(self, x: float | None, y: float | None) -> float | None:
        """The correlation with this pair in it; None before `length` pairs and where one side is constant."""
        if x is None or y is None:
            self.reset()
            return None
        self._pairs.append((x, y))
        self._fresh = self._fresh.with_pair(x, y)
        if len(self._pairs) == self._length:
            whole = self._fresh
            self._turn()
            return whole.pearson
        if not self._ends:
            return None
        return self._ends[len(self._pairs)].merged(self._fresh).pearson

    def _turn(self) -> None:
        """`_ends[k]` becomes what is left once the k oldest pairs have gone."""
        ends = [_EMPTY]
        for x, y in reversed(self._pairs):
            ends.append(ends[-1].with_pair(x, y))
        ends.reverse()
        self._ends = ends
        self._pairs.clear()
        self._fresh = _EMPTY
