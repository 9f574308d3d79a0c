"""Spot on two exchanges: buy where the ask is low, sell where the bid is high.

Both legs trade at once from inventory held on both exchanges; `transfer` is the amortised cost of moving the
inventory back. A buy's fee is taken in the asset on all three exchanges; it is valued at the price just paid.
"""

from collections.abc import Iterable
from decimal import Decimal

from arbedge.domain.detection.candidates import Candidate, Drops, Listed, check_pair, make_leg, pair_up
from arbedge.domain.edge import Edge, LegTerms, build_edge, walk
from arbedge.domain.fees import get_base_tier
from arbedge.domain.market import Snapshot
from arbedge.domain.policy import Policy


def detect(snapshot: Snapshot, now: int, policy: Policy, drops: Drops) -> Iterable[Candidate]:
    """Yields every pair whose edge at top of book reaches the minimum."""
    minimum = policy.min_net_bps["cross_exchange"]
    for a, b, middle in pair_up(snapshot, "spot"):
        buy, sell = (a, b) if b.quote.bid / a.quote.ask >= a.quote.bid / b.quote.ask else (b, a)
        candidate = _estimate(buy, sell, policy)
        if refusal := check_pair(buy, sell, middle, now, policy):
            reason, numbers = refusal
            drops.add(candidate, reason, **numbers)
        elif candidate.net_bps < minimum:
            drops.add(candidate, "below_minimum", net_bps=candidate.net_bps, minimum_bps=minimum)
        else:
            yield candidate


def _estimate(buy: Listed, sell: Listed, policy: Policy) -> Candidate:
    ask, bid = buy.quote.ask, sell.quote.bid
    ratio = bid / ask if ask > 0 else 0.0
    gross = (ratio - 1) * 10_000
    fees = (
        get_base_tier(buy.feed.exchange, "spot").taker_bps + get_base_tier(sell.feed.exchange, "spot").taker_bps * ratio
    )
    return Candidate(
        type="cross_exchange",
        asset=buy.quote.asset,
        quote=buy.quote.quote,
        buy=make_leg(buy, "buy"),
        sell=make_leg(sell, "sell"),
        gross_bps=gross,
        net_bps=gross - fees - float(policy.rebalancing_bps),
    )


def value(buy: LegTerms, sell: LegTerms, size: Decimal, _now: int, policy: Policy) -> Edge:
    """The edge at `size` asset units on both books. Raises `Refused` where a book is too thin."""
    bought, sold = walk(buy.book.asks, size), walk(sell.book.bids, size)
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
