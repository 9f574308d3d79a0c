"""Opportunities: the episodes as documents, with the columns that lists, the unique key and announcing need."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from arbedge.adapters.cloudflare.d1.appraisals import schedule
from arbedge.adapters.cloudflare.d1.changes import LOAD_COUNTER, PREMIUM_TYPES_JSON, load_changes
from arbedge.adapters.cloudflare.d1.cursor import Position, parse_cursor, render_cursor
from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import pack, recall
from arbedge.adapters.cloudflare.d1.traits import load_traits
from arbedge.domain.categories import Category, categorise
from arbedge.domain.market import Mode
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import PREMIUM_NET_BPS
from arbedge.domain.similarity import Traits
from arbedge.limits import SIGNAL_MEMORY_MS
from arbedge.ports.store import Changes, OpportunityFilter, Page

UNANNOUNCED_MAX: Final = 1000  # what one scan hands to the queue; the rest waits for the next one

_opportunities = msgspec.json.Decoder(list[Opportunity])

_LOAD = "SELECT payload FROM opportunities WHERE id = ?1"
_LOAD_CURRENT = """
SELECT id, ended_at, payload FROM opportunities
WHERE ended_at IS NULL OR ended_at >= ?1 OR (type = 'technical' AND ended_at >= ?2)
"""
# An open one that cannot be read would keep its key, and with it every save of a scan that finds the same again. What
# it said until then is kept; nobody is told that it ended, since nobody could say what.
_SET_ASIDE = """
UPDATE opportunities SET status = 'vanished', ended_at = updated_at, announced_revision = revision,
  outcome_announced_at = updated_at
WHERE id IN (SELECT value FROM json_each(?1)) AND ended_at IS NULL
"""
# A revision is written once: a writer that started from an older state neither lowers it nor puts another event in
# its place. Each row gets a number of its own, in the order of writing, which only a new revision takes over.
# `announced_revision` is left to `mark_announced`.
_SAVE = """
INSERT INTO opportunities
  (id, key, type, asset, status, mode, net_bps, ranked_bps, detected_at, updated_at, ended_at, revision, payload, seq,
   opened_seq, categories)
SELECT one ->> 'id', one ->> 'key', one ->> 'type', one ->> 'asset', one ->> 'status', one ->> 'mode',
  CAST(one ->> '$.sighting.edge.net_bps' AS REAL),
  CAST(coalesce(one ->> 'ranked_net_bps', one ->> '$.sighting.edge.net_bps') AS REAL),
  one ->> 'detected_at', one ->> 'updated_at', one ->> 'ended_at', one ->> 'revision', one, given + nth, given + nth,
  categories
FROM (
  SELECT value -> 'document' AS one, value -> 'categories' AS categories, key + 1 AS nth FROM json_each(?1)
), (SELECT value AS given FROM change_counter) WHERE true
ON CONFLICT (id) DO UPDATE SET
  status = excluded.status, net_bps = excluded.net_bps, ranked_bps = excluded.ranked_bps,
  updated_at = excluded.updated_at, ended_at = excluded.ended_at, revision = excluded.revision,
  payload = excluded.payload, categories = excluded.categories,
  seq = iif(excluded.revision > opportunities.revision, excluded.seq, opportunities.seq),
  opened_seq = iif(opportunities.ended_at IS NOT NULL AND excluded.ended_at IS NULL, excluded.seq,
    opportunities.opened_seq)
WHERE excluded.revision > opportunities.revision
  OR (excluded.revision = opportunities.revision AND excluded.updated_at >= opportunities.updated_at
      AND excluded.payload ->> 'revised_at' = opportunities.payload ->> 'revised_at')
"""
_COUNT_UP = "UPDATE change_counter SET value = value + json_array_length(?1)"
_LOAD_UNANNOUNCED = """
SELECT id, revision FROM opportunities WHERE announced_revision < revision ORDER BY updated_at LIMIT ?1
"""
_MARK_ANNOUNCED = """
UPDATE opportunities SET announced_revision = told.revision
FROM (SELECT value ->> 0 AS id, value ->> 1 AS revision FROM json_each(?1)) AS told
WHERE opportunities.id = told.id AND opportunities.announced_revision < told.revision
"""
_LOAD_OUTCOMES = """
SELECT id FROM opportunities INDEXED BY opportunities_outcome
WHERE outcome_announced_at IS NULL AND ended_at >= ?1
  AND EXISTS (SELECT 1 FROM appraisals WHERE opportunity_id = opportunities.id)
  AND NOT EXISTS (SELECT 1 FROM appraisals WHERE opportunity_id = opportunities.id AND state = 'scheduled')
ORDER BY ended_at LIMIT ?2
"""
_MARK_OUTCOMES = """
UPDATE opportunities SET outcome_announced_at = ?2 WHERE id IN (SELECT value FROM json_each(?1))
"""
# What a reader asked for, in the list and in the count of what it hides: ?1 to ?9 are the same in both.
_WANTED: Final = """
ended_at IS NULL
  AND (?1 IS NULL OR type = ?1)
  AND (?2 IS NULL OR asset = ?2)
  AND (?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(payload, '$.sighting.legs') WHERE value ->> 'exchange' = ?3))
  AND (?4 IS NULL OR net_bps >= ?4)
  AND (?5 IS NULL OR EXISTS (SELECT 1 FROM json_each(categories) WHERE value = ?5))
  AND (?6 OR type <> 'technical')
"""
_IS_PREMIUM: Final = "(net_bps >= ?7 OR type IN (SELECT value FROM json_each(?8)))"
_IS_TOLD: Final = """EXISTS (
  SELECT 1 FROM deliveries WHERE opportunity_id = opportunities.id AND chat_id = ?9 AND message_id IS NOT NULL
)"""
# Left alone, the planner would read and sort every open row to return the first few.
_LIST_OPEN = f"""
SELECT id, ranked_bps, payload FROM opportunities INDEXED BY opportunities_open
WHERE {_WANTED}
  AND (?10 IS NULL OR ?10 = {_IS_PREMIUM} OR {_IS_TOLD})
  AND (?11 IS NULL OR ranked_bps < ?11 OR (ranked_bps = ?11 AND id > ?12))
ORDER BY ranked_bps DESC, id LIMIT ?13
"""  # noqa: S608 - every part of it stands above
_COUNT_HIDDEN = f"""
SELECT count(*) AS count FROM opportunities INDEXED BY opportunities_open
WHERE {_WANTED} AND {_IS_PREMIUM} AND NOT {_IS_TOLD}
"""  # noqa: S608
_LOAD_SOME = "SELECT payload FROM opportunities WHERE id IN (SELECT value FROM json_each(?1))"
_COUNT_CATEGORIES = """
SELECT one.value AS category, count(*) AS count FROM opportunities AS o, json_each(o.categories) AS one
WHERE o.ended_at IS NULL AND (?1 OR NOT (o.net_bps >= ?2 OR o.type IN (SELECT value FROM json_each(?3))))
GROUP BY one.value
"""
_COUNT_OPEN = "SELECT count(*) AS count FROM opportunities WHERE ended_at IS NULL"


class _Saved(Struct, frozen=True):
    document: Opportunity
    categories: list[Category]


class D1Opportunities:
    """`Opportunities` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_current(self, ended_since: int) -> list[Opportunity]:
        rows = await self._database.run(_LOAD_CURRENT, ended_since, ended_since - SIGNAL_MEMORY_MS)
        found = _recall(rows)
        lost = [row["id"] for row, one in zip(rows, found, strict=True) if one is None and row["ended_at"] is None]
        if lost:
            await self._database.run(_SET_ASIDE, msgspec.json.encode(lost).decode())
        return [one for one in found if one is not None]

    async def save(self, changed: Sequence[Opportunity]) -> None:
        # Ends first: they free the key that another episode may take in the same call.
        ordered = sorted(changed, key=lambda one: one.is_open)
        saved = (_Saved(one, categorise(one)) for one in ordered)
        if statements := [Statement(sql, (rows,)) for rows in pack(saved) for sql in (_SAVE, _COUNT_UP)]:
            await self._database.run_all([*statements, *schedule(changed)])

    async def load_unannounced(self) -> list[tuple[str, int]]:
        rows = await self._database.run(_LOAD_UNANNOUNCED, UNANNOUNCED_MAX)
        return [(row["id"], row["revision"]) for row in rows]

    async def mark_announced(self, announced: Sequence[tuple[str, int]]) -> None:
        if statements := [Statement(_MARK_ANNOUNCED, (rows,)) for rows in pack(announced)]:
            await self._database.run_all(statements)

    async def load_unannounced_outcomes(self, ended_since: int) -> list[str]:
        rows = await self._database.run(_LOAD_OUTCOMES, ended_since, UNANNOUNCED_MAX)
        return [row["id"] for row in rows]

    async def mark_outcomes_announced(self, opportunity_ids: Sequence[str], now: int) -> None:
        if statements := [Statement(_MARK_OUTCOMES, (ids, now)) for ids in pack(opportunity_ids)]:
            await self._database.run_all(statements)

    async def load(self, opportunity_id: str) -> Opportunity | None:
        found = _read(await self._database.run(_LOAD, opportunity_id))
        return found[0] if found else None

    async def list_open(self, wanted: OpportunityFilter, limit: int, cursor: str | None) -> Page:
        after = parse_cursor(cursor) if cursor is not None else None
        listed = await self._database.run_all(_list_open(wanted, limit, after))
        return _read_page(listed, limit)

    async def load_listed(self, wanted: OpportunityFilter, limit: int) -> tuple[Page, int]:
        *listed, counted = await self._database.run_all([*_list_open(wanted, limit, None), Statement(LOAD_COUNTER)])
        return _read_page(listed, limit), counted[0]["value"]

    async def load_changes(self, wanted: OpportunityFilter, after_seq: int, limit: int) -> Changes:
        return await load_changes(self._database, wanted, after_seq, limit)

    async def load_traits(
        self, mode: Mode, ended_since: int, open_max: int, ended_max: int, *, with_premium: bool
    ) -> list[Traits]:
        return await load_traits(self._database, mode, ended_since, open_max, ended_max, with_premium=with_premium)

    async def load_some(self, ids: Sequence[str]) -> list[Opportunity]:
        return _read(await self._database.run(_LOAD_SOME, msgspec.json.encode(ids).decode()))

    async def count_categories(self, *, with_premium: bool) -> dict[str, int]:
        rows = await self._database.run(_COUNT_CATEGORIES, int(with_premium), PREMIUM_NET_BPS, PREMIUM_TYPES_JSON)
        return {row["category"]: row["count"] for row in rows}

    async def count_open(self) -> int:
        (row,) = await self._database.run(_COUNT_OPEN)
        return row["count"]


def _recall(rows: list[dict[str, Any]]) -> list[Opportunity | None]:
    return recall([row["payload"] for row in rows], _opportunities)


def _read(rows: list[dict[str, Any]]) -> list[Opportunity]:
    return [one for one in _recall(rows) if one is not None]


def _list_open(wanted: OpportunityFilter, limit: int, after: Position | None) -> list[Statement]:
    """The page, and where premium is left out, how many that hides."""
    if limit < 1:
        raise ValueError("a page has at least one item")
    choice = (wanted.type, wanted.asset, wanted.exchange, wanted.min_edge_bps, wanted.category)
    reader = (int(wanted.shows_technical), PREMIUM_NET_BPS, PREMIUM_TYPES_JSON, wanted.told_chat)
    is_premium = None if wanted.is_premium is None else int(wanted.is_premium)
    place = (after.ranked_bps if after else None, after.id if after else None, limit + 1)
    return [
        Statement(_LIST_OPEN, (*choice, *reader, is_premium, *place)),
        *([Statement(_COUNT_HIDDEN, (*choice, *reader))] if wanted.is_premium is False else []),
    ]


def _read_page(listed: Sequence[list[dict[str, Any]]], limit: int) -> Page:
    rows, *counts = listed
    page = rows[:limit]
    last = Position(ranked_bps=page[-1]["ranked_bps"], id=page[-1]["id"]) if len(rows) > limit else None
    hidden = counts[0][0]["count"] if counts else 0
    return Page(items=_read(page), next_cursor=render_cursor(last) if last else None, hidden=hidden)
