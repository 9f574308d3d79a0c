"""Why something is or is not told: the machine-readable reason, its numbers, and the person's own case."""

from typing import Final

from arbedge.app.browse import WhyView
from arbedge.app.views import OpportunityDetail
from arbedge.domain.eligibility import EXPLANATIONS, Withheld
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.detail import render_outcomes
from arbedge.entrypoints.telegram.screens.figures import render_bps, render_time
from arbedge.entrypoints.telegram.screens.hour import render_hour, render_reason, render_runs
from arbedge.entrypoints.telegram.screens.identity import render_name, render_why_quarantined
from arbedge.entrypoints.telegram.screens.layout import MENU, compose
from arbedge.entrypoints.telegram.screens.opportunities import render_scan
from arbedge.entrypoints.telegram.screens.waterfall import (
    name_size,
    render_miss,
    render_refused,
    render_route,
    render_size,
    render_waterfall,
)
from arbedge.limits import NEAR_MISSES_KEPT
from arbedge.ports.messenger import Button, Screen
from arbedge.ports.store import Delivery

_MISSES_SHOWN: Final = 6
_COUNTS_SHOWN: Final = 8

_DELIVERY: Final[dict[str, str]] = {
    "queued": "your message is waiting to be sent",
    "sending": "your message is being sent",
    "sent": "you were told; your message last changed",
    "failed": "sending to you failed",
    "withheld": "it was withheld from you",
}


def render_why_opportunity(view: WhyView, mode: str) -> Screen:
    """About one opportunity; `view.open` holds exactly that one, whatever its state."""
    opportunity = view.open[0]
    name = f"{quote(opportunity.asset)} {quote(words.name_type(opportunity.type))}"
    blocks = [
        f"{bold('Why')} · {name}\n{render_route(opportunity)}",
        _render_state(opportunity),
        render_waterfall(opportunity),
        _render_own(view.own_reason, view.delivery, opportunity),
        render_runs(view.runs),
        *_render_latest(view),
        render_outcomes(opportunity.outcomes),
        render_scan(view.scan),
    ]
    buttons = [
        [
            Button("Details", data=callbacks.detail(opportunity.id)),
            Button("Refresh", data=callbacks.why(opportunity.id)),
        ],
        [Button("Opportunities", data=callbacks.list_page(callbacks.Place())), MENU],
    ]
    return compose(opportunity.mode if opportunity.mode != "live" else mode, blocks, buttons)


def render_why_asset(asset: str, view: WhyView, mode: str) -> Screen:
    """About everything the latest scan decided for an asset, and the hour before it."""
    blocks = [f"{bold('Why')} · {quote(asset)}"]
    if view.name:
        blocks.append(render_name(asset, view.name))
    blocks.append(render_why_quarantined(view.quarantine))
    blocks += [_render_open(item) for item in view.open]
    if view.misses:
        blocks.append("Looked at and not told:")
        blocks += [render_miss(miss) for miss in view.misses[:_MISSES_SHOWN]]
    is_quarantined = view.quarantine is not None and view.quarantine.count > 0
    if not view.open and not view.misses and not is_quarantined and view.scan.age_ms is not None:
        blocks.append(
            f"The latest scan has nothing on {quote(asset)}: no exchange lists it under this name, or it is traded on"
            f" fewer than two of them in one quote currency, or it is further from the minimum than the"
            f" {NEAR_MISSES_KEPT} nearest pairs. /price {quote(asset)} shows where it is traded."
        )
    blocks += [*render_hour(asset, view.hour), _render_counts(view), render_scan(view.scan)]
    rows = [[Button(f"Why {place}?", data=callbacks.why(item.id)) for place, item in enumerate(view.open, 1)]]
    rows.append([Button("Opportunities", data=callbacks.list_page(callbacks.Place())), MENU])
    return compose(mode, blocks, [row for row in rows if row])


def render_why_usage(mode: str) -> Screen:
    return compose(
        mode,
        [
            f"{bold('Why')} tells why something is or is not in the list.",
            "Send <code>/why BTC</code> for an asset, or <code>/why</code> with the id of an opportunity.",
        ],
        [[Button("Opportunities", data=callbacks.list_page(callbacks.Place())), MENU]],
    )


def _render_state(item: OpportunityDetail) -> str:
    size = f"{render_size(item.valued.size_usdt)}, {name_size(item.valued)}"
    worth = f"net {render_bps(item.net_bps)} bps, gross {render_bps(item.gross_bps)} bps at {size}"
    if item.ended_at is None:
        return (
            f"It is in the list: <code>{quote(item.status)}</code>, {worth}, confirmed {render_time(item.updated_at)}."
        )
    reason = f"<code>{quote(item.end_reason or 'unknown')}</code>: {quote(words.explain_end(item.end_reason), 120)}"
    return f"It ended {render_time(item.ended_at)}, <code>{quote(item.status)}</code>.\nReason {reason}\nLast {worth}."


def _render_open(item: OpportunityDetail) -> str:
    return (
        f"<b>{quote(words.name_type(item.type))}</b>, in the list: net {render_bps(item.net_bps)} bps"
        f" · gross {render_bps(item.gross_bps)} bps\n{render_route(item)}\n<code>{quote(item.id)}</code>"
    )


def _render_own(reason: Withheld | None, delivery: Delivery | None, item: OpportunityDetail) -> str:
    if reason == "ended" and delivery is not None and delivery.message_id is not None:
        # What the reason says, that it was over before it was sent, is not true of someone who has the message.
        return _render_delivery(delivery)
    lines = [
        f"For you now: <code>{reason}</code>, {quote(EXPLANATIONS[reason], 120)}"
        if reason
        else "For you now: nothing stands against telling you"
    ]
    if reason == "below_own_minimum" and item.valued.min_net_bps is not None:
        whose = words.WHOSE[item.valued.min_net_from]
        lines.append(f"Net {render_bps(item.net_bps)} bps against {whose} minimum, {item.valued.min_net_bps:g} bps")
    if item.valued.refused:
        lines.append(render_refused(item.valued))
    if delivery is None:
        lines.append("Your chat: nothing was planned for it")
    else:
        lines.append(_render_delivery(delivery))
    return "\n".join(lines)


def _render_delivery(delivery: Delivery) -> str:
    state = quote(_DELIVERY.get(delivery.state, delivery.state), 60)
    codes = ", ".join(quote(code, 60) for code in (delivery.state, delivery.error) if code)
    return f"Your chat: {state}, {render_time(delivery.updated_at)} (<code>{codes}</code>)"


def _render_latest(view: WhyView) -> list[str]:
    return ["The latest scan dropped it:", *(render_miss(miss) for miss in view.misses[:2])] if view.misses else []


def _render_counts(view: WhyView) -> str:
    """How all pairs of the latest scan ended, by reason."""
    counts = sorted(view.scan.drop_counts.items(), key=lambda item: -item[1])[:_COUNTS_SHOWN]
    if not counts:
        return ""
    lines = [render_reason(name, f"{count:,}") for name, count in counts]
    return "All pairs and cycles of the latest scan that were not told:\n" + "\n".join(lines)
