"""Telegram's updates: each acts once, however often it is delivered."""

from typing import Final

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.errors import StoreUnavailable
from arbedge.limits import UPDATES_KEPT_MS

HANDLING_MS_MAX: Final = 30_000  # the platform ends an invocation by then: an older attempt has broken off
PRUNE_EVERY: Final = 32  # one update in so many tidies up, and removes more than came since
PRUNED_MAX: Final = 200
ERROR_CHARACTERS_MAX: Final = 300

_BEGIN = """
INSERT INTO updates (id, state, received_at) VALUES (?1, 'received', ?2)
ON CONFLICT (id) DO UPDATE SET attempts = attempts + 1, received_at = excluded.received_at
WHERE updates.state = 'received' AND updates.received_at <= ?3
RETURNING id
"""
_STATE = "SELECT state FROM updates WHERE id = ?1"
_FINISH = "UPDATE updates SET state = ?2, error = ?3, finished_at = ?4 WHERE id = ?1"
_PRUNE = """
DELETE FROM updates WHERE id IN (
  SELECT id FROM updates WHERE received_at < ?1 ORDER BY received_at LIMIT ?2
)
"""


class D1Updates:
    """`Updates` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, update_id: int, now: int) -> bool:
        statements = [Statement(_BEGIN, (update_id, now, now - HANDLING_MS_MAX)), Statement(_STATE, (update_id,))]
        if update_id % PRUNE_EVERY == 0:
            statements.append(Statement(_PRUNE, (now - UPDATES_KEPT_MS, PRUNED_MAX)))
        begun, (row,), *_ = await self._database.run_all(statements)
        if not begun and row["state"] == "received":
            # To answer "handled" would lose it should the other attempt have died; Telegram asks again later.
            raise StoreUnavailable("updates: another attempt at this update has not ended")
        return bool(begun)

    async def finish(self, update_id: int, error: str | None, now: int) -> None:
        text = None if error is None else error[:ERROR_CHARACTERS_MAX]
        await self._database.run(_FINISH, update_id, "done" if error is None else "failed", text, now)
