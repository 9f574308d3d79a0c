"""The last known health of what is asked only now and then, and of the queues as our own records show it."""

from collections.abc import Mapping
from typing import Any, Final

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.ports.health import DependencyHealth

QUEUE_LAG_MS_MAX: Final = 120_000  # queues deliver within seconds; this long means that nobody consumes

_SAVE = """
INSERT INTO dependencies (name, state, error, checked_at, last_success_at) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (name) DO UPDATE SET
  state = excluded.state, error = excluded.error, checked_at = excluded.checked_at,
  last_success_at = coalesce(excluded.last_success_at, last_success_at)
"""
_LOAD = "SELECT name, state, error, checked_at, last_success_at FROM dependencies WHERE name = ?1"
# The announcement that has waited longest without a decision of the same or a later revision.
_LAG = """
SELECT
  (SELECT max(decided_at) FROM distributions) AS decided_at,
  (SELECT min(json_extract(o.payload, '$.revised_at')) FROM opportunities o
   WHERE (o.ended_at IS NULL OR o.ended_at > ?1) AND o.announced_revision > 0 AND o.updated_at > ?1 AND NOT EXISTS (
     SELECT 1 FROM distributions d WHERE d.opportunity_id = o.id AND d.revision >= o.announced_revision
   )) AS waiting_since
"""
_LAG_WINDOW_MS: Final = 3_600_000


class D1Dependencies:
    """`Dependencies` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, health: DependencyHealth) -> None:
        values = (health.name, health.state, health.error, health.checked_at, health.last_success_at)
        await self._database.run(_SAVE, *values)

    async def load(self, name: str) -> DependencyHealth | None:
        rows = await self._database.run(_LOAD, name)
        return DependencyHealth(**rows[0]) if rows else None

    async def load_queue_lag(self, now: int) -> DependencyHealth:
        ((row,),) = await self._database.run_all([self.ask_queue_lag(now)])
        return self.judge_queue_lag(row, now)

    @staticmethod
    def ask_queue_lag(now: int) -> Statement:
        return Statement(_LAG, (now - _LAG_WINDOW_MS,))

    @staticmethod
    def judge_queue_lag(row: Mapping[str, Any], now: int) -> DependencyHealth:
        """What the row that `ask_queue_lag` brings says of the queues."""
        waiting: int | None = row["waiting_since"]
        is_late = waiting is not None and now - waiting > QUEUE_LAG_MS_MAX
        return DependencyHealth(
            name="queues",
            state="degraded" if is_late else "ok",
            error=f"an announcement has waited for {(now - waiting) // 1000} s" if is_late and waiting else None,
            checked_at=now,
            last_success_at=row["decided_at"],
        )
