"""One scan as lines, and back: what it observed first, then what decided, then what was decided."""

import gzip
import logging
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Feed, Funding, Quote, Snapshot
from arbedge.errors import RecordRefused
from arbedge.ports.lake import Outcome
from arbedge.ports.lake.lines import decode_line, encode_line
from arbedge.ports.lake.scan_records import (
    INSTRUMENTS_PER_RECORD,
    RECORD_VERSION,
    BookRecord,
    CheckpointRecord,
    DecisionRecord,
    FeedRecord,
    InstrumentsRecord,
    OpportunityRecord,
    OpportunityRef,
    Record,
    SnapshotRecord,
    read_feed,
    record_feed,
)

# Levels above 1 take 2 to 4 times as long for a tenth less.
GZIP_LEVEL: Final = 1
REFUSED: Final = "lake_refused"
MEMBER_START: Final = gzip.compress(b"", GZIP_LEVEL, mtime=0)[:8]  # what every member of ours begins with

log = logging.getLogger(__name__)
_quotes = msgspec.json.Decoder(Quote)


def pack(lines: Iterable[bytes]) -> bytes:
    """Lines as one gzip member: the same bytes for the same lines, and members may stand one after another."""
    return gzip.compress(b"".join(line + b"\n" for line in lines), GZIP_LEVEL, mtime=0)


def unpack(data: bytes) -> list[bytes]:
    """The lines of one or several members. Raises `ValueError` for what is no such file, or breaks off."""
    lines, problems = salvage(data)
    if problems:
        raise ValueError(problems[0])
    return lines


def salvage(data: bytes) -> tuple[list[bytes], list[str]]:
    """The lines of every whole member, and what is wrong with the others: one that is damaged costs no other."""
    lines: list[bytes] = []
    problems: list[str] = []
    start = 0
    while 0 <= start < len(data) or not (start or problems):
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            text = member.decompress(data[start:])
            if not member.eof:
                raise ValueError("it breaks off")  # noqa: TRY301 - one way out for all that is wrong
            lines += text.split(b"\n")[:-1]
            start = len(data) - len(member.unused_data)
        except (zlib.error, ValueError) as error:
            problems.append(f"not a gzip member, or not a whole one, at byte {start}: {error}")
            start = data.find(MEMBER_START, start + 1)
    return lines, problems


class EncodedScan(NamedTuple):
    """A scan's lines, and how many things were refused, by kind."""

    lines: list[bytes]
    refused: Counter[str]

    def describe_refusals(self) -> list[str]:
        return [f"refused {count} of kind {kind}" for kind, count in sorted(self.refused.items())]


def encode_scan(snapshot: Snapshot, outcome: Outcome | None) -> EncodedScan:
    """The scan's records. What must not be kept is left out, said in the log and counted in the record.

    Raises `RecordRefused` when the snapshot's header or the decision itself is not what it should be.
    """
    refused: Counter[str] = Counter()
    lines = [encode_line(_header(snapshot)), *(_encode_feed(snapshot, feed, refused) for feed in snapshot.feeds)]
    if outcome is not None:
        lines += _encode_outcome(snapshot, outcome, refused)
    return EncodedScan(lines, refused)


def decode_snapshot(lines: Sequence[bytes]) -> Snapshot:
    """What a scan observed; its later records are not looked at. Raises `ValueError` for anything else."""
    header = decode_line(lines[0]) if lines else None
    if not isinstance(header, SnapshotRecord):
        raise ValueError("a scan begins with its snapshot's header")  # noqa: TRY004 - the contents are wrong, not a type
    feeds = [decode_line(line) for line in lines[1 : 1 + header.feeds]]
    if len(feeds) != header.feeds or not all(isinstance(one, FeedRecord) for one in feeds):
        raise ValueError("a snapshot is one header and as many feeds as it says")
    return Snapshot(
        version=header.snapshot_version,
        scan_id=header.scan_id,
        mode=header.mode,
        started_at=header.started_at,
        finished_at=header.finished_at,
        feeds=[read_feed(feed) for feed in feeds],
    )


def encode_instruments(feed: str, version: str, instruments: Sequence[Instrument], at: int) -> list[bytes]:
    """A feed's list in parts, in order of symbol. Raises `RecordRefused`."""
    exchange, _, market = feed.partition(":")
    ordered = sorted(instruments, key=lambda one: one.symbol)
    parts = [
        ordered[start : start + INSTRUMENTS_PER_RECORD] for start in range(0, len(ordered), INSTRUMENTS_PER_RECORD)
    ]
    return [
        encode_line(
            InstrumentsRecord(
                v=RECORD_VERSION,
                version=version,
                at=at,
                exchange=exchange,  # type: ignore[arg-type] - the line is checked against the schema
                market=market,  # type: ignore[arg-type]
                part=number,
                parts=len(parts),
                instruments=part,
            )
        )
        for number, part in enumerate(parts)
    ]


def _header(snapshot: Snapshot) -> SnapshotRecord:
    return SnapshotRecord(
        v=RECORD_VERSION,
        scan_id=snapshot.scan_id,
        snapshot_version=snapshot.version,
        mode=snapshot.mode,
        started_at=snapshot.started_at,
        finished_at=snapshot.finished_at,
        feeds=len(snapshot.feeds),
        quote_columns=Quote.__struct_fields__,
        funding_columns=Funding.__struct_fields__,
    )


def _encode_feed(snapshot: Snapshot, feed: Feed, refused: Counter[str]) -> bytes:
    """A feed's line; quotes that must not be kept are left out of it and counted with the rejected rows."""
    try:
        return encode_line(record_feed(snapshot, feed))
    except RecordRefused as error:
        sound = [quote for quote in feed.quotes if _is_sound(quote)]
        count = len(feed.quotes) - len(sound)
        if not count:
            raise
        refused["quote"] += count
        log.warning("quotes refused", extra={"exchange": feed.exchange, "count": count, "error": str(error)})
        rejected = {**feed.rejected, REFUSED: count}
        return encode_line(record_feed(snapshot, replace(feed, quotes=sound, rejected=rejected)))


def _is_sound(quote: Quote) -> bool:
    try:
        return _quotes.decode(msgspec.json.encode(quote)) == quote
    except msgspec.MsgspecError:
        return False


def _encode_outcome(snapshot: Snapshot, outcome: Outcome, refused: Counter[str]) -> Iterator[bytes]:
    scan_id, mode, v = snapshot.scan_id, snapshot.mode, RECORD_VERSION

    def keep(kind: str, records: Iterable[Record]) -> list[bytes]:
        kept: list[bytes] = []
        for record in records:
            try:
                kept.append(encode_line(record))
            except RecordRefused as error:
                refused[kind] += 1
                log.warning("record refused", extra={"kind": kind, "error": str(error)})
        return kept

    policy = keep("policy", [outcome.policy])
    books = keep("book", (BookRecord(v=v, scan_id=scan_id, mode=mode, book=book) for book in outcome.books))
    changed = keep(
        "opportunity", (OpportunityRecord(v=v, scan_id=scan_id, mode=mode, document=one) for one in outcome.changed)
    )
    parts = len(outcome.checkpoint)
    checkpoint = keep(
        "checkpoint",
        (
            CheckpointRecord(v=v, scan_id=scan_id, mode=mode, document=one, part=part, parts=parts)
            for part, one in enumerate(outcome.checkpoint)
        ),
    )
    decision = DecisionRecord(
        v=v,
        scan_id=scan_id,
        mode=mode,
        decided_at=outcome.decided_at,
        catalogue=outcome.catalogue,
        policy_version=outcome.policy.version,
        candidates=outcome.candidates,
        drop_counts=outcome.drop_counts,
        books=len(books),
        books_failed=tuple(outcome.books_failed),
        changed=tuple(OpportunityRef(one.id, one.revision) for one in outcome.changed),
        refused=dict(refused),
        follows=outcome.follows,
    )
    yield from (*policy, *books, encode_line(decision), *changed, *checkpoint)
