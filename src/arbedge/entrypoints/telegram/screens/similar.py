"""What is like an opportunity, the nearest first: why it is near, and what became of what is over."""

from arbedge.app.similar import NearOpportunity, Neighbourhood
from arbedge.domain.opportunity import Opportunity
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import render_bps, render_time
from arbedge.entrypoints.telegram.screens.layout import MENU, compose
from arbedge.entrypoints.telegram.screens.waterfall import render_route
from arbedge.ports.messenger import Button, Screen


def render_similar(one: Opportunity, near: Neighbourhood, place: callbacks.Place) -> Screen:
    """`place` is where in the list the opportunity was opened."""
    blocks = [f"Like {bold(one.asset)} {quote(words.name_type(one.type))}"]
    blocks += [_render_neighbour(number, item) for number, item in enumerate(near.items, 1)]
    if near.items:
        blocks.append(
            f"The nearest of {near.considered:,} that are open or ended within a day; 0 is the same, 1 nothing alike."
        )
    else:
        blocks.append("Nothing else is open or ended within a day that you may see.")
    numbers = [
        Button(str(number), data=callbacks.detail(item.detail.id, place)) for number, item in enumerate(near.items, 1)
    ]
    back = [Button("Back to it", data=callbacks.detail(one.id, place)), MENU]
    return compose(one.mode, blocks, [row for row in (numbers, back) if row])


def _render_neighbour(number: int, item: NearOpportunity) -> str:
    view = item.detail
    state = f"ended {render_time(view.ended_at)}" if view.ended_at is not None else "open"
    name = f"<b>{number}. {quote(view.asset)}</b> {quote(words.name_type(view.type))}"
    lines = [
        f"{name} · {render_bps(view.net_bps)} bps · {state}",
        render_route(view),
        f"distance {item.distance:.2f}: {quote(', '.join(item.reasons) or 'little in common', 200)}",
    ]
    realised = [
        f"{words.STEPS[one.step]} {one.realised_bps:.1f} of {one.claimed_bps:.1f}"
        for one in item.outcomes
        if one.realised_bps is not None
    ]
    if realised:
        lines.append(f"afterwards, bps: {', '.join(realised)}")
    elif view.ended_at is not None:
        lines.append("afterwards: no value recorded")
    return "\n".join(lines)
