"""The state every indicator is: bars go in one by one, a value comes out once it has seen enough.

A missing bar starts an indicator anew: what it says afterwards rests on unbroken bars only, and it says nothing until
it has enough of them. Bars that are still open are refused, since a value from one would change under its reader.
"""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from arbedge.domain.candles import Candle, CandleSeries

Value_co = TypeVar("Value_co", covariant=True)


class BarRefused(ValueError):
    """A bar that is open, or that does not come after the last one: a defect of the caller."""


class Indicator(ABC, Generic[Value_co]):
    """One indicator over bars of `interval_ms`, looking back over `lengths` bars. Raises `ValueError` for none."""

    __slots__ = ("_due", "interval_ms")

    def __init__(self, interval_ms: int, *lengths: int) -> None:
        if min((interval_ms, *lengths)) < 1:
            raise ValueError(f"{type(self).__name__} needs positive lengths, not {lengths} bars of {interval_ms} ms")
        self.interval_ms = interval_ms
        self._due: int | None = None
        self.reset()

    def update(self, candle: Candle) -> Value_co | None:
        """The value at the end of this closed bar; None while there is none yet. Raises `BarRefused`."""
        if not candle.is_closed:
            raise BarRefused(f"the bar at {candle.start} is still open")
        if self._due is not None and candle.start != self._due:
            if candle.start < self._due:
                raise BarRefused(f"the bar at {candle.start} comes late: {self._due} was due")
            self.reset()
        self._due = candle.start + self.interval_ms
        return self.advance(candle)

    @abstractmethod
    def reset(self) -> None:
        """Forgets every bar."""

    @abstractmethod
    def advance(self, candle: Candle) -> Value_co | None:
        """Takes a bar known to follow the last one; callers that know less use `update`."""


def compute(series: CandleSeries, indicator: Indicator[Value_co]) -> list[Value_co | None]:
    """The values of a fresh indicator, one a candle of the series; an open last bar has none."""
    values = [indicator.update(candle) for candle in series.closed]
    return [*values, None] if series.open_bar else values
