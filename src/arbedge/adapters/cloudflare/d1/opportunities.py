"""Opportunities: the episodes as documents, with the columns that lists, the unique key and announcing need."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from arbedge.adapters.cloudflare.d1.appraisals import schedule
from arbedge.adapters.cloudflare.d1.cursor import Position, parse_cursor, render_cursor
from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import pack, unpack
from arbedge.domain.market import Mode
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import PREMIUM_NET_BPS, PREMIUM_TYPES
from arbedge.domain.similarity import Traits
from arbedge.ports.store import Change, Changes, OpportunityFilter, Page

UNANNOUNCED_MAX: Final = 1000  # what one scan hands to the queue; the rest waits for the next one

_PREMIUM_TYPES: Final = msgspec.json.encode(sorted(PREMIUM_TYPES)).decode()

_opportunities = msgspec.json.Decoder(list[Opportunity])
_traits = msgspec.json.Decoder(list[Traits])

_LOAD = "SELECT payload FROM opportunities WHERE id = ?1"
_LOAD_CURRENT = "SELECT payload FROM opportunities WHERE ended_at IS NULL OR ended_at >= ?1"
# A revision is written once: a writer that started from an older state neither lowers it nor puts another event in
# its place. Each row gets a number of its own, in the order of writing, which only a new revision takes over.
# `announced_revision` is left to `mark_announced`.
_SAVE = """
INSERT INTO opportunities
  (id, key, type, asset, status, mode, net_bps, ranked_bps, detected_at, updated_at, ended_at, revision, payload, seq,
   opened_seq)
SELECT one ->> 'id', one ->> 'key', one ->> 'type', one ->> 'asset', one ->> 'status', one ->> 'mode',
  CAST(one ->> '$.sighting.edge.net_bps' AS REAL),
  CAST(coalesce(one ->> 'ranked_net_bps', one ->> '$.sighting.edge.net_bps') AS REAL),
  one ->> 'detected_at', one ->> 'updated_at', one ->> 'ended_at', one ->> 'revision', one, given + nth, given + nth
FROM (SELECT value AS one, key + 1 AS nth FROM json_each(?1)), (SELECT value AS given FROM change_counter) WHERE true
ON CONFLICT (id) DO UPDATE SET
  status = excluded.status, net_bps = excluded.net_bps, ranked_bps = excluded.ranked_bps,
  updated_at = excluded.updated_at, ended_at = excluded.ended_at, revision = excluded.revision,
  payload = excluded.payload,
  seq = iif(excluded.revision > opportunities.revision, excluded.seq, opportunities.seq),
  opened_seq = iif(opportunities.ended_at IS NOT NULL AND excluded.ended_at IS NULL, excluded.seq,
    opportunities.opened_seq)
WHERE excluded.revision > opportunities.revision
  OR (excluded.revision = opportunities.revision AND excluded.updated_at >= opportunities.updated_at
      AND excluded.payload ->> 'revised_at' = opportunities.payload ->> 'revised_at')
"""
_COUNT_UP = "UPDATE change_counter SET value = value + json_array_length(?1)"
_LOAD_COUNTER = "SELECT value FROM change_counter"
_LOAD_CHANGES = """
SELECT seq, opened_seq, payload FROM opportunities INDEXED BY opportunities_changed
WHERE seq > ?1
  AND (?2 IS NULL OR type = ?2)
  AND (?3 IS NULL OR asset = ?3)
  AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(payload, '$.sighting.legs') WHERE value ->> 'exchange' = ?4))
  AND (?5 IS NULL OR ?5 OR type NOT IN (SELECT value FROM json_each(?6)))
ORDER BY seq LIMIT ?7
"""
_LOAD_UNANNOUNCED = """
SELECT id, revision FROM opportunities WHERE announced_revision < revision ORDER BY updated_at LIMIT ?1
"""
_MARK_ANNOUNCED = """
UPDATE opportunities SET announced_revision = told.revision
FROM (SELECT value ->> 0 AS id, value ->> 1 AS revision FROM json_each(?1)) AS told
WHERE opportunities.id = told.id AND opportunities.announced_revision < told.revision
"""
# Left alone, the planner would read and sort every open row to return the first few.
_LIST_OPEN = """
SELECT id, ranked_bps, payload FROM opportunities INDEXED BY opportunities_open
WHERE ended_at IS NULL
  AND (?1 IS NULL OR type = ?1)
  AND (?2 IS NULL OR asset = ?2)
  AND (?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(payload, '$.sighting.legs') WHERE value ->> 'exchange' = ?3))
  AND (?4 IS NULL OR net_bps >= ?4)
  AND (?5 IS NULL OR ?5 = (net_bps >= ?9 OR type IN (SELECT value FROM json_each(?10))))
  AND (?6 IS NULL OR ranked_bps < ?6 OR (ranked_bps = ?6 AND id > ?7))
ORDER BY ranked_bps DESC, id LIMIT ?8
"""
_LOAD_SOME = "SELECT payload FROM opportunities WHERE id IN (SELECT value FROM json_each(?1))"
_TRAITS = """
SELECT json_object('id', id, 'type', type, 'asset', asset, 'ended_at', ended_at,
  'places', json((SELECT json_group_array(json_array(value ->> 'exchange', value ->> 'market'))
    FROM json_each(payload, '$.sighting.legs'))),
  'edge_bps', CAST(coalesce(payload ->> '$.claim.net_bps', payload ->> '$.sighting.edge.net_bps') AS REAL),
  'room', coalesce(CAST(payload ->> '$.sighting.capacity_quote' AS REAL)
    / nullif(CAST(payload ->> '$.sighting.edge.size_quote' AS REAL), 0), 0),
  'horizon_h', payload ->> 'horizon_h',
  'confirmed_at', coalesce(payload ->> '$.claim.at', detected_at),
  'steadiness', payload ->> '$.claim.features.edge_over_volatility') AS traits
FROM ({rows})
WHERE mode = ?2 AND (?3 OR NOT (net_bps >= ?4 OR type IN (SELECT value FROM json_each(?5))))
"""
# Limited before they are filtered, so that it is known how many rows are read.
_OPEN_TRAITS = _TRAITS.format(
    rows="SELECT * FROM opportunities INDEXED BY opportunities_open WHERE ended_at IS NULL"
    " ORDER BY ranked_bps DESC, id LIMIT ?1"
)
_ENDED_TRAITS = _TRAITS.format(
    rows="SELECT * FROM opportunities INDEXED BY opportunities_ended WHERE ended_at >= ?6"
    " ORDER BY ended_at DESC LIMIT ?1"
)
_COUNT_OPEN = "SELECT count(*) AS count FROM opportunities WHERE ended_at IS NULL"


class D1Opportunities:
    """`Opportunities` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_current(self, ended_since: int) -> list[Opportunity]:
        return _read(await self._database.run(_LOAD_CURRENT, ended_since))

    async def save(self, changed: Sequence[Opportunity]) -> None:
        # Ends first: they free the key that another episode may take in the same call.
        ordered = sorted(changed, key=lambda one: one.is_open)
        if statements := [Statement(sql, (rows,)) for rows in pack(ordered) for sql in (_SAVE, _COUNT_UP)]:
            await self._database.run_all([*statements, *schedule(changed)])

    async def load_unannounced(self) -> list[tuple[str, int]]:
        rows = await self._database.run(_LOAD_UNANNOUNCED, UNANNOUNCED_MAX)
        return [(row["id"], row["revision"]) for row in rows]

    async def mark_announced(self, announced: Sequence[tuple[str, int]]) -> None:
        if statements := [Statement(_MARK_ANNOUNCED, (rows,)) for rows in pack(announced)]:
            await self._database.run_all(statements)

    async def load(self, opportunity_id: str) -> Opportunity | None:
        found = _read(await self._database.run(_LOAD, opportunity_id))
        return found[0] if found else None

    async def list_open(self, wanted: OpportunityFilter, limit: int, cursor: str | None) -> Page:
        after = parse_cursor(cursor) if cursor is not None else None
        (rows,) = await self._database.run_all([_list_open(wanted, limit, after)])
        return _read_page(rows, limit)

    async def load_listed(self, wanted: OpportunityFilter, limit: int) -> tuple[Page, int]:
        rows, counted = await self._database.run_all([_list_open(wanted, limit, None), Statement(_LOAD_COUNTER)])
        return _read_page(rows, limit), counted[0]["value"]

    async def load_changes(self, wanted: OpportunityFilter, after_seq: int, limit: int) -> Changes:
        is_premium = None if wanted.is_premium is None else int(wanted.is_premium)
        filters = (wanted.type, wanted.asset, wanted.exchange, is_premium, _PREMIUM_TYPES)
        rows, counted = await self._database.run_all(
            [Statement(_LOAD_CHANGES, (after_seq, *filters, limit + 1)), Statement(_LOAD_COUNTER)]
        )
        is_cut, rows = len(rows) > limit, rows[:limit]
        items = [Change(row["seq"], row["opened_seq"], one) for row, one in zip(rows, _read(rows), strict=True)]
        return Changes(items, items[-1].seq if is_cut else counted[0]["value"], is_cut)

    async def load_traits(
        self, mode: Mode, ended_since: int, open_max: int, ended_max: int, *, with_premium: bool
    ) -> list[Traits]:
        wanted = (mode, int(with_premium), PREMIUM_NET_BPS, _PREMIUM_TYPES)
        results = await self._database.run_all(
            [
                Statement(_OPEN_TRAITS, (open_max, *wanted)),
                Statement(_ENDED_TRAITS, (ended_max, *wanted, ended_since)),
            ]
        )
        return unpack((row["traits"] for rows in results for row in rows), _traits)

    async def load_some(self, ids: Sequence[str]) -> list[Opportunity]:
        return _read(await self._database.run(_LOAD_SOME, msgspec.json.encode(ids).decode()))

    async def count_open(self) -> int:
        (row,) = await self._database.run(_COUNT_OPEN)
        return row["count"]


def _read(rows: list[dict[str, Any]]) -> list[Opportunity]:
    return unpack((row["payload"] for row in rows), _opportunities)


def _list_open(wanted: OpportunityFilter, limit: int, after: Position | None) -> Statement:
    if limit < 1:
        raise ValueError("a page has at least one item")
    is_premium = None if wanted.is_premium is None else int(wanted.is_premium)
    filters = (wanted.type, wanted.asset, wanted.exchange, wanted.min_edge_bps, is_premium)
    begin = (after.ranked_bps, after.id) if after else (None, None)
    return Statement(_LIST_OPEN, (*filters, *begin, limit + 1, PREMIUM_NET_BPS, _PREMIUM_TYPES))


def _read_page(rows: list[dict[str, Any]], limit: int) -> Page:
    page = rows[:limit]
    last = Position(ranked_bps=page[-1]["ranked_bps"], id=page[-1]["id"]) if len(rows) > limit else None
    return Page(items=_read(page), next_cursor=render_cursor(last) if last else None)
