"""What Cloudflare asks on the Workers Paid plan, from its price lists as of November 2026, in US dollars."""

from collections.abc import Mapping
from typing import Final, NamedTuple

MILLION: Final = 1_000_000


class Price(NamedTuple):
    """`dollars` for each `unit` beyond what a month includes."""

    dollars: float
    unit: float
    included: float


PRICES: Final[Mapping[str, Price]] = {
    "requests": Price(0.30, MILLION, 10 * MILLION),
    "CPU ms": Price(0.02, MILLION, 30 * MILLION),
    "object requests": Price(0.15, MILLION, MILLION),
    "object GB-s": Price(12.50, MILLION, 400_000),
    "object rows written": Price(1.00, MILLION, 50 * MILLION),
    "KV reads": Price(0.50, MILLION, 10 * MILLION),
    "KV writes": Price(5.00, MILLION, MILLION),
    "D1 rows read": Price(0.001, MILLION, 25_000 * MILLION),
    "D1 rows written": Price(1.00, MILLION, 50 * MILLION),
    "R2 class A": Price(4.50, MILLION, MILLION),
    "R2 class B": Price(0.36, MILLION, 10 * MILLION),
    "R2 GB stored": Price(0.015, 1, 10),
    "queue operations": Price(0.40, MILLION, MILLION),
}


def price_gross(used: Mapping[str, float]) -> dict[str, float]:
    """Dollars by item as if nothing were included."""
    return {name: amount / PRICES[name].unit * PRICES[name].dollars for name, amount in used.items()}


def price_net(used: Mapping[str, float]) -> dict[str, float]:
    """Dollars by item beyond what the plan includes, for an account that does nothing else."""
    return price_gross({name: max(0.0, amount - PRICES[name].included) for name, amount in used.items()})
