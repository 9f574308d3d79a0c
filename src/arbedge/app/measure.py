"""Sums up a scan in figures: how each feed did, how good its data was, and what came of it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import Final

from arbedge.domain.decision import Decision
from arbedge.domain.market import Feed, FeedKey, Snapshot
from arbedge.ports.analytics import FeedMetrics, Outcome, ScanMetrics
from arbedge.ports.exchange import Traffic
from arbedge.ports.store import FeedHealth, ScanReport

SAMPLE_MAX: Final = 256  # quotes that the median age is taken of: sorting all would cost as much as reading them

_stamp_of = attrgetter("exchange_at")


def measure_scan(
    report: ScanReport,
    snapshot: Snapshot,
    decision: Decision,
    before: Sequence[FeedHealth],
    after: Sequence[FeedHealth],
    meter: Mapping[FeedKey, Traffic],
    wanted: Collection[tuple[str, str, str]],
    fetched: Collection[tuple[str, str, str]],
    *,
    interval_ms: int,
) -> ScanMetrics:
    """`before` and `after` are the feeds' health around the scan, `wanted` and `fetched` the order books."""
    known = {(one.exchange, one.market): one for one in before}
    health = {(one.exchange, one.market): one for one in after}
    books = Counter((exchange, market) for exchange, market, _ in wanted)
    had = Counter((exchange, market) for exchange, market, _ in fetched)
    feeds = list[FeedMetrics]()
    for feed in snapshot.feeds:
        key = (feed.exchange, feed.market)
        outcome = _find_outcome(feed, known.get(key), health[key], snapshot.started_at)
        traffic = meter.get(key, Traffic())
        feeds.append(_measure_feed(feed, health[key], outcome, traffic, books[key], books[key] - had[key]))
    return ScanMetrics(
        scan_id=report.scan_id,
        mode=report.mode,
        interval_ms=interval_ms,
        started_at=report.started_at,
        finished_at=report.finished_at,
        instruments=report.instruments,
        candidates=report.candidates,
        opened=sum(one.is_open and one.transitions[-1].at == report.finished_at for one in decision.changed),
        ended=sum(not one.is_open for one in decision.changed),
        drops=report.drop_counts,
        feeds=feeds,
    )


def _measure_feed(
    feed: Feed, health: FeedHealth, outcome: Outcome, traffic: Traffic, books: int, books_failed: int
) -> FeedMetrics:
    median, oldest = _find_ages(feed)
    return FeedMetrics(
        exchange=feed.exchange,
        market=feed.market,
        state=health.state,
        outcome=outcome,
        error_class=health.error_class,
        latency_ms=feed.latency_ms,
        requests=traffic.requests,
        bytes=traffic.bytes,
        quotes=len(feed.quotes),
        rejected=feed.rejected,
        age_ms_median=median,
        age_ms_oldest=oldest,
        clock_offset_ms=feed.clock_offset_ms,
        books=books,
        books_failed=books_failed,
    )


def _find_outcome(feed: Feed, before: FeedHealth | None, after: FeedHealth, started_at: int) -> Outcome:
    if before and before.circuit.get_state(started_at) == "open":
        return "skipped"
    if feed.state in {"ok", "degraded"}:
        return "answered"
    # Only what was sent counts as a failure of the exchange.
    return "failed" if after.failures > (before.failures if before else 0) else "held_back"


def _find_ages(feed: Feed) -> tuple[int | None, int | None]:
    """The median and the highest age of the quotes in ms; where an exchange stamps nothing, both count from receipt.

    The median is that of an even sample where there are many.
    """
    if not feed.quotes:
        return None, None
    received_at = feed.received_at + feed.clock_offset_ms
    stamps = [stamp for stamp in map(_stamp_of, feed.quotes) if stamp] or [received_at]
    sample = sorted(stamps[:: len(stamps) // SAMPLE_MAX + 1])
    return received_at - sample[(len(sample) - 1) // 2], received_at - min(stamps)
