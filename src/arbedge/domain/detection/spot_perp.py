"""Spot against a perpetual of the same asset, on one exchange or two, held for the horizon: cash and carry, and back.

    carry    buy spot, short the perpetual: paid while funding is above zero
    reverse  long the perpetual, sell spot: paid while funding is below zero; the spot sold must be held already

Where funding is expected below zero the pair is looked at in reverse. With prices at top of book, per asset unit:

    gross = (sell bid - buy ask) + expected funding                              basis and funding
    net   = gross - 4 fees - 4 slippages + (buy bid - sell ask)                  `exit_basis`

The position is valued as closed at today's basis: what the entry gains between spot and perpetual, the exit at
today's books gives back, less both spreads. A perpetual never expires, so no convergence is promised; what is left
is funding less every cost. Funding counts the settlements strictly inside the horizon at the rate known now. Both
legs trade the same quantity; the fee of buying spot is taken in the asset and valued at the price just paid. Only
equal quote currencies are paired: USDC spot against a USDT perpetual is a bet on the two coins too.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Final

from arbedge.domain.detection.board import Board, Carry, Group
from arbedge.domain.detection.candidates import Candidate, Drops, Listed, Refusal, judge_net, make_pair
from arbedge.domain.detection.holding import hold
from arbedge.domain.edge import Edge, Legs, build_edge
from arbedge.domain.market import ExchangeId
from arbedge.domain.policy import OpportunityType, Policy

KIND: Final[OpportunityType] = "spot_perp"


def detect(board: Board, drops: Drops) -> Iterator[Candidate]:
    """Yields every pair whose funding over the horizon pays for four fills at top of book."""
    minimum = board.policy.min_net_bps[KIND]
    fees = board.takers["spot"]
    for group in board.groups:
        spot, carries, is_sound, perps = group
        if spot and len(perps) > len(carries):
            drops.count("interval", len(spot) * (len(perps) - len(carries)))
        if not (spot and carries):
            continue
        floor = drops.get_floor(KIND) if is_sound else float("-inf")
        if is_sound and (bound := _bound(group, fees)) <= 0 and bound <= floor and bound < minimum:
            drops.count("fees", len(spot) * len(carries))
            continue
        for listed in spot:
            bid, ask = listed.quote.bid, listed.quote.ask
            cost = ask - bid + fees[listed.feed.exchange] * (ask + bid)
            for carry in carries:
                buy, sell = (listed, carry.listed) if carry.funding >= 0 else (carry.listed, listed)
                per_unit = 10_000 / buy.quote.ask if buy.quote.ask > 0 else 0.0
                gross = (sell.quote.bid - buy.quote.ask + abs(carry.funding)) * per_unit
                net = (abs(carry.funding) - cost - carry.cost) * per_unit
                if net <= floor:  # and so below the minimum, as is everything that is kept
                    drops.count_short(net)
                    continue
                make = partial(make_pair, KIND, buy, sell, gross, net)
                refusal = None if is_sound else _check(listed, carry, group, board)
                if refusal := refusal or judge_net(gross, net, minimum):
                    drops.add(KIND, net, refusal, make)
                else:
                    yield make()


def _bound(group: Group, fees: dict[ExchangeId, float]) -> float:
    """No pair nets more: the best perpetual against the cheapest spot."""
    gain = max([abs(carry.funding) - carry.cost for carry in group.carries])
    cash = gain - min(
        [quote.ask - quote.bid + fees[feed.exchange] * (quote.ask + quote.bid) for feed, quote in group.spot]
    )
    asks = [quote.ask for _, quote in group.spot] + [carry.listed.quote.ask for carry in group.carries]
    return cash * 10_000 / (min(asks) if cash > 0 else max(asks))


def _check(spot: Listed, carry: Carry, group: Group, board: Board) -> Refusal | None:
    if carry.overdue_ms > 0:
        return "interval", {"settlement_overdue_ms": carry.overdue_ms}
    return board.check(spot, carry.listed, group.spot + [one.listed for one in group.carries])


def value(legs: Legs, size: Decimal, now: int, policy: Policy) -> Edge:
    """The edge of holding `size` asset units on both sides for the horizon, entered and closed at today's books."""
    held = hold(legs, size, now, policy.horizon_h)
    return build_edge(
        gross=held.entry_difference + held.funding,
        costs=[*held.costs, ("exit_basis", held.exit_difference)],
        fills=held.entries,
        notional=size * held.entries[0].top,
        size=size,
    )
