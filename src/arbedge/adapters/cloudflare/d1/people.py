"""People with their sessions and preferences."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import unpack
from arbedge.adapters.cloudflare.d1.names import clean_name
from arbedge.adapters.cloudflare.d1.preferences import parse_preferences
from arbedge.domain.person import Person, Role, Session, Tier
from arbedge.limits import SESSION_MS

REASON_CHARACTERS_MAX: Final = 200

_PERSON = """
SELECT users.id AS id, json_object(
  'id', users.id, 'telegram_id', telegram_id, 'name', name, 'role', role, 'tier', tier,
  'unreachable_at', unreachable_at, 'preferences', payload,
  'session', json(CASE WHEN state IS NOT NULL THEN json_object(
    'state', state, 'opened_at', opened_at, 'last_active_at', last_active_at, 'expires_at', expires_at,
    'commands', commands) END)
) AS person
FROM users LEFT JOIN sessions ON sessions.user_id = users.id LEFT JOIN preferences ON preferences.user_id = users.id
"""
_LOAD_BY_TELEGRAM = f"{_PERSON} WHERE telegram_id = ?1"
_LOAD = f"{_PERSON} WHERE users.id = ?1"
# A hundred people a text keep each one far below the limit for one string.
_LOAD_PAGE = f"""
SELECT group_concat(person) AS person FROM (
  SELECT person, (row_number() OVER (ORDER BY id) - 1) / 100 AS bucket FROM (
    {_PERSON} WHERE users.id > ?1 AND state = 'active' AND expires_at > ?3 ORDER BY users.id LIMIT ?2
  )
) GROUP BY bucket
"""  # noqa: S608 - both parts are constants
_REGISTER = """
INSERT INTO users (id, telegram_id, name, created_at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (telegram_id) DO UPDATE SET name = excluded.name, unreachable_at = NULL, unreachable_reason = NULL
"""
# A running session is extended; after its end a new one begins.
_OPEN_SESSION = """
INSERT INTO sessions (user_id, state, opened_at, last_active_at, expires_at)
SELECT id, 'active', ?2, ?2, ?3 FROM users WHERE telegram_id = ?1
ON CONFLICT (user_id) DO UPDATE SET
  opened_at = CASE WHEN state = 'active' AND expires_at > ?2 THEN opened_at ELSE ?2 END,
  commands = CASE WHEN state = 'active' AND expires_at > ?2 THEN commands ELSE 0 END,
  state = 'active', ended_at = NULL,
  last_active_at = max(last_active_at, excluded.last_active_at), expires_at = max(expires_at, excluded.expires_at)
"""
_EXTEND_SESSION = """
UPDATE sessions SET last_active_at = max(last_active_at, ?2), expires_at = max(expires_at, ?3), commands = commands + 1
WHERE user_id = ?1 AND state = 'active' AND expires_at > ?2
"""
_MARK_UNREACHABLE = """
UPDATE users SET unreachable_at = ?2, unreachable_reason = ?3 WHERE telegram_id = ?1 AND unreachable_at IS NULL
"""
_MARK_REACHABLE = "UPDATE users SET unreachable_at = NULL, unreachable_reason = NULL WHERE telegram_id = ?1"


class _Row(Struct):
    """A person as the query returns them; preferences are the stored text."""

    id: str
    telegram_id: int
    name: str
    role: Role
    tier: Tier
    unreachable_at: int | None
    preferences: str | None
    session: Session | None


_rows = msgspec.json.Decoder(list[_Row])


class D1People:
    """`People` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_by_telegram(self, telegram_id: int) -> Person | None:
        return _only(await self._database.run(_LOAD_BY_TELEGRAM, telegram_id))

    async def load(self, user_id: str) -> Person | None:
        return _only(await self._database.run(_LOAD, user_id))

    async def open_session(self, telegram_id: int, name: str, now: int) -> Person:
        *_, rows = await self._database.run_all(
            [
                Statement(_REGISTER, (f"u_{telegram_id}", telegram_id, clean_name(name), now)),
                Statement(_OPEN_SESSION, (telegram_id, now, now + SESSION_MS)),
                Statement(_LOAD_BY_TELEGRAM, (telegram_id,)),
            ]
        )
        (person,) = _read(rows)
        return person

    async def extend_session(self, person: Person, now: int) -> None:
        await self._database.run(_EXTEND_SESSION, person.id, now, now + SESSION_MS)

    async def mark_unreachable(self, telegram_id: int, reason: str, now: int) -> None:
        await self._database.run(_MARK_UNREACHABLE, telegram_id, now, reason[:REASON_CHARACTERS_MAX])

    async def mark_reachable(self, telegram_id: int) -> None:
        await self._database.run(_MARK_REACHABLE, telegram_id)

    async def load_page(self, after_user_id: str, limit: int, now: int) -> list[Person]:
        return _read(await self._database.run(_LOAD_PAGE, after_user_id, limit, now))


def _only(rows: list[dict[str, Any]]) -> Person | None:
    people = _read(rows)
    return people[0] if people else None


def _read(rows: list[dict[str, Any]]) -> list[Person]:
    people = [_person(row) for row in unpack((row["person"] for row in rows), _rows)]
    # An aggregate promises no order.
    return sorted(people, key=lambda person: person.id)


def _person(row: _Row) -> Person:
    return Person(
        id=row.id,
        telegram_id=row.telegram_id,
        name=row.name,
        role=row.role,
        tier=row.tier,
        session=row.session,
        preferences=parse_preferences(row.preferences),
        is_reachable=row.unreachable_at is None,
    )
