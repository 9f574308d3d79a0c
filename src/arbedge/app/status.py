"""How the system is: every feed and every dependency, each with its state and the age of what we know."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal

from msgspec import Struct

from arbedge.app.browse import ScanView, view_scan
from arbedge.domain.circuit import CircuitState
from arbedge.domain.market import EXCHANGES, FEEDS, MARKETS, FeedState
from arbedge.errors import ArbEdgeError
from arbedge.limits import INSTRUMENTS_LATE_MS
from arbedge.ports.health import DependencyHealth
from arbedge.ports.store import FeedHealth, ScanReport, Scans

# What adds context and nothing else; a deployment may do without it and is well all the same.
OPTIONAL = frozenset({"cmc"})
# A feed that has not been asked for this long is not known to be well, whatever it said last.
SILENT_MS_MAX = 120_000
PROBE_TIMEOUT_S = 3.0  # a page that shows health waits no longer than this for any one dependency
LISTS: Final = "instruments"

Overall = Literal["ok", "degraded", "down"]


class DependencyView(Struct, frozen=True):
    """One thing we depend on; `age_ms` is how old its last success is."""

    state: FeedState
    error: str | None
    last_success_at: int | None
    age_ms: int | None
    latency_ms: int | None = None
    quotes: int | None = None
    circuit: CircuitState | None = None
    retry_at: int | None = None  # when it is asked again, where that is not the next scan


class StatusView(Struct, frozen=True):
    """`overall` is ok when every feed and dependency is; down when nothing can be read; else degraded."""

    overall: Overall
    exchanges: dict[str, dict[str, DependencyView]]
    dependencies: dict[str, DependencyView]
    scan: ScanView


Probe = Callable[[], Awaitable[DependencyHealth | None]]
"""Asks a dependency something cheap, or reads what it said last; None means that it answered now.

Raises what it raises when the dependency is not well.
"""


def judge_lists(read_at: Mapping[str, int], now: int) -> DependencyHealth:
    """How the lists of instruments are: as the oldest is. Scans go on with an old one for as long as need be."""
    never = [f"{exchange} {market}" for exchange, market in FEEDS if f"{exchange}:{market}" not in read_at]
    late = [
        f"{feed.replace(':', ' ')} ({(now - at) // 60_000} min old)"
        for feed, at in sorted(read_at.items())
        if now - at > INSTRUMENTS_LATE_MS
    ]
    words = "; ".join(
        f"{what}: {', '.join(feeds)}" for what, feeds in (("never read", never), ("cannot be read anew", late)) if feeds
    )
    oldest = None if never else min(read_at.values())
    return DependencyHealth(LISTS, "degraded" if words else "ok", words or None, now, oldest)


def view_feed(feed: FeedHealth | None, now: int) -> DependencyView:
    if feed is None:
        return _without_success("degraded", "not asked yet")
    age_ms = None if feed.last_success_at is None else max(0, now - feed.last_success_at)
    is_silent = now - feed.checked_at > SILENT_MS_MAX
    return DependencyView(
        state="degraded" if is_silent and feed.state == "ok" else feed.state,
        error="no scan has asked for two minutes" if is_silent else feed.error,
        last_success_at=feed.last_success_at,
        age_ms=age_ms,
        latency_ms=feed.latency_ms,
        quotes=feed.quotes,
        circuit=feed.circuit.get_state(now),
        retry_at=feed.retry_at if feed.retry_at is not None and feed.retry_at > now else None,
    )


async def check_status(scans: Scans, probes: Mapping[str, Probe], now: int) -> StatusView:
    """Never raises and never hangs: what cannot be read in time is reported as such."""
    states = await asyncio.gather(*(ask_dependency(probe, now) for probe in probes.values()))
    dependencies = dict(zip(probes, states, strict=True))
    report: ScanReport | None = None
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            known = {(feed.exchange, feed.market): feed for feed in await scans.load_feeds()}
            report = await scans.load_latest()
        feeds = {key: view_feed(known.get(key), now) for key in FEEDS}
    except Exception as error:  # noqa: BLE001 - as for a probe: whatever it is, health must still answer
        dependencies["d1"] = _without_success("down", _name_error(error))
        feeds = dict.fromkeys(FEEDS, _without_success("degraded", "not known: the database did not answer"))
    exchanges = {exchange: {market: feeds[exchange, market] for market in MARKETS} for exchange in EXCHANGES}
    overall = _sum_up([*feeds.values(), *(view for name, view in dependencies.items() if name not in OPTIONAL)])
    return StatusView(overall=overall, exchanges=exchanges, dependencies=dependencies, scan=view_scan(report, now))


def _sum_up(views: list[DependencyView]) -> Overall:
    well = sum(view.state == "ok" for view in views)
    return "ok" if well == len(views) else "degraded" if well else "down"


async def ask_dependency(probe: Probe, now: int) -> DependencyView:
    """How a dependency does, within the time that a page waits for it. Never raises."""
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            known = await probe()
    except Exception as error:  # noqa: BLE001 - a binding may raise anything; health must still answer
        return _without_success("down", _name_error(error))
    if known is None:
        return DependencyView(state="ok", error=None, last_success_at=now, age_ms=0)
    return view_dependency(known, now)


def view_dependency(known: DependencyHealth, now: int) -> DependencyView:
    """What was recorded of a dependency, as far as it still holds."""
    age_ms = None if known.last_success_at is None else max(0, now - known.last_success_at)
    is_silent = now - known.checked_at > SILENT_MS_MAX
    return DependencyView(
        state="degraded" if is_silent and known.state == "ok" else known.state,
        error="not asked for two minutes" if is_silent else known.error,
        last_success_at=known.last_success_at,
        age_ms=age_ms,
    )


def _name_error(error: Exception) -> str:
    """An error of ours says what it is; the text of any other one may hold anything, so only its kind is shown."""
    if isinstance(error, TimeoutError):
        return f"no answer within {PROBE_TIMEOUT_S:g} s"
    return f"{error.code}: {error}" if isinstance(error, ArbEdgeError) else type(error).__name__


def _without_success(state: FeedState, error: str) -> DependencyView:
    return DependencyView(state=state, error=error, last_success_at=None, age_ms=None)
