"""Callback queries and their like: each may be answered once, and only while it lives."""

from dataclasses import dataclass
from typing import Any

from scripts.sandbox.clock import Clock
from scripts.sandbox.telegram.errors import bad_request

LIFE_MS = {"callback": 150_000, "checkout": 10_000, "inline": 30_000}
"""How long after it was made a query of each kind can be answered."""
QUERIES_KEPT = 5000
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass(slots=True)
class Query:
    """`answer` holds the parameters it was answered with, for the page to show as a toast or an alert."""

    id: str
    kind: str
    user_id: int
    chat_id: int | None
    message_id: int | None
    made_ms: int
    answer: dict[str, Any] | None = None
    rev: int = 0


class Queries:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next_id = clock.now_ms() * 1_000_000  # From the clock, so that ids stay new over restarts.
        self._queries: dict[str, Query] = {}

    def next_id(self) -> str:
        self._next_id += 1
        return str(self._next_id - 1)

    def open(
        self, query_id: str, kind: str, user_id: int, chat_id: int | None = None, message_id: int | None = None
    ) -> Query:
        query = Query(query_id, kind, user_id, chat_id, message_id, self._clock.now_ms())
        while len(self._queries) >= QUERIES_KEPT:
            del self._queries[next(iter(self._queries))]
        return self._queries.setdefault(query_id, query)

    def require(self, query_id: str, kind: str) -> Query:
        """A query that can still be answered; a second answer is refused like a late one."""
        query = self._queries.get(query_id)
        if query is None or query.kind != kind or query.answer is not None:
            raise bad_request(TOO_OLD)
        if self._clock.now_ms() - query.made_ms > LIFE_MS[kind]:
            raise bad_request(TOO_OLD)
        return query

    def get(self, query_id: str) -> Query | None:
        return self._queries.get(query_id)

    def require_alive(self, query_id: str, life_ms: int) -> Query:
        """A query that is not older than `life_ms`, answered or not."""
        query = self._queries.get(query_id)
        if query is None or self._clock.now_ms() - query.made_ms > life_ms:
            raise bad_request(TOO_OLD)
        return query

    def answered_since(self, user_id: int, rev: int) -> list[Query]:
        return [q for q in self._queries.values() if q.user_id == user_id and q.rev > rev and q.answer]

    def unanswered(self) -> list[str]:
        return [q.id for q in self._queries.values() if q.answer is None]

    def clear(self) -> None:
        self._queries.clear()
