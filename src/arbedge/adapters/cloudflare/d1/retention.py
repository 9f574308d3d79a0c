"""Deletes what has been kept long enough, oldest first, in transactions that are small for the database."""

from collections import Counter
from typing import Final

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.limits import (
    DEAD_LETTERS_KEPT_MS,
    FORGETTING_STEPS_MAX,
    FORGOTTEN_MAX,
    FORGOTTEN_ROWS_MAX,
    MODELS_KEPT_MS,
    OPPORTUNITIES_KEPT_MS,
)

_OLD: Final = "SELECT id FROM opportunities WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2"


def _forget_rows(table: str, *key: str) -> str:
    """Rows of the oldest opportunities; they refer to them, so they go first."""
    columns = ", ".join(key)
    return f"""
DELETE FROM {table} WHERE ({columns}) IN (
  SELECT {columns} FROM {table} WHERE opportunity_id IN ({_OLD}) LIMIT ?3
) RETURNING 1
"""  # noqa: S608 - made of constants


_FORGET_ROWS: Final = {
    "deliveries": _forget_rows("deliveries", "opportunity_id", "chat_id"),
    "distributions": _forget_rows("distributions", "opportunity_id", "revision", "after_user_id"),
    "appraisals": _forget_rows("appraisals", "opportunity_id", "step"),
}
_IS_REFERRED_TO: Final = " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} WHERE opportunity_id = opportunities.id)"  # noqa: S608 - as above
    for table in _FORGET_ROWS
)
_FORGET_OPPORTUNITIES: Final = f"""
DELETE FROM opportunities WHERE id IN ({_OLD}) AND NOT ({_IS_REFERRED_TO}) RETURNING 1
"""  # noqa: S608 - as above
# The model in use is part of another document, but the one it names stays on record.
_FORGET_MODELS: Final = """
DELETE FROM models WHERE trained_at < ?1
  AND version NOT IN (SELECT payload ->> '$.model.version' FROM learned WHERE payload ->> '$.model.version' IS NOT NULL)
RETURNING 1
"""
_FORGET_LETTERS: Final = """
DELETE FROM dead_letters WHERE (queue, message_id) IN (
  SELECT queue, message_id FROM dead_letters WHERE recorded_at < ?1 ORDER BY recorded_at LIMIT ?2
) RETURNING 1
"""


class D1Retention:
    """`Retention` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, now: int) -> dict[str, int]:
        models, letters = await self._database.run_all(
            [
                Statement(_FORGET_MODELS, (now - MODELS_KEPT_MS,)),
                Statement(_FORGET_LETTERS, (now - DEAD_LETTERS_KEPT_MS, FORGOTTEN_ROWS_MAX)),
            ]
        )
        gone = Counter({"models": len(models), "dead_letters": len(letters)})
        old = (now - OPPORTUNITIES_KEPT_MS, FORGOTTEN_MAX)
        for _ in range(FORGETTING_STEPS_MAX):
            found = await self._database.run_all(
                [
                    *(Statement(sql, (*old, FORGOTTEN_ROWS_MAX)) for sql in _FORGET_ROWS.values()),
                    Statement(_FORGET_OPPORTUNITIES, old),
                ]
            )
            step = dict(zip((*_FORGET_ROWS, "opportunities"), map(len, found), strict=True))
            if not any(step.values()):
                break
            gone.update(step)
        return dict(gone)
