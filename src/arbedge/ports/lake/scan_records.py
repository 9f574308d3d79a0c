"""The records of a scan, version 1: what it observed, what decided, what was decided. One JSON object a line.

    snapshot  one header, first
    feed      one an exchange and market; quotes are arrays whose columns the header names
    policy    the rules in force
    book      one an order book that was fetched for a candidate
    decision  one, after everything that decided
    opportunity  one a changed episode, as it is in the database
    checkpoint   what a replay that begins here needs to know, in one part or several; most scans have none

The instruments in force are records of their own, kept once a version. A scan whose decision failed has its snapshot
and feeds only.
"""

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct, field

from arbedge.domain.instruments import Instrument
from arbedge.domain.market import (
    ExchangeId,
    Feed,
    FeedState,
    Market,
    Mode,
    OrderBook,
    Quote,
    Snapshot,
    Source,
    Symbol,
)
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import Policy

RECORD_VERSION = 1
INSTRUMENTS_PER_RECORD = 500  # some 200 kB of text, well under what one request of a stream takes

EpochMs = Annotated[int, Meta(ge=0, le=4_102_444_800_000)]  # up to the year 2100
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=500)]
Count = Annotated[int, Meta(ge=0)]


class Record(Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """Any record: `kind` says which, `v` which version of it."""

    v: Literal[1]


class SnapshotRecord(Record, tag="snapshot", frozen=True):
    """The first record of a scan: what follows and how to read it."""

    scan_id: EpochMs
    snapshot_version: int
    mode: Mode
    started_at: EpochMs
    finished_at: EpochMs
    feeds: Count
    quote_columns: tuple[Name, ...]
    funding_columns: tuple[Name, ...]


class FeedRecord(Record, tag="feed", frozen=True):
    """One exchange and market in a scan."""

    scan_id: EpochMs
    mode: Mode
    exchange: ExchangeId
    market: Market
    state: FeedState
    received_at: EpochMs
    latency_ms: int
    source: Source
    error: Text | None
    rejected: dict[Name, Count]
    quotes: Annotated[list[Quote], Meta(max_length=20_000)]
    clock_offset_ms: int = 0
    is_asked: bool = True


class BookRecord(Record, tag="book", frozen=True):
    """An order book that was fetched for a candidate, with every figure as it was."""

    scan_id: EpochMs
    mode: Mode
    book: OrderBook


class FeeRow(Struct, frozen=True, array_like=True):
    """A fee as a fraction of notional, where no person's own is known."""

    exchange: ExchangeId
    market: Market
    taker: Decimal
    maker: Decimal
    basis: Name


class PolicyRecord(Record, tag="policy", frozen=True):
    """The rules that decided a scan: thresholds, fees, bounds and lists. `version` is derived from all of them."""

    version: Name
    policy: Policy
    fees: tuple[FeeRow, ...]
    bounds: dict[Name, float]
    ambiguous: tuple[Symbol, ...]  # tickers that are never compared by name


class FailedBook(Struct, frozen=True, array_like=True):
    """A book that was asked for and did not come."""

    exchange: ExchangeId
    market: Market
    symbol: Symbol


class OpportunityRef(Struct, frozen=True, array_like=True):
    """A revision of an opportunity."""

    id: Name
    revision: int


class DecisionRecord(Record, tag="decision", frozen=True):
    """What a scan decided, and the versions of what it decided by. `refused` counts records that could not be kept."""

    scan_id: EpochMs
    mode: Mode
    decided_at: EpochMs
    catalogue: dict[Name, Name]
    policy_version: Name
    candidates: Count
    drop_counts: dict[Name, Count]
    books: Count
    books_failed: tuple[FailedBook, ...]
    changed: tuple[OpportunityRef, ...]
    refused: dict[Name, Count] = field(default_factory=dict[Name, Count])
    follows: EpochMs | None = None  # the scan whose streaks and episodes this one continues


class OpportunityRecord(Record, tag="opportunity", frozen=True):
    """An episode that a scan changed: the whole document."""

    scan_id: EpochMs
    mode: Mode
    document: Opportunity


class CheckpointRecord(Record, tag="checkpoint", frozen=True):
    """What whoever replays from this scan must know of the scans before it: a document of theirs, or a part of one."""

    scan_id: EpochMs
    mode: Mode
    document: Raw
    part: Count = 0
    parts: Count = 1


class InstrumentsRecord(Record, tag="instruments", frozen=True):
    """A part of one feed's instruments; the parts of one version together are the feed's whole list."""

    version: Name
    at: EpochMs  # when this version was read
    exchange: ExchangeId
    market: Market
    part: Count
    parts: Count
    instruments: Annotated[list[Instrument], Meta(max_length=INSTRUMENTS_PER_RECORD)]


ScanRecord = (
    SnapshotRecord
    | FeedRecord
    | BookRecord
    | PolicyRecord
    | DecisionRecord
    | OpportunityRecord
    | CheckpointRecord
    | InstrumentsRecord
)


def derive_version(content: Any) -> str:
    """16 hex digits that are the same for the same content and no other."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]


def version_instruments(instruments: Iterable[Instrument]) -> str:
    """The version of a feed's list, in whatever order it came."""
    return derive_version(sorted(instruments, key=lambda one: one.symbol))


def record_feed(snapshot: Snapshot, feed: Feed) -> FeedRecord:
    return FeedRecord(
        v=RECORD_VERSION,
        scan_id=snapshot.scan_id,
        mode=snapshot.mode,
        exchange=feed.exchange,
        market=feed.market,
        state=feed.state,
        received_at=feed.received_at,
        latency_ms=feed.latency_ms,
        source=feed.source,
        error=feed.error and feed.error[:500],
        rejected=feed.rejected,
        quotes=feed.quotes,
        clock_offset_ms=feed.clock_offset_ms,
        is_asked=feed.is_asked,
    )


def read_feed(record: FeedRecord) -> Feed:
    return Feed(
        exchange=record.exchange,
        market=record.market,
        state=record.state,
        received_at=record.received_at,
        latency_ms=record.latency_ms,
        source=record.source,
        error=record.error,
        quotes=record.quotes,
        rejected=record.rejected,
        clock_offset_ms=record.clock_offset_ms,
        is_asked=record.is_asked,
    )
