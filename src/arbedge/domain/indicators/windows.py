"""Averages and deviations over the last bars, in constant time and without ever subtracting what was added before.

A running sum that subtracts what leaves the window keeps the rounding error of every value it ever held: after one
extreme volume it is wrong for ever. Here the window is two parts: what came since the last turn is summed forwards,
what is left of the values before it has sums of its ends ready. A turn every `size` values makes those ready anew,
so a value costs constant time on average, and the error stays that of one window.
"""


class SlidingMean:
    """The mean of the last `size` values."""

    __slots__ = ("_ends", "_fresh", "_size", "_total")

    def __init__(self, size: int) -> None:
        self._size = size
        self._ends: list[float] = []
        self._fresh: list[float] = []
        self._total = 0.0

    def push(self, value: float) -> float | None:
        """The mean with `value` in it; None until `size` values were seen."""
        fresh = self._fresh
        fresh.append(value)
        self._total += value
        if len(fresh) == self._size:
            mean = self._total / self._size
            self._turn()
            return mean
        if not self._ends:
            return None
        return (self._ends[len(fresh)] + self._total) / self._size

    def _turn(self) -> None:
        """`_ends[k]` becomes the sum of what is left once the k oldest values have gone."""
        total = 0.0
        ends = [0.0]
        for value in reversed(self._fresh):
            total += value
            ends.append(total)
        ends.reverse()
        self._ends = ends
        self._fresh.clear()
        self._total = 0.0


class SlidingMoments:
    """Mean and population variance of the last `size` values.

    Both parts hold mean and sum of squared distances (Welford); merging them (Chan) needs no difference of large
    squares, so a constant window has a variance of exactly zero.
    """

    __slots__ = ("_ends", "_fresh", "_mean", "_size", "_squares")

    def __init__(self, size: int) -> None:
        self._size = size
        self._ends: list[tuple[float, float]] = []
        self._fresh: list[float] = []
        self._mean = 0.0
        self._squares = 0.0

    def push(self, value: float) -> tuple[float, float] | None:
        """Mean and variance with `value` in them; None until `size` values were seen."""
        fresh, size = self._fresh, self._size
        fresh.append(value)
        count = len(fresh)
        distance = value - self._mean
        self._mean += distance / count
        self._squares += distance * (value - self._mean)
        if count == size:
            moments = self._mean, self._squares / size
            self._turn()
            return moments
        if not self._ends:
            return None
        mean, squares = self._ends[count]
        distance = self._mean - mean
        share = count / size
        return mean + distance * share, (squares + self._squares + distance * distance * share * (size - count)) / size

    def _turn(self) -> None:
        """`_ends[k]` becomes mean and squares of what is left once the k oldest values have gone."""
        mean = squares = 0.0
        ends = [(0.0, 0.0)]
        for count, value in enumerate(reversed(self._fresh), start=1):
            distance = value - mean
            mean += distance / count
            squares += distance * (value - mean)
            ends.append((mean, squares))
        ends.reverse()
        self._ends = ends
        self._fresh.clear()
        self._mean = self._squares = 0.0


class SeededAverage:
    """An exponential average that begins with the plain mean of its first `seed` values, as TA-Lib's do."""

    __slots__ = ("_count", "_factor", "_seed", "_value")

    def __init__(self, seed: int, factor: float) -> None:
        self._seed = seed
        self._factor = factor
        self._count = 0
        self._value = 0.0

    def push(self, value: float) -> float | None:
        """The average with `value` in it; None until `seed` values were seen."""
        if self._count == self._seed:
            self._value += (value - self._value) * self._factor
            return self._value
        self._count += 1
        self._value += value
        if self._count < self._seed:
            return None
        self._value /= self._seed
        return self._value
