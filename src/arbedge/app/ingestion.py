"""How each feed did over the last day, hour by hour, told from the counters that the scans keep."""

import asyncio
from collections.abc import Iterable
from itertools import groupby

from msgspec import Struct

from arbedge.domain.histogram import LATENCY_MS_BOUNDS, estimate_quantile
from arbedge.domain.market import ExchangeId, Market, Mode
from arbedge.ports.metrics import FeedTotals, Metrics
from arbedge.ports.store import Scans

HOUR_MS = 3_600_000
HOURS = 24


class Readings(Struct, frozen=True):
    """`asked` readings were sent, `ok` came back whole; latencies in ms are those of answers, None without any."""

    asked: int
    ok: int
    latency_ms_p50: float | None
    latency_ms_p95: float | None


class HourView(Struct, frozen=True):
    """One hour, which begins at `at`. An hour without a scan is left out."""

    at: int
    readings: Readings


class FeedIngestion(Struct, frozen=True):
    """One exchange and market: the whole span, and its hours, oldest first."""

    exchange: ExchangeId
    market: Market
    readings: Readings
    hours: list[HourView]


class IngestionView(Struct, frozen=True):
    """`since` is the beginning of the first hour; `age_ms` is how old the newest reading is, None before any."""

    since: int
    mode: Mode
    age_ms: int | None
    feeds: list[FeedIngestion]


async def view_ingestion(metrics: Metrics, scans: Scans, mode: Mode, now: int) -> IngestionView:
    """Raises `StoreUnavailable` when the counters cannot be read."""
    since = now - now % HOUR_MS - (HOURS - 1) * HOUR_MS
    rows, known = await asyncio.gather(metrics.load_hours(mode, since), scans.load_feeds())
    feeds = [_view_feed(list(mine), since) for _, mine in groupby(rows, key=lambda row: (row.exchange, row.market))]
    newest = max((feed.checked_at for feed in known), default=None)
    age_ms = None if newest is None else max(0, now - newest)
    return IngestionView(since=since, mode=mode, age_ms=age_ms, feeds=feeds)


def _view_feed(rows: list[FeedTotals], since: int) -> FeedIngestion:
    """Rows run on, so what came before the span is their start; a feed that began within it started from nothing."""
    first = rows[0] if rows[0].hour < since else None
    within = [row for row in rows if row.hour >= since]
    befores: Iterable[FeedTotals | None] = [first, *within][: len(within)]
    return FeedIngestion(
        exchange=rows[0].exchange,
        market=rows[0].market,
        readings=_subtract(rows[-1], first),
        hours=[HourView(row.hour, _subtract(row, before)) for before, row in zip(befores, within, strict=True)],
    )


def _subtract(after: FeedTotals, before: FeedTotals | None) -> Readings:
    """What came between; nothing before is nothing counted."""
    was = before.latency if before else {}
    latency = {name: count - was.get(name, 0) for name, count in after.latency.items()}
    return Readings(
        asked=after.asked - (before.asked if before else 0),
        ok=after.ok - (before.ok if before else 0),
        latency_ms_p50=estimate_quantile(latency, LATENCY_MS_BOUNDS, 0.5),
        latency_ms_p95=estimate_quantile(latency, LATENCY_MS_BOUNDS, 0.95),
    )
