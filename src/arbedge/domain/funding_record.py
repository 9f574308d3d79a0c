"""What settlements of perpetuals really charged, summed up by the days of UTC."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct

from arbedge.domain.market import ExchangeId

DAY_MS: Final = 86_400_000

PerpKey = tuple[ExchangeId, str]
"""Exchange and symbol of a perpetual."""


class FundingDay(Struct, frozen=True):
    """The settlements of one perpetual within a day; rates are fractions of notional, positive when longs paid."""

    day: int  # its first moment
    settlements: int
    rate_sum: float
    rate_min: float
    rate_max: float


class ChargedFunding(Struct, frozen=True):
    """As above over several days: from the first moment of the first of them to when the exchange was last read."""

    from_at: int
    read_at: int
    settlements: int
    rate_sum: float
    rate_min: float
    rate_max: float


def sum_days(rows: Sequence[tuple[int, float]], *, is_cut: bool) -> list[FundingDay]:
    """Settlements (when, rate), oldest first, by day. `is_cut`: there are older ones, so the oldest day may lack some
    and is left out.
    """
    days: list[FundingDay] = []
    for day, group in groupby(rows, key=lambda row: row[0] // DAY_MS * DAY_MS):
        rates = [rate for _, rate in group]
        days.append(FundingDay(day, len(rates), sum(rates), min(rates), max(rates)))
    return days[1:] if is_cut else days
