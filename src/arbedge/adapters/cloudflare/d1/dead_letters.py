"""Dead letters: queue messages that were given up, kept for a person to see."""

from typing import Final

from arbedge.adapters.cloudflare.d1.database import Database

BODY_CHARACTERS_MAX: Final = 130_000  # a whole queue message
ERROR_CHARACTERS_MAX: Final = 300

_RECORD = """
INSERT INTO dead_letters (queue, message_id, body, error, attempts, recorded_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO NOTHING
"""
_COUNT = "SELECT count(*) AS count FROM dead_letters"


class D1DeadLetters:
    """`DeadLetters` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, queue: str, message_id: str, body: str, error: str, attempts: int, now: int) -> None:
        # A body may be anything, half a surrogate pair included, which no database takes as text.
        kept = [
            text.encode(errors="replace").decode()
            for text in (body[:BODY_CHARACTERS_MAX], error[:ERROR_CHARACTERS_MAX])
        ]
        await self._database.run(_RECORD, queue, message_id, *kept, attempts, now)

    async def count(self) -> int:
        (row,) = await self._database.run(_COUNT)
        return row["count"]
