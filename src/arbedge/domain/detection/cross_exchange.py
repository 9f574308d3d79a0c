"""Spot on two exchanges: buy where the ask is low, sell where the bid is high.

Both legs trade at once from inventory held on both exchanges; `transfer` is the amortised cost of moving the
inventory back. A buy's fee is taken in the asset on all three exchanges; it is valued at the price just paid.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Final

from arbedge.domain.detection.board import Board, count_pairs, pairs_of
from arbedge.domain.detection.candidates import Candidate, Drops, judge_net, make_pair
from arbedge.domain.edge import Edge, Legs, build_edge
from arbedge.domain.policy import OpportunityType, Policy

KIND: Final[OpportunityType] = "cross_exchange"


def detect(board: Board, drops: Drops) -> Iterator[Candidate]:
    """Yields every pair whose edge at top of book reaches the minimum."""
    minimum = board.policy.min_net_bps[KIND]
    fees = board.takers["spot"]
    rebalancing = float(board.policy.rebalancing_bps)
    keep = 1 - min(fees.values())
    for group in board.groups:
        spot = group.spot
        if len(spot) < 2:
            continue
        if group.is_sound:
            # No pair can beat the best bid against the best ask at the lowest fees.
            ratio = max([quote.bid for _, quote in spot]) / min([quote.ask for _, quote in spot])
            bound = (ratio * keep - 2 + keep) * 10_000 - rebalancing
            if bound <= 0 and bound < minimum and bound <= drops.get_floor(KIND):
                drops.count("fees", count_pairs(spot))
                continue
        for a, b in pairs_of(spot):
            buy, sell = (a, b) if b.quote.bid * b.quote.ask >= a.quote.bid * a.quote.ask else (b, a)
            ask = buy.quote.ask
            ratio = sell.quote.bid / ask if ask > 0 else 0.0
            gross = (ratio - 1) * 10_000
            net = gross - (fees[buy.feed.exchange] + fees[sell.feed.exchange] * ratio) * 10_000 - rebalancing
            make = partial(make_pair, KIND, buy, sell, gross, net)
            refusal = None if group.is_sound else board.check(buy, sell, spot)
            if refusal := refusal or judge_net(gross, net, minimum):
                drops.add(KIND, net, refusal, make)
            else:
                yield make()


def value(legs: Legs, size: Decimal, _now: int, policy: Policy) -> Edge:
    """The edge at `size` asset units on both books. Raises `Refused` where a book is too thin."""
    buy, sell = legs
    bought, sold = buy.entry.fill(size), sell.entry.fill(size)
    notional = size * bought.top
    return build_edge(
        gross=size * (sold.top - bought.top),
        costs=[
            ("fee_buy", -bought.cash * buy.fee.taker),
            ("fee_sell", -sold.cash * sell.fee.taker),
            ("slippage_buy", -bought.slippage),
            ("slippage_sell", -sold.slippage),
            ("transfer", -notional * policy.rebalancing_bps / 10_000),
        ],
        fills=(bought, sold),
        notional=notional,
        size=size,
    )
