"""How the system is: every feed and dependency with its state and age, and what is stale because of it."""

from collections.abc import Sequence
from typing import Final

from arbedge.app.status import DependencyView, StatusView
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, clean, quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import render_age, render_time
from arbedge.entrypoints.telegram.screens.layout import MENU, compose, table
from arbedge.entrypoints.telegram.screens.opportunities import render_scan
from arbedge.ports.messenger import Button, Screen

_OVERALL: Final = {
    "ok": "All is well.",
    "degraded": "Limited service: something below does not answer. The rest goes on.",
    "down": "Nothing can be read right now. I keep trying.",
}
_ERROR_MAX: Final = 120
_SLOW_MS: Final = 1_000  # all tickers of a market usually take a tenth of it


def render_status(view: StatusView, mode: str, now: int, notes: Sequence[str] = ()) -> Screen:
    """`notes` are further blocks: what happened to lists and, for administrators, the quarantine."""
    feeds = [
        (f"{words.EXCHANGES.get(exchange, clean(exchange, 10))} {market}", feed)
        for exchange, markets in view.exchanges.items()
        for market, feed in markets.items()
    ]
    blocks = [
        f"{bold('Status')} · {_OVERALL[view.overall]}",
        "Market data\n" + table((name, _render_state(feed)) for name, feed in feeds),
        "Everything else\n" + table((clean(name, 16), _render_state(one)) for name, one in view.dependencies.items())
        if view.dependencies
        else "",
        _render_troubles([*feeds, *view.dependencies.items()]),
        _render_slow(feeds),
        _render_stale(feeds),
        *notes,
        render_scan(view.scan),
        f"Market mode: {quote(mode)} · as of {render_time(now, 'T')}",
    ]
    buttons = [[Button("Refresh", data=callbacks.STATUS), MENU]]
    return compose(mode, blocks, buttons)


def find_stale(view: StatusView) -> list[str]:
    """The feeds whose figures are old or missing, by the names people know."""
    return [
        f"{words.EXCHANGES.get(exchange, clean(exchange, 10))} {market}"
        for exchange, markets in view.exchanges.items()
        for market, feed in markets.items()
        if feed.state != "ok"
    ]


def _render_state(view: DependencyView) -> str:
    return f"{view.state} {'-' if view.age_ms is None else render_age(view.age_ms):>8}"


def _render_troubles(all_views: list[tuple[str, DependencyView]]) -> str:
    """What is wrong, said once for all that have the same trouble."""
    troubles: dict[str, list[str]] = {}
    for name, view in all_views:
        if view.state != "ok":
            reason = f"{quote(view.state)}, {quote(view.error or 'no reason given', _ERROR_MAX)}"
            troubles.setdefault(reason, []).append(quote(name))
    return "\n".join(f"{', '.join(names)}: {reason}" for reason, names in troubles.items())


def _render_slow(feeds: list[tuple[str, DependencyView]]) -> str:
    """Who answers well but late: every scan waits for them."""
    slow = [
        f"{quote(name)} {render_age(feed.latency_ms)}"
        for name, feed in feeds
        if feed.state == "ok" and feed.latency_ms is not None and feed.latency_ms >= _SLOW_MS
    ]
    return f"Slow to answer: {', '.join(slow)}. Scans wait for it." if slow else ""


def _render_stale(feeds: list[tuple[str, DependencyView]]) -> str:
    stale = [
        f"{quote(name)} (last good data {render_time(feed.last_success_at)})" if feed.last_success_at else quote(name)
        for name, feed in feeds
        if feed.state != "ok"
    ]
    if not stale:
        return ""
    return f"Stale: {', '.join(stale)}. Opportunities with these feeds are not told until they are fresh again."
