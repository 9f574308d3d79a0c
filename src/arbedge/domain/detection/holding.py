"""What is held for the horizon and closed at today's books: entry, exit and the funding in between.

Only settlements strictly inside the horizon are paid, each at the rate known now: with 8 h against 1 h intervals, a
pro-rata figure would promise payments that never come. No price is assumed to come back to another: what the entry
gains between the two legs, the exit at today's books returns, less both spreads.
"""

from decimal import Decimal
from typing import NamedTuple

from arbedge.domain.edge import Fill, Legs, LegTerms, Sizing, measure_pair
from arbedge.domain.market import Funding

HOUR_MS = 3_600_000


class Holding(NamedTuple):
    """Both legs of a position, entered and closed; cash amounts in quote currency, gains positive."""

    entries: tuple[Fill, Fill]
    exits: tuple[Fill, Fill]
    funding: Decimal
    entry_difference: Decimal  # at top of book: sold for, less bought for
    exit_difference: Decimal
    costs: list[tuple[str, Decimal]]  # fees of four fills, slippage of four fills


def count_settlements(funding: Funding, now: int, horizon_h: int) -> int:
    """Settlements in (now, now + horizon]."""
    first, end = find_first(funding, now), now + horizon_h * HOUR_MS
    return 0 if first > end else (end - first) // round(funding.interval_h * HOUR_MS) + 1


def find_first(funding: Funding, now: int) -> int:
    """The first settlement after `now`: a `next_at` that has passed is moved on by whole intervals."""
    interval = round(funding.interval_h * HOUR_MS)
    passed = (now - funding.next_at) // interval + 1
    return funding.next_at + max(0, passed) * interval


def overdue_ms(funding: Funding, now: int) -> float:
    """How long the settlement after the named one has been past: above 0, the rate has stopped being renewed."""
    return now - funding.next_at - funding.interval_h * HOUR_MS


def measure(legs: Legs) -> Sizing:
    """As of any pair, but no more than can be left again."""
    sizing = measure_pair(legs)
    return sizing._replace(most=min(sizing.most, *(leg.exit.depth for leg in legs)))


def hold(legs: Legs, size: Decimal, now: int, horizon_h: int) -> Holding:
    """Values both legs at `size` asset units. Raises `Refused` where a book is too thin for entry or exit."""
    buy, sell = legs
    entries = buy.entry.fill(size), sell.entry.fill(size)
    exits = buy.exit.fill(size), sell.exit.fill(size)
    fees = [-(entry.cash + exit_.cash) * leg.fee.taker for leg, entry, exit_ in zip(legs, entries, exits, strict=True)]
    slippage = [-(entry.slippage + exit_.slippage) for entry, exit_ in zip(entries, exits, strict=True)]
    return Holding(
        entries=entries,
        exits=exits,
        funding=_receive(sell, size, now, horizon_h) - _receive(buy, size, now, horizon_h),
        entry_difference=size * (entries[1].top - entries[0].top),
        exit_difference=size * (exits[0].top - exits[1].top),
        costs=[
            ("fee_buy", fees[0]),
            ("fee_sell", fees[1]),
            ("slippage_buy", slippage[0]),
            ("slippage_sell", slippage[1]),
        ],
    )


def _receive(leg: LegTerms, size: Decimal, now: int, horizon_h: int) -> Decimal:
    """What a short of this leg is paid; it is charged on mark price times size. Nothing on spot."""
    if leg.instrument.market == "spot":
        return Decimal(0)
    funding = leg.funding
    if funding is None:
        raise ValueError("a perpetual that is held needs a funding rate")
    per_unit = Decimal(str(funding.mark)) * Decimal(str(funding.rate))
    return size * per_unit * count_settlements(funding, now, horizon_h)
