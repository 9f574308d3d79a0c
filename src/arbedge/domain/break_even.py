"""After how many hours a held position has paid for its costs: settlement by settlement, at the rates of the scan.

Costs over a rate per hour would promise payments that never come: of a leg that settles every eight hours nothing is
paid before its stamp, whatever the other one charges meanwhile.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from heapq import merge
from itertools import groupby, repeat
from operator import itemgetter

from arbedge.domain.detection.holding import HOUR_MS, count_settlements, find_first
from arbedge.domain.gauge import HORIZON_H_MAX
from arbedge.domain.market import Funding
from arbedge.domain.opportunity import Sighting
from arbedge.domain.policy import HELD_TYPES


def find_break_even_h(sighting: Sighting, horizon_h: int) -> float | None:
    """Hours from the scan to the settlement that pays for the last of the costs; its edge is that of `horizon_h`.

    0 where nothing is left to pay for. None for what is not held, and where no settlement in the longest horizon does.
    """
    if sighting.type not in HELD_TYPES:
        return None
    edge, now = sighting.edge, sighting.seen_at
    size = edge.fills[0].size
    payments = [
        (leg.funding, _charge(leg.funding, size if leg.side == "sell" else -size))
        for leg in sighting.legs
        if leg.funding
    ]
    counted = sum((cash * count_settlements(funding, now, horizon_h) for funding, cash in payments), Decimal(0))
    owed = counted - edge.net_bps * edge.size_quote / 10_000
    if owed <= 0:
        return 0.0
    for at, stamps in groupby(_list_payments(payments, now), key=itemgetter(0)):
        owed -= sum((cash for _, cash in stamps), Decimal(0))
        if owed <= 0:
            return (at - now) / HOUR_MS
    return None


def _charge(funding: Funding, size: Decimal) -> Decimal:
    """What one settlement pays a short of `size`, in quote currency."""
    return size * Decimal(str(funding.mark)) * Decimal(str(funding.rate))


def _list_payments(payments: Iterable[tuple[Funding, Decimal]], now: int) -> Iterator[tuple[int, Decimal]]:
    """Every settlement of the longest horizon, in order of time, both legs' together."""
    end = now + HORIZON_H_MAX * HOUR_MS
    return merge(
        *(
            zip(range(find_first(funding, now), end + 1, round(funding.interval_h * HOUR_MS)), repeat(cash))
            for funding, cash in payments
        ),
        key=itemgetter(0),
    )
