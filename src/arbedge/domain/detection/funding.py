"""Two perpetuals of one asset: long where funding is low, short where it is high, for a fixed horizon.

    gross = settlements received - settlements paid
    net   = gross - 4 fees - 4 slippages + entry price difference + exit price difference

Positions are valued as closed at today's basis: the price difference at entry comes back at exit, less both spreads.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import combinations
from typing import Final

from arbedge.domain.detection.board import Board, Carry, count_pairs
from arbedge.domain.detection.candidates import Candidate, Drops, Refusal, judge_net, make_pair
from arbedge.domain.detection.holding import hold
from arbedge.domain.edge import Edge, Legs, build_edge
from arbedge.domain.policy import OpportunityType, Policy

KIND: Final[OpportunityType] = "funding"


def detect(board: Board, drops: Drops) -> Iterator[Candidate]:
    """Yields every pair whose funding over the horizon pays for four fills at top of book."""
    minimum = board.policy.min_net_bps[KIND]
    for _, carries, is_sound, perps in board.groups:
        if len(perps) > len(carries):
            drops.count("interval", count_pairs(perps) - count_pairs([carry.listed for carry in carries]))
        if len(carries) < 2:
            continue
        floor = drops.get_floor(KIND) if is_sound else float("-inf")
        if is_sound and (bound := _bound(carries)) <= 0 and bound <= floor and bound < minimum:
            drops.count("fees", count_pairs([carry.listed for carry in carries]))
            continue
        for a, b in combinations(carries, 2):
            if a.listed.feed.exchange == b.listed.feed.exchange:
                continue
            long, short = (a, b) if b.funding >= a.funding else (b, a)
            ask = long.listed.quote.ask
            per_unit = 10_000 / ask if ask > 0 else 0.0
            gross = (short.funding - long.funding) * per_unit
            net = gross - (long.cost + short.cost) * per_unit
            if net <= floor:  # and so below the minimum, as is everything that is kept
                drops.count_short(net)
                continue
            make = partial(make_pair, KIND, long.listed, short.listed, gross, net)
            refusal = None if is_sound else _check(long, short, carries, board)
            if refusal := refusal or judge_net(gross, net, minimum):
                drops.add(KIND, net, refusal, make)
            else:
                yield make()


def _bound(carries: list[Carry]) -> float:
    """No pair nets more: the widest difference at the lowest costs."""
    rates = [carry.funding for carry in carries]
    cash = max(rates) - min(rates) - 2 * min([carry.cost for carry in carries])
    asks = [carry.listed.quote.ask for carry in carries]
    return cash * 10_000 / (min(asks) if cash > 0 else max(asks))


def _check(long: Carry, short: Carry, carries: list[Carry], board: Board) -> Refusal | None:
    if (overdue := max(long.overdue_ms, short.overdue_ms)) > 0:
        return "interval", {"settlement_overdue_ms": overdue}
    return board.check(long.listed, short.listed, [carry.listed for carry in carries])


def value(legs: Legs, size: Decimal, now: int, policy: Policy) -> Edge:
    """The edge of holding `size` asset units on both sides for the horizon, entered and closed at today's books."""
    held = hold(legs, size, now, policy.horizon_h)
    return build_edge(
        gross=held.funding,
        costs=[*held.costs, ("entry_price_difference", held.entry_difference + held.exit_difference)],
        fills=held.entries,
        notional=size * held.entries[0].top,
        size=size,
    )
