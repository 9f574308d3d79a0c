"""Spot on two exchanges: buy where the ask is low, sell where the bid is high.

Both legs trade at once from inventory held on both exchanges; `transfer` is the amortised cost of moving the
inventory back. A buy's fee is taken in the asset on all three exchanges; it is valued at the price just paid.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import partial

from arbedge.domain.detection.candidates import Candidate, Drops, check_pair, make_candidate, pair_up
from arbedge.domain.edge import Edge, LegTerms, build_edge
from arbedge.domain.fees import get_base_tier
from arbedge.domain.market import EXCHANGES, Snapshot
from arbedge.domain.policy import Policy


def detect(snapshot: Snapshot, now: int, policy: Policy, drops: Drops) -> Iterable[Candidate]:
    """Yields every pair whose edge at top of book reaches the minimum."""
    minimum = policy.min_net_bps["cross_exchange"]
    fees = {exchange: get_base_tier(exchange, "spot").taker_bps for exchange in EXCHANGES}
    rebalancing = float(policy.rebalancing_bps)
    for a, b, middle in pair_up(snapshot, "spot", now):
        buy, sell = (a, b) if b.quote.bid * b.quote.ask >= a.quote.bid * a.quote.ask else (b, a)
        ask = buy.quote.ask
        ratio = sell.quote.bid / ask if ask > 0 else 0.0
        gross = (ratio - 1) * 10_000
        net = gross - fees[buy.feed.exchange] - fees[sell.feed.exchange] * ratio - rebalancing
        make = partial(make_candidate, "cross_exchange", buy, sell, gross, net)
        if refusal := check_pair(buy, sell, middle, policy):
            drops.add(net, refusal, make)
        elif net < minimum:
            drops.add(net, ("below_minimum", {"net_bps": net, "minimum_bps": minimum}), make)
        else:
            yield make()


def value(buy: LegTerms, sell: LegTerms, size: Decimal, _now: int, policy: Policy) -> Edge:
    """The edge at `size` asset units on both books. Raises `Refused` where a book is too thin."""
    bought, sold = buy.asks.fill(size), sell.bids.fill(size)
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
    )
