"""Values a stored opportunity at another size and horizon, on the books, fees and rules of the scan that saw it.

At the scan's own size and horizon it comes to the scan's own edge. What the stored books do not hold is `depth`.
"""

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from arbedge.domain.detection import DETECTORS
from arbedge.domain.edge import Edge, LegTerms, Refused, Sizing, find_capacity, size_for, trace_curve
from arbedge.domain.gauge import Gauge
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Level, OrderBook
from arbedge.domain.opportunity import Leg, Opportunity, Sighting
from arbedge.domain.policy import HELD_TYPES, Policy


class Reading(Struct, frozen=True):
    """An opportunity as one reader sees it. Where their size cannot be had, `refused` says why, and the sighting is
    still the scan's own.
    """

    gauge: Gauge
    sighting: Sighting
    refused: Refused | None = None


def revalue(opportunity: Opportunity, size_usdt: Decimal, horizon_h: int, policy: Policy) -> Edge:
    """The edge at `size_usdt`, as the scan would have found it. Raises `Refused` where that size cannot be had."""
    sighting = opportunity.sighting
    value, sizing = _restore(sighting, horizon_h, policy)
    return value(size_for(sizing, size_usdt * sighting.unit))


class Valuations:
    """What one opportunity is worth at several sizes and horizons, each computed once: many readers share theirs."""

    def __init__(self, opportunity: Opportunity, policy: Policy) -> None:
        self._opportunity = opportunity
        self._policy = policy
        self._known: dict[tuple[Decimal, int], Edge | Refused] = {}

    def find(self, gauge: Gauge) -> Edge | Refused:
        """The edge at the gauge's size and horizon, or why there is none."""
        one = self._opportunity
        is_held = one.type in HELD_TYPES
        if gauge.size_usdt == one.sighting.size_usdt and (not is_held or gauge.horizon_h == one.horizon_h):
            return one.sighting.edge
        key = gauge.size_usdt, gauge.horizon_h if is_held else 0
        if key not in self._known:
            self._known[key] = self._revalue(gauge)
        return self._known[key]

    def _revalue(self, gauge: Gauge) -> Edge | Refused:
        try:
            return revalue(self._opportunity, gauge.size_usdt, gauge.horizon_h, self._policy)
        except Refused as refused:
            return refused
        except ArithmeticError:
            return Refused("arithmetic")


def read(
    opportunity: Opportunity,
    gauge: Gauge,
    policy: Policy,
    valuations: Valuations | None = None,
    *,
    with_curve: bool = False,
) -> Reading:
    """The opportunity by the reader's gauge: edge, averages and capacity, and with `with_curve` the curve."""
    sighting = opportunity.sighting
    edge = (valuations or Valuations(opportunity, policy)).find(gauge)
    if isinstance(edge, Refused):
        return Reading(gauge, sighting, edge)
    try:
        after = _restate(opportunity, edge, gauge, policy, with_curve=with_curve)
    except Refused as refused:
        return Reading(gauge, sighting, refused)
    except ArithmeticError:
        return Reading(gauge, sighting, Refused("arithmetic"))
    return Reading(gauge, after)


def _restate(opportunity: Opportunity, edge: Edge, gauge: Gauge, policy: Policy, *, with_curve: bool) -> Sighting:
    sighting = opportunity.sighting
    minimum = gauge.min_net_bps[sighting.type]
    is_other_horizon = sighting.type in HELD_TYPES and gauge.horizon_h != opportunity.horizon_h
    is_other_minimum = minimum != policy.min_net_bps[sighting.type]
    legs = tuple(replace(leg, vwap=fill.vwap) for leg, fill in zip(sighting.legs, edge.fills, strict=True))
    after = replace(sighting, edge=edge, legs=legs, size_usdt=gauge.size_usdt)
    if is_other_horizon or is_other_minimum:
        value, sizing = _restore(sighting, gauge.horizon_h, policy)
        after = replace(after, capacity_quote=find_capacity(value, sizing, minimum))
        if is_other_horizon and with_curve:
            after = replace(after, curve=trace_curve(value, sizing, sighting.unit))
    return after


def _restore(sighting: Sighting, horizon_h: int, policy: Policy) -> tuple[Callable[[Decimal], Edge], Sizing]:
    """How the scan valued sizes of it. Raises `Refused` for a record that does not hold what that takes."""
    exits = sighting.exit_books or ((),) * len(sighting.legs)
    legs = tuple(
        replace(_restore_leg(leg, list(entry), list(exit_), sighting.seen_at), signal=sighting.signal)
        for leg, entry, exit_ in zip(sighting.legs, sighting.books, exits, strict=True)
    )
    detector = DETECTORS[sighting.type]
    at_horizon = replace(policy, horizon_h=horizon_h)

    def value(size: Decimal) -> Edge:
        return detector.value(legs, size, sighting.seen_at, at_horizon)

    return value, detector.measure(legs)


def _restore_leg(leg: Leg, entry: list[Level], exit_: list[Level], seen_at: int) -> LegTerms:
    rules = leg.rules
    if rules is None:
        raise Refused("not_recorded", books=0)
    instrument = Instrument(
        exchange=leg.exchange,
        market=leg.market,
        symbol=leg.symbol,
        asset=leg.asset,
        base=rules.base,
        quote=leg.quote,
        tick_size=rules.tick_size,
        lot_size=rules.lot_size,
        min_size=rules.min_size,
        min_notional=rules.min_notional,
        is_trading=True,
        contract_size=rules.contract_size,
        multiplier=leg.multiplier,
    )
    bids, asks = (exit_, entry) if leg.side == "buy" else (entry, exit_)
    book = OrderBook(leg.exchange, leg.market, leg.symbol, bids, asks, leg.quoted_at, seen_at, leg.source)
    return LegTerms(side=leg.side, instrument=instrument, book=book, fee=leg.fee, funding=leg.funding)
