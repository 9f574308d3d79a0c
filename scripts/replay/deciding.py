"""Takes recorded scans through the very same two steps that decided them, with what each of them was given."""

from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from arbedge.adapters.cloudflare.lake.reader import BadObject, LakeReader, RecordedScan
from arbedge.app.checkpoint import decode_checkpoint
from arbedge.domain.decision import Decision, Known, LegKey, choose, conclude
from arbedge.domain.detection.census import find_absence
from arbedge.domain.episodes import is_remembered
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Market, OrderBook
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import Policy
from arbedge.ports.lake.scan_records import DecisionRecord

# An episode that ended longer ago than this cannot return, whatever the policy; messages about it may still be late.
ENDED_KEPT_MS = 2 * 3_600_000


class Given(Struct, frozen=True):
    """What a scan was given beside its snapshot, as far as it is recorded."""

    instruments: dict[LegKey, Instrument]
    books: dict[LegKey, OrderBook]
    missing: frozenset[LegKey]


class Skipped(NamedTuple):
    """A scan that cannot be replayed, and why."""

    why: Literal["after_gap", "undecided", "no_policy"]


class Replayed(NamedTuple):
    """What a scan decided now and what it began with; `own` is what the replay had, at a checkpoint.

    Where `are_lists_whole` is False, the instruments of a feed that was missing are not recorded: what it would have
    brought cannot be counted.
    """

    decision: Decision
    known: Known
    own: Known | None
    missing: frozenset[LegKey]
    are_lists_whole: bool = True


class Course:
    """What goes from scan to scan: streaks and episodes, as the database keeps them for the scan loop."""

    def __init__(self, reader: LakeReader) -> None:
        self._reader = reader
        self._lists: dict[tuple[str, str], dict[str, Instrument]] = {}
        self._left: dict[str, Any] = {}  # what a decision leaves for the next, under the names that `Known` has
        self._episodes: dict[str, Opportunity] = {}
        self._last: int | None = None

    async def replay(self, scan: RecordedScan) -> Replayed | Skipped:
        record = scan.decision
        if record is None:
            self._last = None  # what it may have left behind is not known
            return Skipped("undecided")
        is_continued = record.follows is not None and record.follows == self._last
        own = self._known(scan, scan.policy.policy) if is_continued and scan.policy else None
        recorded = self._read_checkpoint(scan)
        known = recorded or own
        if known is None or scan.policy is None:
            self._last = None
            return Skipped("no_policy" if scan.policy is None else "after_gap")
        policy = scan.policy.policy
        listed, is_whole = await self._find_absent(scan, record)
        choice = choose(scan.snapshot, known, policy, listed)
        given = await self._find_given(scan, record, choice.legs.keys())
        decision = conclude(
            choice,
            scan.snapshot,
            given.instruments,
            given.books,
            known,
            record.decided_at,
            policy,
            not_recorded=given.missing,
        )
        self._move_on(scan.scan_id, known, decision)
        if own is not None:
            own = replace(own, learned=known.learned, signals=known.signals)  # no scan leaves them to the next
        return Replayed(decision, known, own if recorded else None, given.missing, are_lists_whole=is_whole)

    def _read_checkpoint(self, scan: RecordedScan) -> Known | None:
        """One that cannot be read is reported, and the replay goes on without it as long as it can."""
        try:
            return decode_checkpoint(scan.checkpoint) if scan.checkpoint else None
        except ValueError as error:
            self._reader.bad.append(BadObject(f"checkpoint of the scan {scan.scan_id}", str(error)))
            return None

    def _known(self, scan: RecordedScan, policy: Policy) -> Known:
        """What the database would give: open episodes and those that ended recently enough to return."""
        ended_since = scan.snapshot.started_at - policy.reopen_ms_max
        current = [one for one in self._episodes.values() if is_remembered(one, ended_since)]
        return Known(episodes=current, **self._left)

    def _move_on(self, scan_id: int, known: Known, decision: Decision) -> None:
        self._episodes |= {one.id: one for one in (*known.episodes, *decision.changed)}
        self._episodes = {
            id_: one
            for id_, one in self._episodes.items()
            if one.ended_at is None or one.ended_at >= scan_id - ENDED_KEPT_MS
        }
        left = Known.__struct_fields__
        self._left = {name: getattr(decision, name) for name in Decision.__struct_fields__ if name in left}
        self._left |= {"learned": known.learned, "signals": known.signals}  # what changes them brings a checkpoint
        self._last = scan_id

    async def _find_given(self, scan: RecordedScan, record: DecisionRecord, wanted: Collection[LegKey]) -> Given:
        """Books and instruments of these legs; `missing` are those of which either is not recorded."""
        failed = {(one.exchange, one.market, one.symbol) for one in record.books_failed}
        recorded = {(book.exchange, book.market, book.symbol): book for book in scan.books}
        instruments: dict[LegKey, Instrument] = {}
        for key in wanted:
            exchange, market, symbol = key
            feed = f"{exchange}:{market}"
            listed = await self._load_list(feed, record.catalogue.get(feed))
            if symbol in listed:
                instruments[key] = listed[symbol]
        books = {key: recorded[key] for key in wanted if key in recorded and key in instruments}
        return Given(instruments, books, frozenset(wanted) - books.keys() - failed)

    async def _find_absent(
        self, scan: RecordedScan, record: DecisionRecord
    ) -> tuple[dict[tuple[ExchangeId, Market], list[Instrument]], bool]:
        """The lists of the feeds that the snapshot is without, and whether all of them are recorded."""
        listed: dict[tuple[ExchangeId, Market], list[Instrument]] = {}
        is_whole = True
        for feed in scan.snapshot.feeds:
            version = record.catalogue.get(f"{feed.exchange}:{feed.market}")
            if find_absence(feed) and version is not None:
                found = await self._load_list(f"{feed.exchange}:{feed.market}", version)
                is_whole = is_whole and bool(found)
                listed[feed.exchange, feed.market] = [one for one in found.values() if one.is_trading]
        return listed, is_whole

    async def _load_list(self, feed: str, version: str | None) -> Mapping[str, Instrument]:
        if version is None:
            return {}
        if (feed, version) not in self._lists:
            listed = await self._reader.load_instruments(feed, version) or []
            self._lists[feed, version] = {one.symbol: one for one in listed}
        return self._lists[feed, version]
