"""Open streams: a row each, given out and counted by one statement."""

import secrets
from typing import Final

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.limits import STREAMS_OF_PERSON_MAX

_FORGET: Final = "DELETE FROM streams WHERE user_id = ?1 AND ends_at <= ?2"
_OPEN: Final = """
INSERT INTO streams (id, user_id, ends_at)
SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM streams WHERE user_id = ?2) < ?4
RETURNING id
"""
_CLOSE: Final = "DELETE FROM streams WHERE id = ?1"


class D1Streams:
    """`Streams` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, user_id: str, ends_at: int, now: int) -> str | None:
        place = secrets.token_hex(8)
        _, opened = await self._database.run_all(
            [
                Statement(_FORGET, (user_id, now)),
                Statement(_OPEN, (place, user_id, ends_at, STREAMS_OF_PERSON_MAX)),
            ]
        )
        return place if opened else None

    async def close(self, place: str) -> None:
        await self._database.run(_CLOSE, place)
