"""At which size, horizon and minimum figures are stated, and whose choice each of it is: beside every opportunity."""

from decimal import Decimal

from msgspec import Struct

from arbedge.app.figures_shown import round_shown, trim
from arbedge.domain.edge import Refused
from arbedge.domain.gauge import Chosen, Gauge
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import HELD_TYPES, OpportunityType
from arbedge.domain.reasons import EXPLANATIONS, Reason
from arbedge.domain.revaluation import Reading


class RefusedView(Struct, frozen=True):
    """Why there are no figures at the wanted size, with the numbers that decided."""

    size_usdt: Decimal
    size_from: Chosen
    reason: Reason
    explanation: str
    numbers: dict[str, float]


class ValuedView(Struct, frozen=True):
    """What the figures of an opportunity are valued at.

    `at` is the moment of the scan whose books and rates they rest on; the horizon begins there. With `refused` they are
    those of the scan's own size, since the wanted one cannot be had. `horizon_h` is None for what is not held;
    `min_net_bps` is the minimum behind the capacity, None where no reader is behind the figures. `usdt_in_quote` is one
    USDT in the quote currency, at the rate of that scan.
    """

    at: int
    size_usdt: Decimal
    usdt_in_quote: Decimal
    size_from: Chosen
    horizon_h: int | None
    horizon_from: Chosen
    min_net_bps: float | None
    min_net_from: Chosen
    refused: RefusedView | None


class GaugeView(Struct, frozen=True):
    """What a list is valued and filtered by; `own_minimums` names the types whose minimum is the reader's own."""

    size_usdt: Decimal
    size_from: Chosen
    horizon_h: int
    horizon_from: Chosen
    min_net_bps: dict[OpportunityType, float]
    own_minimums: list[OpportunityType]


def view_gauge(gauge: Gauge) -> GaugeView:
    return GaugeView(
        size_usdt=gauge.size_usdt.normalize(),
        size_from=gauge.size_from,
        horizon_h=gauge.horizon_h,
        horizon_from=gauge.horizon_from,
        min_net_bps=gauge.min_net_bps,
        own_minimums=sorted(gauge.own_minimums),
    )


def view_valued(opportunity: Opportunity, reading: Reading | None) -> ValuedView:
    """By the reader's gauge; without one, or where their size is refused, by the scan's own measures."""
    is_held = opportunity.type in HELD_TYPES
    if reading is not None and reading.refused is None:
        gauge = reading.gauge
        return ValuedView(
            at=opportunity.sighting.seen_at,
            size_usdt=gauge.size_usdt.normalize(),
            usdt_in_quote=trim(opportunity.sighting.unit),
            size_from=gauge.size_from,
            horizon_h=gauge.horizon_h if is_held else None,
            horizon_from=gauge.horizon_from,
            min_net_bps=gauge.min_net_bps[opportunity.type],
            min_net_from=gauge.get_minimum_from(opportunity.type),
            refused=None,
        )
    return ValuedView(
        at=opportunity.sighting.seen_at,
        size_usdt=opportunity.sighting.size_usdt.normalize(),
        usdt_in_quote=trim(opportunity.sighting.unit),
        size_from="default",
        horizon_h=opportunity.horizon_h if is_held else None,
        horizon_from="default",
        min_net_bps=None,
        min_net_from="default",
        refused=_view_refused(reading.gauge, reading.refused) if reading and reading.refused else None,
    )


def _view_refused(gauge: Gauge, refused: Refused) -> RefusedView:
    return RefusedView(
        size_usdt=gauge.size_usdt.normalize(),
        size_from=gauge.size_from,
        reason=refused.reason,
        explanation=EXPLANATIONS[refused.reason],
        numbers={name: round_shown(number) for name, number in refused.numbers.items()},
    )
