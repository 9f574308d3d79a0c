"""All figures of a deployment in one batch of queries, each of which finds its rows by an index."""

import json
from typing import Any, Final

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database, Rows, Statement
from arbedge.adapters.cloudflare.d1.dependencies import D1Dependencies
from arbedge.adapters.cloudflare.d1.documents import unpack
from arbedge.adapters.cloudflare.d1.instruments import LIST_TIMES
from arbedge.adapters.cloudflare.d1.rollups import HOUR_MS, prune_rollups
from arbedge.adapters.cloudflare.d1.scans import FEEDS
from arbedge.domain.market import Mode
from arbedge.errors import StoreUnavailable
from arbedge.ports.health import DependencyHealth
from arbedge.ports.market_documents import Reads
from arbedge.ports.metrics import Credits, FeedTotals, Figures, ScanTotals
from arbedge.ports.store import FeedHealth

_DELIVERIES_WINDOW_MS: Final = HOUR_MS
_ENDED_WINDOW_MS: Final = 24 * HOUR_MS  # longer than that after its end nothing of an opportunity is delivered

_feeds = msgspec.json.Decoder(list[FeedHealth])

_FEED_TOTALS = """
SELECT r.* FROM feeds f JOIN feed_rollups r ON r.mode = ?1 AND r.exchange = f.exchange AND r.market = f.market
  AND r.hour = (
    SELECT max(q.hour) FROM feed_rollups q WHERE q.mode = ?1 AND q.exchange = f.exchange AND q.market = f.market
  )
ORDER BY r.exchange, r.market
"""
_SCAN_TOTALS = "SELECT * FROM scan_rollups WHERE mode = ?1 ORDER BY hour DESC LIMIT 1"
_LAST_SCAN = """
SELECT finished_at, report ->> 'instruments' AS instruments FROM scans
WHERE finished_at IS NOT NULL AND mode = ?1 ORDER BY id DESC LIMIT 1
"""
_OPEN = "SELECT type AS name, count(*) AS n FROM opportunities WHERE ended_at IS NULL AND mode = ?1 GROUP BY type"
_DELIVERIES = """
SELECT d.state AS name, count(*) AS n FROM opportunities o JOIN deliveries d ON d.opportunity_id = o.id
WHERE (o.ended_at IS NULL OR o.ended_at >= ?1) AND o.mode = ?3 AND d.updated_at >= ?2 GROUP BY d.state
"""
_DEAD_LETTERS = "SELECT queue AS name, count(*) AS n FROM dead_letters GROUP BY queue"
_DEPENDENCIES = "SELECT name, state, error, checked_at, last_success_at FROM dependencies ORDER BY name"
_READS = "SELECT kind, served, sum(reads) AS reads FROM market_reads GROUP BY kind, served ORDER BY kind, served"
_CREDITS = """
SELECT credits_spent AS spent, credits_limit AS "limit",
  (SELECT coalesce(sum(credits), 0) FROM cmc_calls WHERE settled_at IS NULL) AS reserved
FROM cmc_quota WHERE id = 1
"""
_HOURS = """
SELECT r.* FROM feeds f JOIN feed_rollups r ON r.mode = ?1 AND r.exchange = f.exchange AND r.market = f.market
  AND r.hour >= coalesce((
    SELECT max(q.hour) FROM feed_rollups q
    WHERE q.mode = ?1 AND q.exchange = f.exchange AND q.market = f.market AND q.hour < ?2
  ), 0)
ORDER BY r.exchange, r.market, r.hour
"""


class D1Metrics:
    """`Metrics` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, mode: Mode, now: int) -> Figures:
        deliveries = (now - _ENDED_WINDOW_MS, now - _DELIVERIES_WINDOW_MS, mode)
        (
            feeds,
            feed_totals,
            scan_totals,
            last_scan,
            open_,
            sent,
            dead,
            dependencies,
            lag,
            reads,
            credits_,
            lists,
        ) = await self._database.run_all(
            [
                Statement(FEEDS),
                Statement(_FEED_TOTALS, (mode,)),
                Statement(_SCAN_TOTALS, (mode,)),
                Statement(_LAST_SCAN, (mode,)),
                Statement(_OPEN, (mode,)),
                Statement(_DELIVERIES, deliveries),
                Statement(_DEAD_LETTERS),
                Statement(_DEPENDENCIES),
                D1Dependencies.ask_queue_lag(now),
                Statement(_READS),
                Statement(_CREDITS),
                Statement(LIST_TIMES),
            ]
        )
        try:
            return Figures(
                feeds=unpack((row["feed"] for row in feeds), _feeds),
                feed_totals=[msgspec.convert(_open_maps(row), FeedTotals) for row in feed_totals],
                scan_totals=msgspec.convert(_open_maps(scan_totals[0]), ScanTotals) if scan_totals else None,
                last_scan_at=last_scan[0]["finished_at"] if last_scan else None,
                instruments=last_scan[0]["instruments"] if last_scan else None,
                open_opportunities=_by_name(open_),
                deliveries=_by_name(sent),
                dead_letters=_by_name(dead),
                dependencies=[
                    *(DependencyHealth(**row) for row in dependencies),
                    D1Dependencies.judge_queue_lag(lag[0], now),
                ],
                list_times={row["feed"]: row["fetched_at"] for row in lists},
                reads=[msgspec.convert(row, Reads) for row in reads],
                credits=msgspec.convert(credits_[0], Credits) if credits_ else None,
            )
        except msgspec.MsgspecError as error:
            raise StoreUnavailable(f"database: a stored figure cannot be read: {error}") from None

    async def load_hours(self, mode: Mode, since: int) -> list[FeedTotals]:
        rows = await self._database.run(_HOURS, mode, since - since % HOUR_MS)
        return [msgspec.convert(_open_maps(row), FeedTotals) for row in rows]

    async def prune(self, now: int) -> None:
        await prune_rollups(self._database, now)


def _by_name(rows: Rows) -> dict[str, int]:
    return {row["name"]: row["n"] for row in rows}


def _open_maps(row: dict[str, Any]) -> dict[str, Any]:
    """Columns that hold JSON arrive as text; none of the others begins with a brace."""
    return {
        name: json.loads(value) if isinstance(value, str) and value.startswith("{") else value
        for name, value in row.items()
    }
