"""Two perpetuals of one asset: long where funding is low, short where it is high, for a fixed horizon.

Only settlements strictly inside the horizon are paid, each at the rate known now: with 8 h against 1 h
intervals, a pro-rata figure would promise payments that never come. Positions are valued as closed at
today's basis, so the entry price difference comes back at exit less both spreads.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import partial

from arbedge.domain.detection.candidates import Candidate, Drops, check_pair, make_candidate, pair_up
from arbedge.domain.edge import Edge, LegTerms, build_edge
from arbedge.domain.fees import get_base_tier
from arbedge.domain.market import EXCHANGES, Funding, Snapshot
from arbedge.domain.policy import Policy

HOUR_MS = 3_600_000


def count_settlements(funding: Funding, now: int, horizon_h: int) -> int:
    """Settlements in (now, now + horizon]. A `next_at` that has passed is moved on by whole intervals."""
    interval = round(funding.interval_h * HOUR_MS)
    first = funding.next_at
    if first <= now:
        first += ((now - first) // interval + 1) * interval
    end = now + horizon_h * HOUR_MS
    return 0 if first > end else (end - first) // interval + 1


def detect(snapshot: Snapshot, now: int, policy: Policy, drops: Drops) -> Iterable[Candidate]:
    """Yields every pair whose funding over the horizon pays for four fills at top of book."""
    minimum = policy.min_net_bps["funding"]
    fees = {exchange: get_base_tier(exchange, "perp").taker_bps / 10_000 for exchange in EXCHANGES}
    for a, b, middle in pair_up(snapshot, "perp", now):
        if a.quote.funding is None or b.quote.funding is None:
            continue  # counted at normalisation: a perpetual without a rate takes no part in funding
        frozen = max(_overdue(a.quote.funding, now), _overdue(b.quote.funding, now))
        received = _expect(b.quote.funding, now, policy) - _expect(a.quote.funding, now, policy)
        long, short = (a, b) if received >= 0 else (b, a)
        ask = long.quote.ask
        per_unit = 10_000 / ask if ask > 0 else 0.0
        spreads = (ask - long.quote.bid) + (short.quote.ask - short.quote.bid)
        fills = fees[long.feed.exchange] * (ask + long.quote.bid)
        fills += fees[short.feed.exchange] * (short.quote.ask + short.quote.bid)
        gross = abs(received) * per_unit
        net = gross - (spreads + fills) * per_unit
        make = partial(make_candidate, "funding", long, short, gross, net)
        if frozen > 0:
            drops.add(net, ("stale", {"settlement_overdue_ms": frozen}), make)
        elif refusal := check_pair(long, short, middle, policy):
            drops.add(net, refusal, make)
        elif net < minimum:
            drops.add(net, ("below_minimum", {"net_bps": net, "minimum_bps": minimum}), make)
        else:
            yield make()


def _overdue(funding: Funding, now: int) -> float:
    """How long the settlement after the named one has been past, in ms: such a rate has stopped being renewed."""
    return now - funding.next_at - funding.interval_h * HOUR_MS


def _expect(funding: Funding, now: int, policy: Policy) -> float:
    """Funding cash per asset unit over the horizon, at the rate known now."""
    return funding.rate * funding.mark * count_settlements(funding, now, policy.horizon_h)


def value(long: LegTerms, short: LegTerms, size: Decimal, now: int, policy: Policy) -> Edge:
    """The edge of holding `size` asset units on both sides for the horizon, entered and closed at today's books."""
    if long.funding is None or short.funding is None:
        raise ValueError("both legs of a funding opportunity need a funding rate")
    entry_long, exit_long = long.asks.fill(size), long.bids.fill(size)
    entry_short, exit_short = short.bids.fill(size), short.asks.fill(size)
    # Funding is charged on mark price times size; positive rates are paid by longs and received by shorts.
    paid, received = (
        size
        * Decimal(str(funding.mark))
        * Decimal(str(funding.rate))
        * count_settlements(funding, now, policy.horizon_h)
        for funding in (long.funding, short.funding)
    )
    entry_difference = size * (entry_short.top - entry_long.top)
    exit_difference = size * (exit_long.top - exit_short.top)
    return build_edge(
        gross=received - paid,
        costs=[
            ("fee_buy", -(entry_long.cash + exit_long.cash) * long.fee.taker),
            ("fee_sell", -(entry_short.cash + exit_short.cash) * short.fee.taker),
            ("slippage_buy", -(entry_long.slippage + exit_long.slippage)),
            ("slippage_sell", -(entry_short.slippage + exit_short.slippage)),
            ("entry_price_difference", entry_difference + exit_difference),
        ],
        fills=(entry_long, entry_short),
    )
