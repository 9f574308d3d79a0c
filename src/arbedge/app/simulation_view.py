"""A simulation as it is shown: what would be sent to each exchange now, what that is worth, and what was not looked at.

Amounts are decimal strings, `*_bps` are numbers, times are epoch ms.
"""

from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from arbedge.app.figures_shown import round_shown, trim
from arbedge.app.leg_views import FundingView, count_valued, view_funding
from arbedge.app.market_data.sourced import mode_of
from arbedge.app.views import PartView
from arbedge.domain.gauge import Gauge
from arbedge.domain.market import ExchangeId, Market, Mode, Source
from arbedge.domain.opportunity import Opportunity, Sighting
from arbedge.domain.policy import HELD_TYPES, OpportunityType
from arbedge.domain.simulation import EXPLANATIONS, LATENCY_MS, NotExecutable, Order, Simulation

NOT_CHECKED: Final = ("balances", "keys", "margin", "risk_rules")
LATENCY_MEANING: Final = (
    f"An order is taken to travel about {LATENCY_MS} ms. What the books do meanwhile is not modelled: with its limit"
    " price an IOC order fills there or better, or not at all."
)


class SimulatedLegView(Struct, frozen=True):
    """One order. Prices and `quantity` are per unit of the asset; `order_*` are in the exchange's own units.

    `limit_price` is the worst price that the size reaches: what an IOC order would have to allow. What is null could
    not be settled.
    """

    exchange: ExchangeId
    market: Market
    symbol: str
    side: Literal["buy", "sell"]
    asset: str
    quote: str
    quantity: Decimal | None
    price: Decimal | None
    vwap: Decimal | None
    limit_price: Decimal | None
    order_quantity: Decimal | None
    order_limit_price: Decimal | None
    notional: Decimal | None
    fee: Decimal | None
    fee_currency: str
    fee_bps: float
    fee_basis: str
    funding: FundingView | None
    age_ms: int
    source: Source
    mode: Mode


class ClaimedView(Struct, frozen=True):
    """What the alert claimed, and the very same size on the books of now; null where they no longer hold it."""

    at: int
    net_bps: float
    size_base: Decimal
    now_bps: float | None


class LatencyView(Struct, frozen=True):
    assumed_ms: int
    meaning: str


class SimulationView(Struct, frozen=True):
    """An execution now, without one: no order is placed and no account is looked at (`not_checked`)."""

    id: str
    type: OpportunityType
    asset: str
    quote: str
    mode: Mode
    simulated_at: int
    amount: Decimal
    executable: bool
    reason: NotExecutable | None
    explanation: str | None
    numbers: dict[str, float]
    needs_inventory: bool
    minimum_bps: float
    horizon_h: int | None
    size_base: Decimal | None
    size_quote: Decimal | None
    gross_bps: float | None
    net_bps: float | None
    net_quote: Decimal | None
    waterfall: list[PartView]
    legs: list[SimulatedLegView]
    claimed: ClaimedView | None
    latency: LatencyView
    not_checked: list[str]


def view_simulation(
    opportunity: Opportunity, found: Simulation, gauge: Gauge, market_mode: Mode, now: int
) -> SimulationView:
    """`now` is the moment of the valuation, from which settlements are counted."""
    edge = found.edge
    return SimulationView(
        id=opportunity.id,
        type=opportunity.type,
        asset=opportunity.asset,
        quote=opportunity.quote,
        mode=opportunity.mode,
        simulated_at=now,
        amount=trim(gauge.size_usdt),
        executable=found.reason is None,
        reason=found.reason,
        explanation=EXPLANATIONS[found.reason] if found.reason else None,
        numbers={name: round_shown(number) for name, number in found.numbers.items()},
        needs_inventory=opportunity.needs_inventory,
        minimum_bps=gauge.min_net_bps[opportunity.type],
        horizon_h=gauge.horizon_h if opportunity.type in HELD_TYPES else None,
        size_base=trim(edge.size_base) if edge else None,
        size_quote=trim(edge.size_quote) if edge else None,
        gross_bps=float(edge.gross_bps) if edge else None,
        net_bps=float(edge.net_bps) if edge else None,
        net_quote=trim(edge.net_cash) if edge else None,
        waterfall=[PartView(part.label, float(part.bps)) for part in edge.waterfall()] if edge else [],
        legs=[_view_order(order, opportunity.sighting, gauge.horizon_h, market_mode, now) for order in found.orders],
        claimed=_view_claimed(opportunity, found),
        latency=LatencyView(LATENCY_MS, LATENCY_MEANING),
        not_checked=list(NOT_CHECKED),
    )


def _view_claimed(opportunity: Opportunity, found: Simulation) -> ClaimedView | None:
    claim, same_size = opportunity.claim, found.at_claimed_size
    if claim is None:
        return None
    now_bps = float(same_size.net_bps) if same_size else None
    return ClaimedView(claim.at, float(claim.net_bps), trim(claim.size_base), now_bps)


def _view_order(order: Order, sighting: Sighting, horizon_h: int, market_mode: Mode, now: int) -> SimulatedLegView:
    terms, fill, limit = order.terms, order.fill, order.limit
    instrument, book, funding = terms.instrument, terms.book, terms.funding
    return SimulatedLegView(
        exchange=instrument.exchange,
        market=instrument.market,
        symbol=instrument.symbol,
        side=terms.side,
        asset=instrument.asset,
        quote=instrument.quote,
        quantity=trim(fill.size) if fill else None,
        price=trim(fill.top) if fill else None,
        vwap=trim(fill.vwap) if fill else None,
        limit_price=trim(limit) if limit is not None else None,
        order_quantity=trim(fill.size / instrument.units) if fill else None,
        order_limit_price=trim(limit * instrument.multiplier) if limit is not None else None,
        notional=trim(fill.cash) if fill else None,
        fee=trim(order.fee) if order.fee is not None else None,
        fee_currency=instrument.asset if order.is_fee_in_asset else instrument.quote,
        fee_bps=terms.fee.taker_bps,
        fee_basis=terms.fee.basis,
        funding=view_funding(
            funding, terms.funding_from, count_valued(funding, terms.side, sighting, horizon_h, now), now
        )
        if funding
        else None,
        age_ms=max(0, now - (book.exchange_at or book.received_at)),
        source=book.source,
        mode=mode_of(market_mode, book.source),
    )
