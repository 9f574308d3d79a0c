"""How much of a quote currency one USDT is, at the rates of the scan itself: sizes are counted in USDT.

A currency without a live rate has none, and what is quoted in it cannot be sized.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal
from statistics import median
from typing import Final

from arbedge.domain.market import Feed, Snapshot
from arbedge.domain.policy import Policy

SIZES_IN: Final = "USDT"


def find_units(snapshot: Snapshot, currencies: Collection[str], now: int, policy: Policy) -> dict[str, Decimal]:
    return read_units(snapshot.feeds, currencies, now, policy)


def read_units(feeds: Iterable[Feed], currencies: Collection[str], now: int, policy: Policy) -> dict[str, Decimal]:
    """One USDT in each of these currencies: the median over the exchanges' uncrossed and fresh spot prices."""
    wanted = frozenset(currencies) - {SIZES_IN}
    units: dict[str, Decimal] = {SIZES_IN: Decimal(1)}
    if not wanted:
        return units
    found: defaultdict[str, list[float]] = defaultdict(list)
    for feed in feeds:
        if feed.market != "spot":
            continue
        for quote in feed.quotes:
            if quote.quote == SIZES_IN and quote.asset in wanted:
                currency, unit = quote.asset, 1 / quote.mid
            elif quote.asset == SIZES_IN and quote.quote in wanted:
                currency, unit = quote.quote, quote.mid
            else:
                continue
            if quote.bid < quote.ask and abs(feed.age_ms(quote, now)) <= policy.age_ms_max:
                found[currency].append(unit)
    return units | {currency: Decimal(str(median(known))) for currency, known in found.items()}
