"""Scans: the lease that lets one run at a time, what each one decided, and how feeds and hosts did."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import pack, recall, unpack
from arbedge.adapters.cloudflare.d1.rollups import count_scan
from arbedge.domain.budget import Host, merge_hosts
from arbedge.domain.episodes import Streak
from arbedge.domain.market import Mode
from arbedge.domain.quarantine import Suspect, Watch
from arbedge.domain.verdicts import Account, Verdict
from arbedge.limits import SCAN_LEASE_MS, SCANS_KEPT_MS
from arbedge.ports.analytics import ScanMetrics
from arbedge.ports.store import FeedHealth, ScanReport, ScanStart

STREAK_AGE_MS_MAX: Final = 120_000  # two scans further apart than this are not consecutive
_NAME: Final = re.compile(r"[\w.\-/:]{1,40}")  # whatever an asset may be called can stand in a path
PRUNED_MAX: Final = 50  # a scan that follows a long pause tidies up in steps

_streaks = msgspec.json.Decoder(list[dict[str, Streak]])
_reports = msgspec.json.Decoder(list[ScanReport])
_feeds = msgspec.json.Decoder(list[FeedHealth])
_hosts = msgspec.json.Decoder(list[dict[str, Host]])
_watches = msgspec.json.Decoder(list[dict[str, Suspect]])
_accounts = msgspec.json.Decoder(list[list[tuple[int, int, list[Verdict]]]])
_encoder = msgspec.json.Encoder()

# A scan id older than the oldest row that is surely kept may have run and been pruned, so it is refused too.
_BEGIN = """
INSERT INTO scans (id, mode, started_at)
SELECT ?1, ?2, ?3
WHERE ?1 > ?4 AND NOT EXISTS (SELECT 1 FROM scans WHERE finished_at IS NULL AND started_at > ?5)
ON CONFLICT (id) DO NOTHING
RETURNING id
"""
# The latest scan is the one scheduled last: one that outlived its lease ends behind its successor.
_LATEST_STREAKS = """
SELECT id, streaks,
  EXISTS (SELECT 1 FROM scans WHERE finished_at IS NULL AND id > latest.id AND id <> ?3) AS is_broken
FROM (
  SELECT id, mode, finished_at, streaks FROM scans WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1
) AS latest WHERE mode = ?1 AND finished_at >= ?2
"""
_LATEST_REPORT = "SELECT report FROM scans WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1"
_REPORT = "SELECT report FROM scans WHERE id = ?1 AND finished_at IS NOT NULL"
_LATEST_ID = "SELECT id FROM scans WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1"
_EARLIEST_ID = "SELECT id FROM scans WHERE finished_at IS NOT NULL ORDER BY id LIMIT 1"
FEEDS = """
SELECT json_object(
  'exchange', exchange, 'market', market, 'state', state, 'error', error, 'error_class', error_class, 'quotes', quotes,
  'latency_ms', latency_ms, 'checked_at', checked_at, 'last_success_at', last_success_at, 'retry_at', retry_at,
  'failures', failures
) AS feed FROM feeds ORDER BY exchange, market
"""
_FINISH = "UPDATE scans SET finished_at = ?2, streaks = ?3, report = ?4 WHERE id = ?1 AND finished_at IS NULL"
_SAVE_FEEDS = """
INSERT INTO feeds
  (exchange, market, state, error, error_class, quotes, latency_ms, checked_at, last_success_at, retry_at, failures)
SELECT value ->> 'exchange', value ->> 'market', value ->> 'state', value ->> 'error', value ->> 'error_class',
  value ->> 'quotes', value ->> 'latency_ms', value ->> 'checked_at', value ->> 'last_success_at', value ->> 'retry_at',
  value ->> 'failures'
FROM json_each(?1) WHERE true
ON CONFLICT (exchange, market) DO UPDATE SET
  state = excluded.state, error = excluded.error, error_class = excluded.error_class, quotes = excluded.quotes,
  latency_ms = excluded.latency_ms, checked_at = excluded.checked_at,
  last_success_at = coalesce(excluded.last_success_at, last_success_at), retry_at = excluded.retry_at,
  failures = excluded.failures
WHERE excluded.checked_at >= feeds.checked_at
"""
LOAD_HOSTS = "SELECT payload FROM hosts UNION ALL SELECT payload FROM hosts_of_appraiser"
_SAVE_HOSTS = """
INSERT INTO hosts (id, payload, updated_at) VALUES (1, ?1, ?2)
ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, updated_at = excluded.updated_at
WHERE excluded.updated_at >= hosts.updated_at
"""
_WATCH = "SELECT payload FROM quarantine WHERE mode = ?1"
_SAVE_WATCH = """
INSERT INTO quarantine (mode, payload, scan_id) VALUES (?1, ?2, ?3)
ON CONFLICT (mode) DO UPDATE SET payload = excluded.payload, scan_id = excluded.scan_id
WHERE excluded.scan_id >= quarantine.scan_id
"""
_PRUNE = """
DELETE FROM scans WHERE id IN (SELECT id FROM scans WHERE id < ?1 AND started_at < ?1 ORDER BY id LIMIT ?2)
"""
_SAVE_VERDICTS = """
INSERT INTO scan_verdicts (scan_id, mode, decided_at, payload) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (scan_id) DO NOTHING
"""
# One text for all scans: hundreds of rows would each cost a crossing of the boundary.
_ACCOUNTS = """
SELECT json_group_array(json_array(scan_id, decided_at, json(coalesce(payload -> ?3, '[]')))) AS accounts
FROM scan_verdicts WHERE scan_id >= ?2 AND mode = ?1
"""
_PRUNE_VERDICTS = """
DELETE FROM scan_verdicts WHERE scan_id IN (SELECT scan_id FROM scan_verdicts WHERE scan_id < ?1 LIMIT ?2)
"""


class D1Scans:
    """`Scans` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, scan_id: int, mode: Mode, now: int) -> ScanStart | None:
        granted, streaks, feeds, hosts, watches = await self._database.run_all(
            [
                Statement(_BEGIN, (scan_id, mode, now, now - SCANS_KEPT_MS, now - SCAN_LEASE_MS)),
                Statement(_LATEST_STREAKS, (mode, now - STREAK_AGE_MS_MAX, scan_id)),
                Statement(FEEDS),
                Statement(LOAD_HOSTS),
                Statement(_WATCH, (mode,)),
            ]
        )
        if not granted:
            return None
        latest = recall([row["streaks"] for row in streaks], _streaks)
        watch = recall([row["payload"] for row in watches], _watches)
        is_broken = None in (*latest, *watch) or any(row["is_broken"] for row in streaks)
        return ScanStart(
            follows=None if is_broken else next((row["id"] for row in streaks), None),
            streaks=next(iter(latest), None) or {},
            feeds=read_feeds(feeds),
            hosts=read_hosts(hosts),
            watch=next(iter(watch), None) or {},
        )

    async def finish(
        self,
        report: ScanReport,
        streaks: Mapping[str, Streak],
        feeds: Sequence[FeedHealth],
        hosts: Mapping[str, Host] | None = None,
        watch: Watch | None = None,
        metrics: ScanMetrics | None = None,
        verdicts: Mapping[str, Sequence[Verdict]] | None = None,
    ) -> None:
        texts = [_encoder.encode(document).decode() for document in (dict(streaks), report)]
        await self._database.run_all(
            [
                *(count_scan(metrics) if metrics else []),
                Statement(_FINISH, (report.scan_id, report.finished_at, *texts)),
                *(Statement(_SAVE_FEEDS, (rows,)) for rows in pack(feeds)),
                *([] if hosts is None else [_save_hosts(hosts, report.finished_at)]),
                *([] if watch is None else [_save_watch(watch, report)]),
                *([] if verdicts is None else [_save_verdicts(verdicts, report)]),
                Statement(_PRUNE, (report.finished_at - SCANS_KEPT_MS, PRUNED_MAX)),
                Statement(_PRUNE_VERDICTS, (report.finished_at - SCANS_KEPT_MS, PRUNED_MAX)),
            ]
        )

    async def load_latest(self) -> ScanReport | None:
        reports = unpack((row["report"] for row in await self._database.run(_LATEST_REPORT)), _reports)
        return reports[0] if reports else None

    async def load(self, scan_id: int) -> ScanReport | None:
        reports = unpack((row["report"] for row in await self._database.run(_REPORT, scan_id)), _reports)
        return reports[0] if reports else None

    async def load_accounts(self, mode: Mode, asset: str, since: int) -> list[Account]:
        if not _NAME.fullmatch(asset):
            return []
        (row,) = await self._database.run(_ACCOUNTS, mode, since, f'$."{asset}"')
        accounts = [Account(*one) for found in unpack([row["accounts"]], _accounts) for one in found]
        return sorted(accounts, key=lambda one: one.scan_id)

    async def load_latest_id(self) -> int | None:
        rows = await self._database.run(_LATEST_ID)
        return rows[0]["id"] if rows else None

    async def load_earliest_id(self) -> int | None:
        rows = await self._database.run(_EARLIEST_ID)
        return rows[0]["id"] if rows else None

    async def load_feeds(self) -> list[FeedHealth]:
        return read_feeds(await self._database.run(FEEDS))

    async def load_watch(self, mode: Mode) -> Watch:
        rows = await self._database.run(_WATCH, mode)
        found = unpack((row["payload"] for row in rows), _watches)
        return found[0] if found else {}


def _save_watch(watch: Watch, report: ScanReport) -> Statement:
    """A scan that ends behind its successor knows less than what is stored."""
    return Statement(_SAVE_WATCH, (report.mode, _encoder.encode(dict(watch)).decode(), report.scan_id))


def _save_verdicts(verdicts: Mapping[str, Sequence[Verdict]], report: ScanReport) -> Statement:
    text = _encoder.encode(dict(verdicts)).decode()
    return Statement(_SAVE_VERDICTS, (report.scan_id, report.mode, report.finished_at, text))


def _save_hosts(hosts: Mapping[str, Host], now: int) -> Statement:
    return Statement(_SAVE_HOSTS, (_encoder.encode(dict(hosts)).decode(), now))


def read_feeds(rows: Iterable[dict[str, Any]]) -> list[FeedHealth]:
    return unpack((row["feed"] for row in rows), _feeds)


def read_hosts(rows: Iterable[dict[str, Any]]) -> dict[str, Host]:
    """Of what each of those who ask exchanges has seen, the stricter."""
    known: dict[str, Host] = {}
    for seen in recall([row["payload"] for row in rows], _hosts):
        merge_hosts(known, seen or {})
    return known
