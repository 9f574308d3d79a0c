"""The market as a whole: how many assets stand above their mean, how heated funding is, what others measured of it."""

from collections.abc import Iterable, Mapping
from statistics import median, quantiles

from msgspec import Struct

from arbedge.domain.market import Funding, Source

SETTLEMENT_H = 8.0  # the interval funding rates are compared at


class Breadth(Struct, frozen=True):
    """Assets above their own mean among those whose mean is known."""

    above: int
    counted: int
    unknown: int

    @property
    def share(self) -> float:
        return self.above / self.counted


class FundingHeat(Struct, frozen=True):
    """Funding of many perpetuals, as fractions of notional for 8 hours whatever their own intervals."""

    counted: int
    median_8h: float
    low_8h: float  # a tenth of them pay less
    high_8h: float  # a tenth of them pay more
    share_positive: float  # where longs pay shorts


class Reported(Struct, frozen=True):
    """A figure somebody else computed, passed on with who, by which way and as of when."""

    value: float
    provider: str
    source: Source
    reported_at: int

    def age_ms(self, now: int) -> int:
        return max(0, now - self.reported_at)


class MarketView(Struct, frozen=True):
    """Measured breadth and funding beside reported dominance and sentiment; None where a part is not known."""

    breadth: Breadth | None
    funding: FundingHeat | None
    btc_dominance_percent: Reported | None
    fear_and_greed: Reported | None


def measure_breadth(closes: Mapping[str, tuple[float, float | None]]) -> Breadth | None:
    """From each asset's last close and its mean (None while unknown); None where no mean is known.

    An asset exactly at its mean is not above it.
    """
    known = [(close, mean) for close, mean in closes.values() if mean is not None]
    if not known:
        return None
    above = sum(close > mean for close, mean in known)
    return Breadth(above=above, counted=len(known), unknown=len(closes) - len(known))


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
