"""Scans as they are measured, as small as their types allow."""

from typing import Any

from msgspec.structs import replace

from arbedge.domain.market import EXCHANGES, MARKETS
from arbedge.ports.analytics import FeedMetrics, ScanMetrics
from tests.miniflare_shim.clock import START_MS

INTERVAL_MS = 10_000


def make_feed_metrics(**changes: Any) -> FeedMetrics:
    feed = FeedMetrics(
        exchange="okx",
        market="spot",
        state="ok",
        outcome="answered",
        error_class=None,
        latency_ms=120,
        requests=2,
        bytes=40_000,
        quotes=300,
        rejected={"no_quote": 1},
        age_ms_median=400,
        age_ms_oldest=9_000,
        clock_offset_ms=-3,
        books=4,
        books_failed=1,
    )
    return replace(feed, **changes)


def make_scan_metrics(scan_id: int = START_MS, finished_at: int | None = None, **changes: Any) -> ScanMetrics:
    finished_at = scan_id + 900 if finished_at is None else finished_at
    scan = ScanMetrics(
        scan_id=scan_id,
        mode="synthetic",
        interval_ms=INTERVAL_MS,
        started_at=finished_at - 900,
        finished_at=finished_at,
        instruments=4000,
        candidates=17,
        opened=2,
        ended=1,
        drops={"below_minimum": 3, "stale": 1, "identity": 1},
        feeds=[make_feed_metrics(exchange=exchange, market=market) for exchange in EXCHANGES for market in MARKETS],
    )
    return replace(scan, **changes)
