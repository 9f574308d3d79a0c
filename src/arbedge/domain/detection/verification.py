"""Turns a candidate into a sighting: its order books walked at the size, or one reason why not."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from arbedge.domain.detection import DETECTORS
from arbedge.domain.detection.candidates import Candidate
from arbedge.domain.edge import Edge, Legs, LegTerms, Refused, Side, find_capacity, size_for, trace_curve
from arbedge.domain.fees import get_base_tier
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Funding, OrderBook, Origin
from arbedge.domain.opportunity import Sighting, make_leg
from arbedge.domain.policy import CLOSED_TYPES, Policy
from arbedge.domain.reasons import name_lack
from arbedge.domain.technical.signals import BackedSignal


class LegMarket(Struct, frozen=True):
    """What the market says of one leg at this moment."""

    instrument: Instrument
    book: OrderBook
    funding: Funding | None
    signal: BackedSignal | None = None
    funding_from: Origin | None = None


def verify(
    candidate: Candidate, markets: Sequence[LegMarket], now: int, policy: Policy, unit: Decimal = Decimal(1)
) -> Sighting:
    """The candidate at the policy's size on the books of its legs; `unit` is one USDT in its quote currency.

    Raises `Refused` with the one reason against it.
    """
    legs = tuple(_terms(market, ref.side) for market, ref in zip(markets, candidate.legs, strict=True))
    require_comparable(legs, now, policy)
    detector = DETECTORS[candidate.type]
    sizing = detector.measure(legs)

    def value(size: Decimal) -> Edge:
        return detector.value(legs, size, now, policy)

    minimum = policy.min_net_bps[candidate.type]
    edge = value(size_for(sizing, policy.size_quote * unit))
    require_minimum(edge, minimum)
    return Sighting(
        key=candidate.key,
        type=candidate.type,
        asset=candidate.asset,
        quote=candidate.quote,
        seen_at=now,
        edge=edge,
        legs=tuple(make_leg(leg, fill) for leg, fill in zip(legs, edge.fills, strict=True)),
        capacity_quote=find_capacity(value, sizing, minimum),
        curve=trace_curve(value, sizing, unit),
        books=tuple(list(leg.entry.levels) for leg in legs),
        exit_books=tuple(list(leg.exit.levels) for leg in legs) if candidate.type in CLOSED_TYPES else (),
        signal=markets[0].signal,
        size_usdt=policy.size_quote,
        unit=unit,
    )


def require_minimum(edge: Edge, minimum_bps: float) -> None:
    """Raises `Refused` for an edge below the minimum, with what decided: the costs, or the minimum."""
    if edge.net_bps < Decimal(str(minimum_bps)):
        net_bps = float(edge.net_bps)
        raise Refused(name_lack(net_bps), gross_bps=float(edge.gross_bps), net_bps=net_bps, minimum_bps=minimum_bps)


def _terms(market: LegMarket, side: Side) -> LegTerms:
    fee = get_base_tier(market.instrument.exchange, market.instrument.market)
    return LegTerms(side, market.instrument, market.book, fee, market.funding, market.signal, market.funding_from)


def require_comparable(legs: Legs, now: int, policy: Policy) -> None:
    """Raises `Refused` for legs whose books must not be used together."""
    books = [leg.book for leg in legs]
    for book in books:
        if not book.is_usable:
            raise Refused("crossed_book", bids=len(book.bids), asks=len(book.asks))
    # A stamp ahead of our clock is trusted no further than one behind it.
    ages = [now - (book.exchange_at or book.received_at) for book in books]
    if (oldest := max(map(abs, ages))) > policy.age_ms_max:
        raise Refused("stale", age_ms=oldest, age_ms_max=policy.age_ms_max)
    if (skew := max(ages) - min(ages)) > policy.skew_ms_max:
        raise Refused("skew", skew_ms=skew, skew_ms_max=policy.skew_ms_max)
    if len(legs) == 1:
        return
    # Whether two legs or a cycle: what one unit becomes at the middle of the books must be about one unit again.
    rate = 1.0
    for leg in legs:
        middle = float(leg.book.bids[0].price + leg.book.asks[0].price) / 2
        rate = rate / middle if leg.side == "buy" else rate * middle
    if (apart := max(rate, 1 / rate) - 1) > policy.identity_ratio_max:
        raise Refused("identity", ratio=apart, ratio_max=policy.identity_ratio_max)
