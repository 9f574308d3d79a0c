"""One opportunity with everything that decided it, so that its net edge can be checked by hand."""

from decimal import Decimal

from arbedge.app.charged import ChargedView
from arbedge.app.leg_views import LegView
from arbedge.app.views import OpportunityDetail, OutcomeView
from arbedge.domain.gauge import SIZES_USDT, Gauge
from arbedge.domain.policy import PREMIUM_NET_BPS
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, quote
from arbedge.entrypoints.telegram.screens import figures, words
from arbedge.entrypoints.telegram.screens.figures import (
    plain,
    render_age,
    render_money,
    render_price,
    render_time,
)
from arbedge.entrypoints.telegram.screens.layout import MENU, compose, mark
from arbedge.entrypoints.telegram.screens.signal import render_signal
from arbedge.entrypoints.telegram.screens.waterfall import (
    render_curve,
    render_funding,
    render_inventory,
    render_waterfall,
    render_worth,
)
from arbedge.ports.messenger import Button, Screen


def render_detail(view: OpportunityDetail, now: int, place: callbacks.Place, gauge: Gauge | None = None) -> Screen:
    """`place` is where in the list it was tapped; `gauge` the reader's own, among whose sizes they pick."""
    title = f"{bold(view.asset)} · {quote(words.name_type(view.type))} · {quote(view.status)}"
    valued = view.valued
    blocks = [
        title,
        render_worth(view),
        render_waterfall(view),
        render_inventory(view),
        render_signal(view),
        *_render_legs(view, now),
        _render_size(view),
        render_curve(view),
        _render_life(view),
        render_outcomes(view.outcomes, is_forecast=view.signal is not None),
        f"Figures as of {render_time(valued.at, 'T')}, read {render_time(now, 'T')}",
    ]
    wanted = valued.refused.size_usdt if valued.refused else valued.size_usdt
    is_own = gauge is None or wanted == gauge.size_usdt
    again = callbacks.detail(view.id, place) if is_own else callbacks.detail_at(view.id, int(wanted), place)
    buttons = [
        *_render_sizes(view, wanted, place, gauge),
        _offer(view, place, None if is_own else int(wanted)),
        [Button("Refresh", data=again), Button("Why?", data=callbacks.why(view.id))],
        [Button("Back to the list", data=callbacks.list_page(place)), MENU],
    ]
    return compose(view.mode, blocks, buttons)


def _render_sizes(
    view: OpportunityDetail, wanted: Decimal, place: callbacks.Place, gauge: Gauge | None
) -> list[list[Button]]:
    """The sizes to pick from, the reader's own among them, three to a row."""
    if gauge is None:
        return []
    own = gauge.size_usdt
    sizes = sorted({*map(Decimal, SIZES_USDT), own})
    buttons = [
        Button(
            mark(f"{size:,f}", chosen=size == wanted),
            data=callbacks.detail(view.id, place) if size == own else callbacks.detail_at(view.id, int(size), place),
        )
        for size in sizes
    ]
    across = 4 if len(buttons) % 3 else 3
    return [buttons[start : start + across] for start in range(0, len(buttons), across)]


def _offer(view: OpportunityDetail, place: callbacks.Place, size_usdt: int | None) -> list[Button]:
    """What can be done with it: what is over cannot be executed any more."""
    books = Button("Books", data=callbacks.books(view.id, size_usdt, place))
    similar = Button("Similar", data=callbacks.similar(view.id, place))
    simulate = Button("Simulate", data=callbacks.simulate(view.id, size_usdt, place))
    return [books, similar] if view.ended_at is not None else [books, simulate, similar]


def render_missing(mode: str) -> Screen:
    """For an id that is not, or no longer, on record."""
    blocks = [bold("Not found"), "That opportunity is not on record. What is open now is in /opportunities."]
    return compose(mode, blocks, [[Button("Opportunities", data=callbacks.list_page(callbacks.Place())), MENU]])


def render_hidden(mode: str) -> Screen:
    """For someone whose plan leaves premium opportunities out."""
    blocks = [bold("Premium"), words.PREMIUM.format(net_bps=PREMIUM_NET_BPS)]
    return compose(mode, blocks, [[Button("Opportunities", data=callbacks.list_page(callbacks.Place())), MENU]])


def _render_legs(view: OpportunityDetail, now: int) -> list[str]:
    """Each leg, and for a perpetual on record what it has charged."""
    charged = view.charged or [None] * len(view.legs)
    return [
        "\n".join(filter(None, (render_leg(leg, now), render_charged(one))))
        for leg, one in zip(view.legs, charged, strict=True)
    ]


def render_charged(charged: ChargedView | None) -> str:
    """What settlements really came to: a rate that stands out today says little where it did not last before."""
    if charged is None:
        return ""
    return (
        f"charged {charged.rate_sum * 10_000:+.2f} bps in {charged.settlements} settlements"
        f" since {render_time(charged.from_at, 'D')}, {charged.rate_min * 10_000:+.2f} to"
        f" {charged.rate_max * 10_000:+.2f} each; read {render_age(charged.age_ms)} ago, mode {quote(charged.mode)}"
    )


def _render_lot(leg: LegView) -> str:
    return f" in lots of {plain(leg.rules.lot_size)}" if leg.rules else ""


def render_leg(leg: LegView, now: int) -> str:
    """Each number of a leg with where it comes from and how old it is."""
    side = words.name_side(leg.market, leg.side)
    place = words.name_place(leg.exchange, leg.market)
    price = f"top of book {render_price(leg.price)}, average at the size {render_price(leg.vwap)} {quote(leg.quote)}"
    basis = quote(words.FEE_BASES.get(leg.fee_basis, leg.fee_basis), 60)
    lines = [
        f"<b>{side} {quote(place, 40)}</b> <code>{quote(leg.symbol)}</code>",
        f"{plain(leg.quantity)} {quote(leg.asset)}{_render_lot(leg)}",
        price,
        f"taker fee {leg.fee_bps:g} bps a fill, {basis}, taken in {quote(leg.fee_currency)}",
    ]
    if leg.multiplier != 1:
        lines.insert(3, f"the exchange quotes {leg.multiplier:,} units at {render_price(leg.price * leg.multiplier)}")
    if leg.funding:
        lines += render_funding(leg.funding)
    lines.append(
        f"book {render_age(leg.age_ms)} old ({render_time(now - leg.age_ms, 'T')}),"
        f" source {quote(leg.source)}, mode {quote(leg.mode)}"
    )
    return "\n".join(lines)


def _render_size(view: OpportunityDetail) -> str:
    currency = quote(view.quote)
    lines = [
        f"Size {plain(view.size_base.normalize())} {quote(view.asset)} = {render_money(view.size_quote)} {currency}",
        f"Stays above {_name_minimum(view)} up to {render_money(view.capacity_quote)} {currency}",
    ]
    if view.signal is not None:
        lines.append(f"Held for {view.horizon_h} h at most; gross is what the rule's trades made on average")
        return "\n".join(lines)
    if view.horizon_h is not None:
        whose = words.WHOSE[view.valued.horizon_from]
        lines.append(f"Held for {view.horizon_h} h, {whose} holding time, valued as closed at today's books")
        lines.append(_render_break_even(view.break_even_h))
    confidence = view.confidence
    lines.append(f"Confidence {figures.render_confidence(confidence)}" + _name_model(confidence.model))
    return "\n".join(lines)


def _render_break_even(hours: float | None) -> str:
    if hours is None:
        return "At today's rates funding never pays for its costs"
    return f"Funding has paid for all costs after {hours:.1f} h, at today's rates"


def _name_minimum(view: OpportunityDetail) -> str:
    minimum = view.valued.min_net_bps
    return "the minimum" if minimum is None else f"{words.WHOSE[view.valued.min_net_from]} minimum, {minimum:g} bps,"


def render_outcomes(outcomes: list[OutcomeView], *, is_forecast: bool = False) -> str:
    """What became of the claim, a line a step; what is not known is said as plainly as what is."""
    if not outcomes:
        return ""
    title = (
        "Had it been closed then, at the size of the claim" if is_forecast else "Afterwards, at the size of the claim"
    )
    return f"{title}\n" + "\n".join(map(_render_outcome, outcomes))


def _render_outcome(one: OutcomeView) -> str:
    name = words.STEPS[one.step]
    if one.realised_bps is not None:
        share = f" ({one.ratio * 100:.0f} %)" if one.ratio is not None else ""
        return f"{name}: <b>{one.realised_bps:.1f} bps</b> of {one.claimed_bps:.1f} claimed{share}"
    if one.state == "scheduled":
        return f"{name}: due {render_time(one.due_at)}"
    state = "missed" if one.state == "missed" else "no value"
    return f"{name}: {state}, {quote(one.explanation or 'no reason recorded', 120)}"


def _name_model(version: str | None) -> str:
    return f", model <code>{quote(version, 60)}</code>" if version else ""


def _render_life(view: OpportunityDetail) -> str:
    lines = [
        f"{quote(step.status)} {render_time(step.at)}"
        + (f", {quote(words.explain_end(step.reason), 100)}" if step.reason else "")
        for step in view.transitions[-6:]
    ]
    if view.ended_at is None:
        lines.append(f"ends without confirmation {render_time(view.expires_at)}")
    return "Life\n" + "\n".join(lines)
