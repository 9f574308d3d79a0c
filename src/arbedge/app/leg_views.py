"""A leg as it is shown: every figure that its part of the edge is computed from, with its source and age.

Prices and sizes are per unit of the asset, whatever units the exchange counts in.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from arbedge.app.figures_shown import trim
from arbedge.domain.detection.holding import count_settlements
from arbedge.domain.detection.technical import count_paid
from arbedge.domain.market import ExchangeId, Funding, Market, Mode, Origin, Side, Source
from arbedge.domain.opportunity import Leg, LegRules, Opportunity, Sighting


class FundingView(Struct, frozen=True):
    """The rate known now, as a fraction a settlement of the mark price times the size; above 0 longs pay shorts.

    `settlements` is how many of them the edge counts, from `valued.at` to the end of the horizon. `age_ms` and
    `source` are the rate's own: it came with a scan's quotes, not with the book. They are null in older records.
    """

    rate: float
    interval_h: float
    next_at: int
    mark: float
    settlements: int
    age_ms: int | None
    source: Source | None


class RulesView(Struct, frozen=True):
    """What rounds and bounds an order of this leg; `min_notional` is in quote currency, null where there is none."""

    lot_size: Decimal
    min_size: Decimal
    min_notional: Decimal | None


class LegView(Struct, frozen=True):
    """`quantity` is what the leg trades at the size that is valued, `price` the top of its book, `vwap` its average.

    `rules` are null in older records.
    """

    exchange: ExchangeId
    market: Market
    symbol: str
    side: Literal["buy", "sell"]
    quantity: Decimal
    price: Decimal
    vwap: Decimal
    fee_bps: float
    fee_basis: str
    funding: FundingView | None
    rules: RulesView | None
    age_ms: int
    source: Source
    mode: Mode
    multiplier: int
    asset: str
    quote: str
    fee_currency: str


def view_funding(funding: Funding, origin: Origin | None, settlements: int, now: int) -> FundingView:
    return FundingView(
        rate=funding.rate,
        interval_h=funding.interval_h,
        next_at=funding.next_at,
        mark=funding.mark,
        settlements=settlements,
        age_ms=max(0, now - origin.at) if origin else None,
        source=origin.source if origin else None,
    )


def count_valued(funding: Funding, side: Side, sighting: Sighting, horizon_h: int, at: int) -> int:
    """How many settlements an edge that was valued `at` some moment counts: all within the horizon; of a forecast
    those to be paid until it ends.
    """
    if sighting.signal is None:
        return count_settlements(funding, at, horizon_h)
    return count_paid(side, funding, sighting.signal.signal, at)


def view_leg(leg: Leg, quantity: Decimal, opportunity: Opportunity, horizon_h: int, now: int) -> LegView:
    """`quantity` and `horizon_h` are those that the figures beside it are valued at."""
    funding, sighting = leg.funding, opportunity.sighting
    asset, quote = leg.asset or opportunity.asset, leg.quote or opportunity.quote
    return LegView(
        exchange=leg.exchange,
        market=leg.market,
        symbol=leg.symbol,
        side=leg.side,
        quantity=trim(quantity),
        price=trim(leg.price),
        vwap=trim(leg.vwap),
        fee_bps=leg.fee_bps,
        fee_basis=leg.fee_basis,
        funding=view_funding(
            funding, leg.funding_from, count_valued(funding, leg.side, sighting, horizon_h, sighting.seen_at), now
        )
        if funding
        else None,
        rules=_view_rules(leg.rules, leg.multiplier) if leg.rules else None,
        age_ms=max(0, now - leg.quoted_at),
        source=leg.source,
        mode=opportunity.mode,
        multiplier=leg.multiplier,
        asset=asset,
        quote=quote,
        # Spot takes it from what is received; perpetuals from the margin.
        fee_currency=asset if (leg.market, leg.side) == ("spot", "buy") else quote,
    )


def _view_rules(rules: LegRules, multiplier: int) -> RulesView:
    units = rules.contract_size * multiplier
    return RulesView(
        lot_size=trim(rules.lot_size * units),
        min_size=trim(rules.min_size * units),
        min_notional=None if rules.min_notional is None else trim(rules.min_notional),
    )
