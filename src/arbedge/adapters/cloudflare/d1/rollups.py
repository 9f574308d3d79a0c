"""Counters by the hour that never fall: what each scan adds to them, in the transaction that ends it.

A scan adds seven rows: one a feed and one for itself. The newest row of a feed holds its counters since the beginning.
"""

from typing import Final

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.domain.histogram import DURATION_MS_BOUNDS, LATENCY_MS_BOUNDS, find_bucket
from arbedge.limits import ROLLUPS_KEPT_MS
from arbedge.ports.analytics import FeedMetrics, ScanMetrics

HOUR_MS: Final = 3_600_000


def _add_maps(kept: str, added: str) -> str:
    """SQL for the sum of two JSON objects of counters; `kept` may be NULL."""
    both = f"SELECT key, value FROM json_each({kept}) UNION ALL SELECT key, value FROM json_each({added})"  # noqa: S608 - made of columns only
    return f"(SELECT json_group_object(key, n) FROM (SELECT key, sum(value) AS n FROM ({both}) GROUP BY key))"  # noqa: S608


_FEED_SUMS: Final = (
    *("asked", "ok", "held_back", "skipped", "requests", "bytes", "quotes", "books", "books_failed", "latency_ms_sum"),
)
_FEED_MAPS: Final = ("latency", "errors", "rejected")
_FEED_LAST: Final = ("age_ms_median", "age_ms_oldest", "clock_offset_ms")
_SCAN_SUMS: Final = ("scans", "candidates", "opened", "ended", "duration_ms_sum")
_SCAN_MAPS: Final = ("duration", "drops")

# A scan that has ended already was counted then.
_IS_RUNNING: Final = "EXISTS (SELECT 1 FROM scans WHERE id = ?4 AND finished_at IS NULL)"
# Should a scan end behind its successor, it is counted with that one's hour: what counts is always the newest row.
_HOUR: Final = "max(?2, coalesce(p.hour, 0))"


def _max_of_hour(name: str) -> str:
    return f"CASE WHEN p.hour >= ?2 THEN max(p.{name}, one.value ->> '{name}') ELSE one.value ->> '{name}' END"


def _take_over(*names: str) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in names)


_ADD_FEEDS: Final = f"""
INSERT INTO feed_rollups
  (mode, exchange, market, hour, latency_ms_max, {", ".join((*_FEED_SUMS, *_FEED_MAPS, *_FEED_LAST))})
SELECT ?3, one.value ->> 'exchange', one.value ->> 'market', {_HOUR}, {_max_of_hour("latency_ms_max")},
  {", ".join(f"coalesce(p.{name}, 0) + (one.value ->> '{name}')" for name in _FEED_SUMS)},
  {", ".join(_add_maps(f"p.{name}", f"one.value -> '{name}'") for name in _FEED_MAPS)},
  {", ".join(f"one.value ->> '{name}'" for name in _FEED_LAST)}
FROM json_each(?1) one LEFT JOIN feed_rollups p
  ON p.mode = ?3 AND p.exchange = one.value ->> 'exchange' AND p.market = one.value ->> 'market' AND p.hour = (
    SELECT max(q.hour) FROM feed_rollups q
    WHERE q.mode = ?3 AND q.exchange = one.value ->> 'exchange' AND q.market = one.value ->> 'market'
  )
WHERE {_IS_RUNNING}
ON CONFLICT (mode, exchange, market, hour) DO UPDATE
  SET {_take_over("latency_ms_max", *_FEED_SUMS, *_FEED_MAPS, *_FEED_LAST)}
"""  # noqa: S608 - every part of it stands above
# Between this scan and the one that ended before it lie the due times that were missed.
_MISSED: Final = """
max(0, CAST(
  (?4 - coalesce((SELECT max(id) FROM scans WHERE finished_at IS NOT NULL AND id < ?4), ?4)) / ?5 AS INTEGER
) - 1)
"""
_ADD_SCAN: Final = f"""
INSERT INTO scan_rollups (mode, hour, missed, duration_ms_max, {", ".join((*_SCAN_SUMS, *_SCAN_MAPS))})
SELECT ?3, {_HOUR}, coalesce(p.missed, 0) + {_MISSED}, {_max_of_hour("duration_ms_max")},
  {", ".join(f"coalesce(p.{name}, 0) + (one.value ->> '{name}')" for name in _SCAN_SUMS)},
  {", ".join(_add_maps(f"p.{name}", f"one.value -> '{name}'") for name in _SCAN_MAPS)}
FROM json_each(?1) one LEFT JOIN scan_rollups p
  ON p.mode = ?3 AND p.hour = (SELECT max(q.hour) FROM scan_rollups q WHERE q.mode = ?3)
WHERE {_IS_RUNNING}
ON CONFLICT (mode, hour) DO UPDATE SET {_take_over("missed", "duration_ms_max", *_SCAN_SUMS, *_SCAN_MAPS)}
"""  # noqa: S608
# The newest row carries the counters on, so it stays whatever its age.
_PRUNE_FEEDS: Final = """
DELETE FROM feed_rollups AS old WHERE hour < ?1 AND EXISTS (
  SELECT 1 FROM feed_rollups new
  WHERE new.mode = old.mode AND new.exchange = old.exchange AND new.market = old.market AND new.hour > old.hour
)
"""
_PRUNE_SCANS: Final = """
DELETE FROM scan_rollups AS old WHERE hour < ?1
  AND EXISTS (SELECT 1 FROM scan_rollups new WHERE new.mode = old.mode AND new.hour > old.hour)
"""


def count_scan(scan: ScanMetrics) -> list[Statement]:
    """What adds a scan to the counters, once: to be run with, and before, the statement that ends it."""
    hour = scan.finished_at - scan.finished_at % HOUR_MS
    feeds = _encode([_feed_row(feed) for feed in scan.feeds])
    return [
        Statement(_ADD_FEEDS, (feeds, hour, scan.mode, scan.scan_id)),
        Statement(_ADD_SCAN, (_encode([_scan_row(scan)]), hour, scan.mode, scan.scan_id, scan.interval_ms)),
    ]


def _encode(rows: list[dict[str, object]]) -> str:
    return msgspec.json.encode(rows).decode()


def _feed_row(feed: FeedMetrics) -> dict[str, object]:
    """Only answers have a latency: a request given up says how patient we are, and counts as an error."""
    is_answered = feed.outcome == "answered"
    latency_ms = feed.latency_ms if is_answered else 0
    is_counted = feed.error_class is not None and feed.outcome in {"answered", "failed"}
    return {
        "exchange": feed.exchange,
        "market": feed.market,
        "asked": int(feed.outcome in {"answered", "failed"}),
        "ok": int(is_answered and feed.error_class is None),
        "held_back": int(feed.outcome == "held_back"),
        "skipped": int(feed.outcome == "skipped"),
        "requests": feed.requests,
        "bytes": feed.bytes,
        "quotes": feed.quotes,
        "books": feed.books,
        "books_failed": feed.books_failed,
        "latency_ms_sum": latency_ms,
        "latency_ms_max": latency_ms,
        "latency": {find_bucket(latency_ms, LATENCY_MS_BOUNDS): 1} if is_answered else {},
        "errors": {feed.error_class: 1} if is_counted else {},
        "rejected": feed.rejected,
        "age_ms_median": feed.age_ms_median,
        "age_ms_oldest": feed.age_ms_oldest,
        "clock_offset_ms": feed.clock_offset_ms,
    }


def _scan_row(scan: ScanMetrics) -> dict[str, object]:
    return {
        "scans": 1,
        "candidates": scan.candidates,
        "opened": scan.opened,
        "ended": scan.ended,
        "duration_ms_sum": scan.duration_ms,
        "duration_ms_max": scan.duration_ms,
        "duration": {find_bucket(scan.duration_ms, DURATION_MS_BOUNDS): 1},
        "drops": scan.drops,
    }


async def prune_rollups(database: Database, now: int) -> None:
    oldest = now - ROLLUPS_KEPT_MS
    await database.run_all([Statement(_PRUNE_FEEDS, (oldest,)), Statement(_PRUNE_SCANS, (oldest,))])
