"""Deliveries: what each chat is to be told, is being told, and has been told of an opportunity.

    state     means                                    claim                       settle
    --------  ---------------------------------------  --------------------------  -----------------------------------
    (none)    nobody planned it                        no                          no
    queued    to be told; with a message id: to edit   yes -> sending              -> withheld
    sending   someone is talking to Telegram now       only once 30 s old          by the claim's holder -> queued,
                                                       (its holder has died)       sent, failed, withheld
    sent      the message exists, shows `revision`     yes -> sending (an edit)    -> withheld, failed
    failed    the chat cannot be told                  no                          no
    withheld  it ended before it was told              no; `plan` queues it again  by the claim's holder

A claim holds only for who knows the delivery as it is: a message recorded since it was loaded would be sent again.
It raises `attempts`, and only the holder of the highest one may settle, with one exception: a message that
Telegram confirmed is recorded whoever sent it, as long as none is recorded yet, so that no second one is sent.
Only a holder that dies between Telegram's answer and its record lets a message be sent twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import pack
from arbedge.domain.eligibility import Withheld
from arbedge.domain.person import Person
from arbedge.ports.store import Delivery

SENDING_MS_MAX: Final = 30_000  # several Telegram time-outs: a claim this old has lost its holder
ERROR_CHARACTERS_MAX: Final = 300

_PLAN = """
INSERT INTO deliveries (opportunity_id, chat_id, user_id, state, silent, created_at, updated_at)
SELECT ?1, users.telegram_id, users.id, 'queued', planned.value ->> 'is_silent', ?3, ?3
FROM json_each(?2) AS planned JOIN users ON users.id = planned.value ->> 'user_id' WHERE true
ON CONFLICT (opportunity_id, chat_id) DO UPDATE SET
  state = 'queued', silent = excluded.silent, error = NULL, updated_at = excluded.updated_at
WHERE deliveries.state = 'withheld' AND deliveries.message_id IS NULL
"""
_RECORD_DECISION = """
INSERT INTO distributions (opportunity_id, revision, after_user_id, counts, decided_at) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT DO NOTHING
"""
_LOAD_CHATS = """
SELECT chat_id FROM deliveries
WHERE opportunity_id = ?1 AND state IN ('queued', 'sending', 'sent') AND (?2 IS NULL OR chat_id > ?2)
ORDER BY chat_id LIMIT ?3
"""
_LOAD = """
SELECT opportunity_id, chat_id, user_id, state, silent, revision, message_id, attempts, error, updated_at,
  shows_outcome
FROM deliveries WHERE opportunity_id = ?1 AND chat_id = ?2
"""
_CLAIM = """
UPDATE deliveries SET state = 'sending', attempts = attempts + 1, updated_at = ?4
WHERE opportunity_id = ?1 AND chat_id = ?2 AND attempts = ?3 AND message_id IS ?6
  AND (state IN ('queued', 'sent') OR (state = 'sending' AND updated_at <= ?5))
RETURNING attempts
"""
# ?8: the attempts before the claim, as the caller loaded them.
_SETTLE = """
UPDATE deliveries SET state = ?3, revision = max(revision, coalesce(?5, revision)),
  message_id = coalesce(?6, message_id), error = ?7, updated_at = max(updated_at, ?4),
  shows_outcome = coalesce(?9, shows_outcome)
WHERE opportunity_id = ?1 AND chat_id = ?2 AND (
  (state <> 'failed' AND attempts IN (?8, ?8 + 1)) OR (?3 = 'sent' AND ?6 IS NOT NULL AND message_id IS NULL)
)
"""


class _Planned(Struct):
    user_id: str
    is_silent: int


class D1Deliveries:
    """`Deliveries` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(self, opportunity_id: str, people: Sequence[tuple[Person, bool]], now: int) -> None:
        planned = (_Planned(user_id=person.id, is_silent=int(is_silent)) for person, is_silent in people)
        if statements := [Statement(_PLAN, (opportunity_id, rows, now)) for rows in pack(planned)]:
            await self._database.run_all(statements)

    async def record_decision(
        self,
        opportunity_id: str,
        revision: int,
        after_user_id: str,
        counts: Mapping[Withheld | Literal["told"], int],
        now: int,
    ) -> None:
        text = msgspec.json.encode(dict(counts)).decode()
        await self._database.run(_RECORD_DECISION, opportunity_id, revision, after_user_id, text, now)

    async def load_chats(self, opportunity_id: str, after_chat_id: int | None, limit: int) -> list[int]:
        rows = await self._database.run(_LOAD_CHATS, opportunity_id, after_chat_id, limit)
        return [row["chat_id"] for row in rows]

    async def load(self, opportunity_id: str, chat_id: int) -> Delivery | None:
        rows = await self._database.run(_LOAD, opportunity_id, chat_id)
        return _read(rows[0]) if rows else None

    async def claim(self, delivery: Delivery, now: int) -> bool:
        key = delivery.opportunity_id, delivery.chat_id
        rows = await self._database.run(_CLAIM, *key, delivery.attempts, now, now - SENDING_MS_MAX, delivery.message_id)
        return bool(rows)

    async def settle(
        self,
        delivery: Delivery,
        state: Literal["queued", "sent", "failed", "withheld"],
        now: int,
        *,
        revision: int | None = None,
        message_id: int | None = None,
        error: str | None = None,
        shows_outcome: bool | None = None,
    ) -> None:
        await self._database.run(
            _SETTLE,
            delivery.opportunity_id,
            delivery.chat_id,
            state,
            now,
            revision,
            message_id,
            None if error is None else error[:ERROR_CHARACTERS_MAX],
            delivery.attempts,
            None if shows_outcome is None else int(shows_outcome),
        )


def _read(row: Mapping[str, Any]) -> Delivery:
    return Delivery(
        opportunity_id=row["opportunity_id"],
        chat_id=row["chat_id"],
        user_id=row["user_id"],
        state=row["state"],
        is_silent=bool(row["silent"]),
        revision=row["revision"],
        message_id=row["message_id"],
        attempts=row["attempts"],
        error=row["error"],
        updated_at=row["updated_at"],
        shows_outcome=bool(row["shows_outcome"]),
    )
