"""Counters add up to what was fed, each scan once, and fall for nothing."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.metrics import D1Metrics
from arbedge.adapters.cloudflare.d1.scans import D1Scans
from arbedge.domain.market import EXCHANGES, MARKETS
from arbedge.errors import StoreUnavailable
from arbedge.limits import ROLLUPS_KEPT_MS
from arbedge.ports.analytics import FeedMetrics, ScanMetrics
from arbedge.ports.metrics import FeedTotals, Figures
from tests.integration.store.builders import make_feed, make_report
from tests.integration.store.conftest import MIGRATIONS
from tests.integration.store.metrics_builders import INTERVAL_MS, make_feed_metrics, make_scan_metrics
from tests.miniflare_shim import ShimEnv

HOUR_MS = 3_600_000
FEEDS = [(exchange, market) for exchange in EXCHANGES for market in MARKETS]
SUMS = ("requests", "bytes", "quotes", "books", "books_failed")


@pytest.fixture
def scans(database: Database) -> D1Scans:
    return D1Scans(database)


@pytest.fixture
def metrics(database: Database) -> D1Metrics:
    return D1Metrics(database)


async def finish(scans: D1Scans, scan: ScanMetrics) -> None:
    report = replace(make_report(scan.scan_id, scan.finished_at), mode=scan.mode)
    feeds = [
        replace(make_feed(scan.finished_at, last_success_at=None), exchange=exchange, market=market)
        for exchange, market in FEEDS
    ]
    await scans.finish(report, {}, feeds, metrics=scan)


async def run(scans: D1Scans, scan: ScanMetrics) -> None:
    assert await scans.begin(scan.scan_id, scan.mode, scan.started_at)
    await finish(scans, scan)


def of_feed(figures: Figures, exchange: str = "okx", market: str = "spot") -> FeedTotals:
    [one] = [one for one in figures.feed_totals if (one.exchange, one.market) == (exchange, market)]
    return one


FEED = st.builds(
    make_feed_metrics,
    outcome=st.sampled_from(["answered", "failed", "held_back", "skipped"]),
    error_class=st.sampled_from([None, "down", "thin", "rate_limited", "o'clock"]),
    latency_ms=st.integers(0, 9_000),
    requests=st.integers(0, 9),
    bytes=st.integers(0, 24_000_000),
    quotes=st.integers(0, 900),
    rejected=st.dictionaries(st.sampled_from(["no_quote", "impossible"]), st.integers(1, 900)),
    books=st.integers(5, 9),
    books_failed=st.integers(0, 5),
)
STEP = st.tuples(
    st.sampled_from([INTERVAL_MS, 3 * INTERVAL_MS, HOUR_MS // 2, 26 * HOUR_MS]), st.lists(FEED, min_size=6, max_size=6)
)


@settings(max_examples=25)
@given(
    steps=st.lists(STEP, min_size=1, max_size=8),
    drops=st.dictionaries(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=5), st.integers(1, 10**9)
    ),
)
def test_the_newest_rows_are_the_sums_of_what_was_fed(steps: list[Any], drops: dict[str, int]):
    async def play() -> None:
        env = ShimEnv()
        env.migrate(MIGRATIONS)
        scans, metrics = D1Scans(Database(env.DB)), D1Metrics(Database(env.DB))
        at, fed = env.clock.now_ms(), list[FeedMetrics]()
        for wait_ms, readings in steps:
            at += wait_ms
            feeds = [
                replace(one, exchange=exchange, market=market)
                for one, (exchange, market) in zip(readings, FEEDS, strict=True)
            ]
            await run(scans, make_scan_metrics(at, feeds=feeds, drops=drops))
            fed += feeds
        await metrics.prune(at + 1)
        figures = await metrics.load("synthetic", at)
        for exchange, market in FEEDS:
            mine = [one for one in fed if (one.exchange, one.market) == (exchange, market)]
            total = of_feed(figures, exchange, market)
            assert {name: getattr(total, name) for name in SUMS} == {
                name: sum(getattr(one, name) for one in mine) for name in SUMS
            }
            outcomes = Counter(one.outcome for one in mine)
            assert total.asked == outcomes["answered"] + outcomes["failed"]
            assert (total.held_back, total.skipped) == (outcomes["held_back"], outcomes["skipped"])
            answered = [one for one in mine if one.outcome == "answered"]
            assert total.ok == sum(one.error_class is None for one in answered)
            assert total.latency_ms_sum == sum(one.latency_ms for one in answered)
            assert sum(total.latency.values()) == len(answered)
            tried = [one for one in mine if one.outcome in {"answered", "failed"} and one.error_class]
            assert total.errors == Counter(one.error_class for one in tried)
            assert total.rejected == sum((Counter(one.rejected) for one in mine), Counter())
        scan = figures.scan_totals
        assert scan
        assert (scan.scans, scan.candidates, scan.opened, scan.ended) == tuple(n * len(steps) for n in (1, 17, 2, 1))
        assert scan.drops == {reason: count * len(steps) for reason, count in drops.items()}
        assert scan.missed == sum(wait // INTERVAL_MS - 1 for wait, _ in steps[1:])
        env.DB.sqlite.connection.close()

    asyncio.run(play())


async def test_a_scan_is_counted_once_however_often_it_ends(env: ShimEnv, scans: D1Scans, metrics: D1Metrics, now: int):
    scan = make_scan_metrics(now)
    assert await scans.begin(now, "synthetic", now)
    env.faults.fail("DB", "batch", moment="after")
    with pytest.raises(StoreUnavailable):
        await finish(scans, scan)
    for _ in range(2):
        await finish(scans, scan)
    figures = await metrics.load("synthetic", now)
    assert figures.scan_totals
    assert (figures.scan_totals.scans, of_feed(figures).requests) == (1, 2)


async def test_a_scan_that_never_began_is_not_counted(scans: D1Scans, metrics: D1Metrics, now: int):
    await finish(scans, make_scan_metrics(now))
    assert (await metrics.load("synthetic", now)).scan_totals is None


async def test_a_scan_writes_seven_rows_whatever_the_hour(env: ShimEnv, scans: D1Scans, now: int):
    for step in range(3):
        await run(scans, make_scan_metrics(now + step * INTERVAL_MS))
    rows = [(await env.DB.prepare(f"SELECT hour FROM {table}").all())["results"] for table in ROLLUPS]
    assert [len(one) for one in rows] == [6, 1]


ROLLUPS = ("feed_rollups", "scan_rollups")


async def test_one_that_ends_behind_its_successor_still_counts(scans: D1Scans, metrics: D1Metrics, now: int):
    hour = now - now % HOUR_MS + HOUR_MS
    early, late = make_scan_metrics(hour - 1_000, hour - 100), make_scan_metrics(hour + 39_000, hour + 40_000)
    assert await scans.begin(early.scan_id, "synthetic", early.started_at)
    assert await scans.begin(late.scan_id, "synthetic", hour + 39_000)
    await finish(scans, late)
    await finish(scans, early)
    figures = await metrics.load("synthetic", hour)
    assert figures.scan_totals
    assert (figures.scan_totals.scans, of_feed(figures).requests) == (2, 4)


async def test_modes_are_counted_apart(scans: D1Scans, metrics: D1Metrics, now: int):
    await run(scans, make_scan_metrics(now))
    await run(scans, make_scan_metrics(now + INTERVAL_MS, mode="live"))
    for mode in ("synthetic", "live"):
        figures = await metrics.load(mode, now)
        assert figures.scan_totals
        assert (figures.scan_totals.scans, of_feed(figures).requests) == (1, 2)


async def test_old_hours_are_forgotten_and_no_counter_falls(env: ShimEnv, scans: D1Scans, metrics: D1Metrics, now: int):
    for step in range(4):
        await run(scans, make_scan_metrics(now + step * HOUR_MS))
    later = now + ROLLUPS_KEPT_MS + 10 * HOUR_MS
    before = await metrics.load("synthetic", later)
    await metrics.prune(later)
    assert await metrics.load("synthetic", later) == before
    for table, left in zip(ROLLUPS, (6, 1), strict=True):
        assert len((await env.DB.prepare(f"SELECT hour FROM {table}").all())["results"]) == left
    await run(scans, make_scan_metrics(later))
    assert of_feed(await metrics.load("synthetic", later)).requests == 10


async def test_the_greatest_latency_is_that_of_the_hour(scans: D1Scans, metrics: D1Metrics, now: int):
    start = now - now % HOUR_MS
    for at, latency_ms in ((start, 3_000), (start + HOUR_MS, 70), (start + HOUR_MS + INTERVAL_MS, 50)):
        feeds = [make_feed_metrics(latency_ms=latency_ms)]
        await run(scans, make_scan_metrics(at, feeds=feeds))
    hours = await metrics.load_hours("synthetic", start + HOUR_MS)
    assert [(one.hour - start, one.latency_ms_max, one.asked) for one in hours] == [(0, 3_000, 1), (HOUR_MS, 70, 3)]


async def test_reads_that_are_forgotten_by_the_hour_still_count(env: ShimEnv, metrics: D1Metrics, now: int):
    from arbedge.adapters.cloudflare.d1.market_reads import D1ReadCounts  # noqa: PLC0415
    from arbedge.limits import MARKET_READS_KEPT_MS  # noqa: PLC0415

    counts = D1ReadCounts(Database(env.DB))
    later = now + MARKET_READS_KEPT_MS + 2 * HOUR_MS
    for at in (now, now + HOUR_MS, later, later + 1):
        await counts.add({("book", "cache"): 2}, at)
    assert [one.reads for one in (await metrics.load("synthetic", later)).reads] == [8]
    assert [one.reads for one in await counts.load(later)] == [4]
