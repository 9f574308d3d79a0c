"""An execution now: what would be sent to each exchange, what it is worth, and what was not looked at."""

from decimal import Decimal
from typing import Final

from arbedge.app.simulation_view import SimulatedLegView, SimulationView
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import (
    plain,
    render_age,
    render_bps,
    render_money,
    render_price,
    render_time,
)
from arbedge.entrypoints.telegram.screens.layout import MENU, compose
from arbedge.entrypoints.telegram.screens.waterfall import describe_refusal, render_funding, render_parts
from arbedge.ports.messenger import Button, Screen

SIZES_USDT: Final = (100, 500, 1_000, 5_000, 10_000, 50_000)
_SIZES_A_ROW: Final = 3
_NOTHING_DONE: Final = "No order was placed; balances, keys, margin and risk rules were not looked at."


def render_simulation(view: SimulationView, place: callbacks.Place) -> Screen:
    """`place` is where in the list the opportunity was opened."""
    blocks = [
        f"{bold(view.asset)} · {quote(words.name_type(view.type))} · simulated",
        _render_verdict(view),
        render_parts(view.waterfall) if view.waterfall else "",
        *map(_render_leg, view.legs),
        _render_claimed(view),
        f"{quote(view.latency.meaning, 300)} {_NOTHING_DONE}\nFigures as of {render_time(view.simulated_at, 'T')}",
    ]
    return compose(view.mode, blocks, [*_offer_sizes(view, place), *_lead_on(view, place)])


def _render_verdict(view: SimulationView) -> str:
    """Yes or no first, then what it is worth at the amount."""
    lines: list[str] = []
    if view.reason is None:
        lines.append(f"✅ {bold('Executable now')} with {render_money(view.amount)} USDT")
    else:
        why = describe_refusal(view.reason, view.explanation or view.reason, view.numbers)
        lines.append(f"⛔ {bold('Not executable now')} with {render_money(view.amount)} USDT")
        lines.append(f"{quote(why, 200)} (<code>{quote(view.reason)}</code>)")
    if view.net_bps is not None and view.net_quote is not None and view.size_quote is not None:
        sign = "+" if view.net_quote >= 0 else "-"
        lines.append(
            f"Net <b>{render_bps(view.net_bps)} bps</b>, {sign}{render_money(abs(view.net_quote))}"
            f" on {render_money(view.size_quote)} {quote(view.quote)}; your minimum is {view.minimum_bps:g} bps"
        )
    if view.horizon_h is not None:
        lines.append(f"Held for {view.horizon_h} h, valued as closed at these books")
    return "\n".join(lines)


def _render_leg(leg: SimulatedLegView) -> str:
    """The order as it would be sent, in the exchange's own units where they differ."""
    place = words.name_place(leg.exchange, leg.market)
    lines = [f"<b>{words.name_side(leg.market, leg.side)} {quote(place, 40)}</b> <code>{quote(leg.symbol)}</code>"]
    if leg.quantity is not None and leg.limit_price is not None and leg.vwap is not None and leg.notional is not None:
        lines.append(
            f"{plain(leg.quantity)} {quote(leg.asset)}, IOC limit {render_price(leg.limit_price)},"
            f" average {render_price(leg.vwap)}, {render_money(leg.notional)} {quote(leg.quote)}"
        )
        lines += _render_own_units(leg)
        lines.append(f"fee {plain(_short(leg.fee))} {quote(leg.fee_currency)} ({leg.fee_bps:g} bps)")
    if leg.funding:
        lines += render_funding(leg.funding)
    lines.append(f"book {render_age(leg.age_ms)} old, source {quote(leg.source)}, mode {quote(leg.mode)}")
    return "\n".join(lines)


def _render_own_units(leg: SimulatedLegView) -> list[str]:
    if leg.order_quantity is None or leg.order_limit_price is None or leg.order_quantity == leg.quantity:
        return []
    return [f"as the exchange counts: {plain(leg.order_quantity)} at {render_price(leg.order_limit_price)}"]


def _short(amount: Decimal | None) -> Decimal:
    """Six significant digits of a fee are enough to read."""
    amount = amount or Decimal(0)
    return amount if not amount else amount.quantize(Decimal(1).scaleb(min(0, amount.adjusted() - 5)))


def _render_claimed(view: SimulationView) -> str:
    claimed = view.claimed
    if claimed is None:
        return ""
    text = f"Claimed {render_time(claimed.at)}: {render_bps(claimed.net_bps)} bps"
    if claimed.now_bps is None:
        return f"{text}; the books of now do not hold that size" if view.legs else text
    return f"{text}; the same size now: {render_bps(claimed.now_bps)} bps"


def _offer_sizes(view: SimulationView, place: callbacks.Place) -> list[list[Button]]:
    def offer(size: int) -> Button:
        text = f"• {size:,}" if view.amount == size else f"{size:,}"
        return Button(text, data=callbacks.simulate(view.id, size, place))

    buttons = [offer(size) for size in SIZES_USDT]
    return [buttons[start : start + _SIZES_A_ROW] for start in range(0, len(buttons), _SIZES_A_ROW)]


def _lead_on(view: SimulationView, place: callbacks.Place) -> list[list[Button]]:
    again = callbacks.simulate(view.id, int(view.amount), place)
    return [
        [Button("Refresh", data=again), Button("Back to it", data=callbacks.detail(view.id, place))],
        [Button("Back to the list", data=callbacks.list_page(place)), MENU],
    ]
