"""The menu: how the system is and what is best now, with a way to everything else."""

from arbedge.app.browse import ListView
from arbedge.app.status import StatusView
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import render_bps
from arbedge.entrypoints.telegram.screens.layout import compose
from arbedge.entrypoints.telegram.screens.opportunities import render_scan
from arbedge.entrypoints.telegram.screens.status import find_stale
from arbedge.entrypoints.telegram.screens.waterfall import render_route
from arbedge.ports.messenger import Button, Screen


def render_menu(status: StatusView, best: ListView, mode: str) -> Screen:
    blocks = [
        bold("ArbEdge"),
        _render_health(status),
        _render_best(best) if best.scan.age_ms is not None else "",
        render_scan(status.scan),
    ]
    return compose(mode, blocks, render_menu_buttons())


def render_menu_buttons() -> list[list[Button]]:
    return [
        [Button("Opportunities", data=callbacks.list_page(callbacks.Place()), style="primary")],
        [Button("Market", data=callbacks.MARKET), Button("Status", data=callbacks.STATUS)],
        [Button("Preferences", data=callbacks.PREFERENCES), Button("Help", data=callbacks.HELP)],
    ]


def _render_health(status: StatusView) -> str:
    if status.scan.age_ms is None:
        return ""  # before the first scan nothing is known of any exchange
    stale = find_stale(status)
    return f"⚠ Limited service, stale: {quote(', '.join(stale), 200)}" if stale else "All exchanges answer."


def _render_best(best: ListView) -> str:
    if not best.items:
        return "Nothing is worth it after costs right now."
    item = best.items[0]
    return (
        f"Best now: <b>{quote(item.asset)}</b> {quote(words.name_type(item.type))}"
        f" <b>{render_bps(item.net_bps)} bps</b> net, {render_bps(item.gross_bps)} gross\n{render_route(item)}"
    )
