"""How the system is: every feed and every dependency, each with its state and the age of what we know."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from msgspec import Struct

from arbedge.app.browse import ScanView, view_scan
from arbedge.domain.market import EXCHANGES, MARKETS, FeedState
from arbedge.errors import ArbEdgeError, StoreUnavailable
from arbedge.ports.store import FeedHealth, ScanReport, Scans

# A feed that has not been asked for this long is not known to be well, whatever it said last.
SILENT_MS_MAX = 120_000


class DependencyView(Struct, frozen=True):
    """One thing we depend on; `age_ms` is how old its last success is."""

    state: FeedState | Literal["unknown"]
    error: str | None
    last_success_at: int | None
    age_ms: int | None
    latency_ms: int | None = None
    quotes: int | None = None


class StatusView(Struct, frozen=True):
    """`overall` is ok when every feed and dependency is; down when nothing can be read; else degraded."""

    overall: Literal["ok", "degraded", "down"]
    exchanges: dict[str, dict[str, DependencyView]]
    dependencies: dict[str, DependencyView]
    scan: ScanView


Probe = Callable[[], Awaitable[None]]
"""Asks a dependency something cheap; raises what it raises when the dependency is not well."""


def view_feed(feed: FeedHealth | None, now: int) -> DependencyView:
    if feed is None:
        return DependencyView(state="unknown", error="not asked yet", last_success_at=None, age_ms=None)
    age_ms = None if feed.last_success_at is None else max(0, now - feed.last_success_at)
    is_silent = now - feed.checked_at > SILENT_MS_MAX
    return DependencyView(
        state="degraded" if is_silent and feed.state == "ok" else feed.state,
        error="no scan has asked for two minutes" if is_silent else feed.error,
        last_success_at=feed.last_success_at,
        age_ms=age_ms,
        latency_ms=feed.latency_ms,
        quotes=feed.quotes,
    )


async def check_status(scans: Scans, probes: Mapping[str, Probe], now: int) -> StatusView:
    """Never raises: what cannot be read is reported as such."""
    dependencies = {name: await _probe(probe, now) for name, probe in probes.items()}
    feeds: dict[tuple[str, str], FeedHealth] = {}
    report: ScanReport | None = None
    try:
        feeds = {(feed.exchange, feed.market): feed for feed in await scans.load_feeds()}
        report = await scans.load_latest()
    except StoreUnavailable as error:
        dependencies["d1"] = DependencyView(state="down", error=str(error), last_success_at=None, age_ms=None)
    exchanges = {
        exchange: {market: view_feed(feeds.get((exchange, market)), now) for market in MARKETS}
        for exchange in EXCHANGES
    }
    states = [view.state for markets in exchanges.values() for view in markets.values()]
    states += [view.state for view in dependencies.values()]
    is_down = all(state != "ok" for state in states)
    overall = "down" if is_down else "ok" if all(state == "ok" for state in states) else "degraded"
    return StatusView(overall=overall, exchanges=exchanges, dependencies=dependencies, scan=view_scan(report, now))


async def _probe(probe: Probe, now: int) -> DependencyView:
    try:
        await probe()
    except ArbEdgeError as error:
        return DependencyView(state="down", error=f"{error.code}: {error}", last_success_at=None, age_ms=None)
    except Exception as error:  # noqa: BLE001 - a binding may raise anything; health must still answer
        return DependencyView(state="down", error=type(error).__name__, last_success_at=None, age_ms=None)
    return DependencyView(state="ok", error=None, last_success_at=now, age_ms=0)
