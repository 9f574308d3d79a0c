"""The one place that turns an exchange's candles and settlements into asset units and rising order."""

from collections.abc import Sequence
from typing import NamedTuple

from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import INTERVALS_MS, Interval
from arbedge.domain.market import STAMP_MIN
from arbedge.limits import CLOCK_OFFSET_MS_MAX
from arbedge.ports.exchange import Bar, Bars, Settlement, Settlements

_MINUTE_MS = 60_000


class RawBar(NamedTuple):
    """A bar as the exchange counts it: prices per quoted unit, volume in quoted units (coins, or thousands of them).

    `is_closed` is None where the exchange does not say.
    """

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    is_closed: bool | None = None


def convert_bars(
    rising: Sequence[RawBar], instrument: Instrument, interval: Interval, asked_at: int, received_at: int
) -> Bars:
    """Bars per unit of the asset, oldest first; `rising` is kept in the order given, so that a wrong one is noticed.

    An exchange that does not mark its unfinished bar sends it last. Whether that one has ended is judged by the
    time the question was sent, since the answer was made later. Raises `ValueError` for times that cannot be.
    """
    multiplier, length_ms = instrument.multiplier, INTERVALS_MS[interval]
    latest = received_at + max(length_ms, CLOCK_OFFSET_MS_MAX)
    if rising and not (rising[0].start >= STAMP_MIN and rising[-1].start <= latest):
        raise ValueError("bars of a time that cannot be")
    last = len(rising) - 1
    rows = [
        Bar(
            start=raw.start,
            open=raw.open / multiplier,
            high=raw.high / multiplier,
            low=raw.low / multiplier,
            close=raw.close / multiplier,
            volume=raw.volume * multiplier,
            is_closed=(place < last or raw.start + length_ms <= asked_at) if raw.is_closed is None else raw.is_closed,
        )
        for place, raw in enumerate(rising)
    ]
    return Bars(rows, received_at)


def convert_settlements(rising: Sequence[tuple[int, float]], received_at: int) -> Settlements:
    """What was charged, oldest first; stamps may be off by milliseconds, settlements happen on whole minutes."""
    rows = [Settlement(round(at / _MINUTE_MS) * _MINUTE_MS, rate) for at, rate in rising]
    return Settlements(rows, received_at)
