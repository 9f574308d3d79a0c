"""Instruments and what happened to them.

D1 keeps the record, KV a copy that is read in one call, and an instance its last reading.
All of them are a megabyte of JSON that changes once an hour, so a scan decodes them only when D1 tells of a new list.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import pack, recall, unpack
from arbedge.adapters.cloudflare.kv import KvCatalogueCache
from arbedge.domain.instruments import Instrument
from arbedge.domain.listings import EventKind, InstrumentEvent
from arbedge.domain.market import FeedKey
from arbedge.errors import StoreUnavailable
from arbedge.limits import INSTRUMENT_EVENTS_KEPT_MS
from arbedge.ports.store import Catalogue, FeedEvents

_events = msgspec.json.Decoder(list[InstrumentEvent])
_instruments = msgspec.json.Decoder(list[Instrument])

LIST_TIMES = "SELECT exchange || ':' || market AS feed, fetched_at FROM instrument_lists"
# A bucket of a thousand instruments is about 400 kB of text, well below the limit for one string.
_LOAD = """
SELECT group_concat(payload) AS payloads FROM (
  SELECT payload, row_number() OVER () / 1000 AS bucket FROM instruments
) GROUP BY bucket
"""
_LOAD_EACH = "SELECT exchange || ':' || market AS feed, payload FROM instruments"
_SAVE = """
INSERT INTO instruments (exchange, market, symbol, payload, updated_at)
SELECT value ->> 'exchange', value ->> 'market', value ->> 'symbol', value, ?2 FROM json_each(?1) WHERE true
ON CONFLICT (exchange, market, symbol) DO UPDATE SET payload = excluded.payload, updated_at = excluded.updated_at
WHERE instruments.payload <> excluded.payload
"""
_DELETE_UNLISTED = """
DELETE FROM instruments
WHERE exchange = ?1 AND market = ?2 AND symbol NOT IN (SELECT value FROM json_each(?3))
"""
_SAVE_LIST = """
INSERT INTO instrument_lists (exchange, market, fetched_at) VALUES (?1, ?2, ?3)
ON CONFLICT (exchange, market) DO UPDATE SET fetched_at = excluded.fetched_at
"""


_SAVE_EVENTS = """
INSERT INTO instrument_events (exchange, market, at, kind, symbol, payload)
SELECT value ->> 'exchange', value ->> 'market', value ->> 'at', value ->> 'kind', value ->> 'symbol', value
FROM json_each(?1) WHERE true
ON CONFLICT DO NOTHING
"""
_PRUNE_EVENTS = "DELETE FROM instrument_events WHERE at < ?1"
_COUNT_EVENTS = """
SELECT exchange, market, kind, sum(iif(kind = 'refused', 1, coalesce(payload ->> 'count', 1))) AS events
FROM instrument_events
WHERE at >= ?1 GROUP BY exchange, market, kind
"""
_LATEST_EVENTS = """
SELECT payload FROM (
  SELECT payload, at, symbol, row_number() OVER (PARTITION BY exchange, market ORDER BY at DESC, symbol) AS place
  FROM instrument_events WHERE at >= ?1
) WHERE place <= ?2 ORDER BY at DESC, symbol
"""


class KeptCatalogue(Struct):
    """What this instance read last: plain data, which outlives the event that read it."""

    catalogue: Catalogue | None = None


class D1Instruments:
    """`Instruments` on D1, KV and what the instance keeps in memory."""

    def __init__(self, database: Database, cache: KvCatalogueCache, kept: KeptCatalogue) -> None:
        self._database = database
        self._cache = cache
        self._kept = kept

    async def load(self) -> Catalogue | None:
        fetched_at = await self.load_list_times()
        if not fetched_at:
            return None
        # A copy may be old, KV's for as long as KV likes: the times inside it must be those of the record.
        if (kept := self._kept.catalogue) is not None and kept.fetched_at == fetched_at:
            return kept
        self._kept.catalogue = await self._read(fetched_at)
        return self._kept.catalogue

    async def load_list_times(self) -> dict[str, int]:
        return {row["feed"]: row["fetched_at"] for row in await self._database.run(LIST_TIMES)}

    async def _read(self, fetched_at: dict[str, int]) -> Catalogue:
        cached = await self._load_cached()
        if cached is not None and cached.fetched_at == fetched_at:
            return cached
        rows = await self._database.run(_LOAD)
        instruments: defaultdict[str, dict[str, Instrument]] = defaultdict(dict)
        try:
            listed = unpack((row["payloads"] for row in rows), _instruments)
        except StoreUnavailable:
            listed, fetched_at = await self._salvage(fetched_at)
        for one in listed:
            instruments[f"{one.exchange}:{one.market}"][one.symbol] = one
        catalogue = Catalogue(instruments=dict(instruments), fetched_at=fetched_at)
        return replace(catalogue, versions=catalogue.get_versions())

    async def _salvage(self, fetched_at: dict[str, int]) -> tuple[list[Instrument], dict[str, int]]:
        """The lists that can be read, and when they were fetched: the others count as never read, and come anew."""
        rows = await self._database.run(_LOAD_EACH)
        found = recall([row["payload"] for row in rows], _instruments)
        lost = {row["feed"] for row, one in zip(rows, found, strict=True) if one is None}
        sound = [one for one in found if one is not None and f"{one.exchange}:{one.market}" not in lost]
        return sound, {feed: at for feed, at in fetched_at.items() if feed not in lost}

    async def save(self, catalogue: Catalogue, events: Sequence[InstrumentEvent] = ()) -> None:
        """Writes the lists that are newer than the record, of them the instruments that changed, and the events."""
        saved = await self.load_list_times()
        statements = [
            statement
            for feed, fetched_at in catalogue.fetched_at.items()
            if fetched_at > saved.get(feed, 0)
            for statement in _save_list(feed, catalogue.instruments.get(feed, {}), fetched_at)
        ]
        if statements:
            await self._database.run_all([*statements, *_save_events(events)])
        with suppress(StoreUnavailable):
            await self._cache.put(catalogue)

    async def record(self, events: Sequence[InstrumentEvent]) -> None:
        if events:
            await self._database.run_all(_save_events(events))

    async def load_events(self, since: int, latest_max: int) -> list[FeedEvents]:
        counted, latest = await self._database.run_all(
            [Statement(_COUNT_EVENTS, (since,)), Statement(_LATEST_EVENTS, (since, latest_max))]
        )
        counts: defaultdict[FeedKey, dict[EventKind, int]] = defaultdict(dict)
        for row in counted:
            counts[row["exchange"], row["market"]][row["kind"]] = row["events"]
        shown: defaultdict[FeedKey, list[InstrumentEvent]] = defaultdict(list)
        for event in unpack((row["payload"] for row in latest), _events):
            shown[event.exchange, event.market].append(event)
        return [FeedEvents(*feed, counts[feed], shown[feed]) for feed in sorted(counts)]

    async def _load_cached(self) -> Catalogue | None:
        with suppress(StoreUnavailable):
            return await self._cache.get()
        return None


def _save_events(events: Sequence[InstrumentEvent]) -> list[Statement]:
    if not events:
        return []
    kept_since = max(event.at for event in events) - INSTRUMENT_EVENTS_KEPT_MS
    return [*(Statement(_SAVE_EVENTS, (rows,)) for rows in pack(events)), Statement(_PRUNE_EVENTS, (kept_since,))]


def _save_list(feed: str, instruments: dict[str, Instrument], fetched_at: int) -> list[Statement]:
    exchange, _, market = feed.partition(":")
    listed = msgspec.json.encode(list(instruments)).decode()
    return [
        *(Statement(_SAVE, (rows, fetched_at)) for rows in pack(instruments.values())),
        Statement(_DELETE_UNLISTED, (exchange, market, listed)),
        Statement(_SAVE_LIST, (exchange, market, fetched_at)),
    ]
