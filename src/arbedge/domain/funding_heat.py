"""How heated funding is over the whole market."""

from collections.abc import Iterable
from statistics import median, quantiles

from msgspec import Struct

from arbedge.domain.market import Funding

SETTLEMENT_H = 8.0  # the interval funding rates are compared at


class FundingHeat(Struct, frozen=True):
    """Funding of many perpetuals, as fractions of notional for 8 hours whatever their own intervals."""

    counted: int
    median_8h: float
    low_8h: float  # a tenth of them pay less
    high_8h: float  # a tenth of them pay more
    share_positive: float  # where longs pay shorts


def measure_funding_heat(fundings: Iterable[Funding]) -> FundingHeat | None:
    """None for fewer than two perpetuals: one has no spread."""
    rates = [funding.rate * SETTLEMENT_H / funding.interval_h for funding in fundings]
    if len(rates) < 2:
        return None
    tenths = quantiles(rates, n=10, method="inclusive")
    return FundingHeat(
        counted=len(rates),
        median_8h=median(rates),
        low_8h=tenths[0],
        high_8h=tenths[-1],
        share_positive=sum(rate > 0 for rate in rates) / len(rates),
    )
