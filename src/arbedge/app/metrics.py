"""Collects the state of the deployment in figures: one batch of the database's, and a probe of each other store."""

import asyncio
from collections.abc import Mapping

from msgspec import Struct

from arbedge.app.services import Services
from arbedge.app.status import LISTS, DependencyView, ask_dependency, judge_lists, view_dependency, view_feed
from arbedge.domain.market import FEEDS
from arbedge.errors import StoreUnavailable
from arbedge.ports.metrics import Figures

PROBED = ("kv", "r2")  # what the database's own records do not tell of


class MetricsView(Struct, frozen=True):
    """`figures` is None when the database did not answer: then nothing is told that only it knows."""

    now: int
    figures: Figures | None
    feeds: Mapping[tuple[str, str], DependencyView]
    dependencies: Mapping[str, DependencyView]


async def collect_metrics(services: Services) -> MetricsView:
    """Never raises for a dependency that is down: that is what is being watched."""
    now = services.clock.now_ms()
    figures, probed = await asyncio.gather(
        _load_figures(services, now),
        asyncio.gather(*(ask_dependency(services.probes[name], now) for name in PROBED)),
    )
    database = DependencyView(
        state="down" if figures is None else "ok",
        error=None,
        last_success_at=None if figures is None else now,
        age_ms=None if figures is None else 0,
    )
    dependencies = {"d1": database, **dict(zip(PROBED, probed, strict=True))}
    feeds: dict[tuple[str, str], DependencyView] = {}
    if figures:
        known = {(feed.exchange, feed.market): feed for feed in figures.feeds}
        feeds = {key: view_feed(known.get(key), now) for key in FEEDS}
        # Where CoinMarketCap is off, what was recorded of it once says nothing.
        off = frozenset[str]() if services.settings.cmc_api_key else frozenset({"cmc"})
        dependencies[LISTS] = view_dependency(judge_lists(figures.list_times, now), now)
        dependencies |= {one.name: view_dependency(one, now) for one in figures.dependencies if one.name not in off}
    return MetricsView(now=now, figures=figures, feeds=feeds, dependencies=dependencies)


async def _load_figures(services: Services, now: int) -> Figures | None:
    try:
        return await services.metrics.load(services.settings.market_mode, now)
    except StoreUnavailable:
        return None
