"""Turns a candidate into a sighting: both order books walked at the size, or one reason why not."""

from decimal import Decimal

from msgspec import Struct

from arbedge.domain.detection import DETECTORS
from arbedge.domain.detection.candidates import Candidate
from arbedge.domain.edge import Edge, LegTerms, Refused, find_capacity, size_for, trace_curve
from arbedge.domain.fees import get_base_tier
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Funding, OrderBook
from arbedge.domain.opportunity import Sighting, make_leg
from arbedge.domain.policy import Policy


class LegMarket(Struct, frozen=True):
    """What the market says of one leg at this moment."""

    instrument: Instrument
    book: OrderBook
    funding: Funding | None


def verify(candidate: Candidate, buy: LegMarket, sell: LegMarket, now: int, policy: Policy) -> Sighting:
    """The candidate at the policy's size on both books. Raises `Refused` with the one reason against it."""
    require_comparable(buy.book, sell.book, now, policy)
    buy_terms, sell_terms = _terms(buy), _terms(sell)

    def value(size: Decimal) -> Edge:
        return DETECTORS[candidate.type].value(buy_terms, sell_terms, size, now, policy)

    minimum = policy.min_net_bps[candidate.type]
    edge = value(size_for(buy_terms, sell_terms, policy.size_quote))
    if edge.net_bps < Decimal(str(minimum)):
        raise Refused("below_minimum", net_bps=float(edge.net_bps), minimum_bps=minimum)
    bought, sold = edge.fills
    return Sighting(
        key=candidate.key,
        type=candidate.type,
        asset=candidate.asset,
        quote=candidate.quote,
        seen_at=now,
        edge=edge,
        legs=(
            make_leg(buy_terms, "buy", bought.top, bought.vwap),
            make_leg(sell_terms, "sell", sold.top, sold.vwap),
        ),
        capacity_quote=find_capacity(value, buy_terms, sell_terms, minimum),
        curve=trace_curve(value, buy_terms, sell_terms),
        books=(buy.book.asks, sell.book.bids),
    )


def _terms(leg: LegMarket) -> LegTerms:
    fee = get_base_tier(leg.instrument.exchange, leg.instrument.market)
    return LegTerms(instrument=leg.instrument, book=leg.book, fee=fee, funding=leg.funding)


def require_comparable(buy: OrderBook, sell: OrderBook, now: int, policy: Policy) -> None:
    """Raises `Refused` for books that must not be used together."""
    for book in (buy, sell):
        if not book.is_usable:
            raise Refused("crossed_book", bids=len(book.bids), asks=len(book.asks))
    # A stamp ahead of our clock is trusted no further than one behind it.
    ages = [now - (book.exchange_at or book.received_at) for book in (buy, sell)]
    if (oldest := max(map(abs, ages))) > policy.age_ms_max:
        raise Refused("stale", age_ms=oldest, age_ms_max=policy.age_ms_max)
    if abs(ages[0] - ages[1]) > policy.skew_ms_max:
        raise Refused("skew", skew_ms=abs(ages[0] - ages[1]), skew_ms_max=policy.skew_ms_max)
    prices = sorted(book.bids[0].price for book in (buy, sell))
    apart = float(prices[1] / prices[0] - 1)
    if apart > policy.identity_ratio_max:
        raise Refused("identity", ratio=apart, ratio_max=policy.identity_ratio_max)
