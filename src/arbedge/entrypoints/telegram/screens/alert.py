"""The alert: one message an opportunity and chat, which edits itself as the opportunity changes and ends."""

from collections.abc import Sequence

from arbedge.app.leg_views import LegView
from arbedge.app.views import OpportunityDetail, view_opportunity
from arbedge.domain.appraisal import Appraisal
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.revaluation import Reading
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.detail import render_outcomes
from arbedge.entrypoints.telegram.screens.figures import (
    render_age,
    render_bps,
    render_money,
    render_percent,
    render_price,
    render_time,
)
from arbedge.entrypoints.telegram.screens.layout import compose
from arbedge.entrypoints.telegram.screens.signal import render_signal
from arbedge.entrypoints.telegram.screens.waterfall import (
    render_inventory,
    render_route,
    render_waterfall,
    render_worth,
)
from arbedge.ports.messenger import Button, Screen


def render_alert(
    opportunity: Opportunity, now: int, outcomes: Sequence[Appraisal] = (), reading: Reading | None = None
) -> Screen:
    """The newest state of an opportunity, as of `now`, by the reader's own size, horizon and minimum.

    `outcomes` are what became of it, once that is known.
    """
    view = view_opportunity(opportunity, now, outcomes, reading)
    blocks = [
        _render_title(view),
        render_route(view),
        render_worth(view),
        render_waterfall(view),
        render_inventory(view),
        render_signal(view),
        "\n".join(_render_leg(leg, of_cycle=view.type == "triangular") for leg in view.legs),
        _render_state(view, opportunity.is_open),
        render_outcomes(view.outcomes),
    ]
    buttons = [
        [
            Button("Open", data=callbacks.open_alert(view.id), style="primary" if opportunity.is_open else None),
            Button("Why?", data=callbacks.why_alert(view.id)),
        ]
    ]
    return compose(view.mode, blocks, buttons)


def _render_title(view: OpportunityDetail) -> str:
    name = f"{quote(view.asset)} {quote(words.name_type(view.type))}"
    if view.ended_at is not None:
        return f"<b>Ended: {name}</b> · {quote(view.status)}"
    return f"<b>{name}: {render_bps(view.net_bps)} bps net</b>"


def _render_leg(leg: LegView, *, of_cycle: bool) -> str:
    """Short: the detail screen has the rest. The legs of a cycle trade different assets, so each names its own."""
    place = quote(words.name_place(leg.exchange, leg.market), 40)
    what = f"{quote(leg.asset, 20)} on {place}" if of_cycle else place
    text = f"{words.name_side(leg.market, leg.side)} {what} at {render_price(leg.vwap)} {quote(leg.quote)}"
    if leg.funding:
        text += f", funding {render_percent(leg.funding.rate)} every {leg.funding.interval_h:g} h"
        text += f", {leg.funding.settlements} counted"
    return f"{text} · {quote(leg.source)} {quote(leg.mode)}, {render_age(leg.age_ms)} old"


def _render_state(view: OpportunityDetail, is_open: bool) -> str:
    if not is_open and view.ended_at is not None:
        return (
            f"{quote(view.status).capitalize()} {render_time(view.ended_at)}:"
            f" {quote(words.explain_end(view.end_reason), 120)}. The figures are the last ones confirmed."
        )
    capacity = f"{render_money(view.capacity_quote)} {quote(view.quote)}"
    lines = [_render_minimum(view), f"Good up to {capacity} · first seen {render_time(view.detected_at)}"]
    if view.horizon_h is not None and view.signal is None:
        lines.append(f"Funding counted for {view.horizon_h} h, then closed at today's books")
    if view.confidence.p is not None:
        lines.append(f"Confidence {view.confidence.p:.0%} (n {view.confidence.n:,})")
    came_back = bool(view.transitions) and view.transitions[-1].reason == "returned"
    if came_back:
        lines.append(f"It had ended and came back {render_time(view.transitions[-1].at)}")
    elif view.revision > 1:
        lines.append(f"Changed; updated {render_time(view.updated_at)}")
    return "\n".join(filter(None, lines))


def _render_minimum(view: OpportunityDetail) -> str:
    """Someone who was told stays told; that it no longer reaches their minimum is said."""
    minimum = view.valued.min_net_bps
    if minimum is None or view.net_bps >= minimum:
        return ""
    return f"Now below {words.WHOSE[view.valued.min_net_from]} minimum, {minimum:g} bps"
