"""The lake's records of a snapshot, version 1: a header and one record a feed, one JSON object a line.

A feed's quotes are arrays whose columns the header names, which keeps a scan of 4,000 quotes at 440 kB.
The same records fit any sink that takes JSON lines.
"""

import gzip
import zlib
from collections.abc import Iterator
from typing import Final, Literal

import msgspec
from msgspec import Struct

from arbedge.domain.market import ExchangeId, Feed, FeedState, Funding, Market, Mode, Quote, Snapshot, Source

LAKE_VERSION: Final = 1
# Levels above 1 take 2 to 4 times as long for a tenth less.
GZIP_LEVEL: Final = 1


class SnapshotHeader(Struct, frozen=True, tag_field="kind", tag="snapshot", forbid_unknown_fields=True):
    """The first record of a scan: what follows and how to read it."""

    v: Literal[1]
    scan_id: int
    snapshot_version: int
    mode: Mode
    started_at: int
    finished_at: int
    feeds: int
    quote_columns: tuple[str, ...]
    funding_columns: tuple[str, ...]


class FeedRecord(Struct, frozen=True, tag_field="kind", tag="feed", forbid_unknown_fields=True):
    """One exchange and market in a scan."""

    v: Literal[1]
    scan_id: int
    mode: Mode
    exchange: ExchangeId
    market: Market
    state: FeedState
    received_at: int
    latency_ms: int
    source: Source
    error: str | None
    rejected: dict[str, int]
    quotes: list[Quote]
    clock_offset_ms: int = 0


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(SnapshotHeader | FeedRecord)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """The snapshot as gzip NDJSON: the same bytes for the same snapshot."""
    return gzip.compress(_encoder.encode_lines(list(_records(snapshot))), GZIP_LEVEL, mtime=0)


def decode_snapshot(data: bytes) -> Snapshot:
    """Reads what `encode_snapshot` wrote. Raises `ValueError` for anything else, an incomplete one included."""
    try:
        header, *rest = [_decoder.decode(line) for line in gzip.decompress(data).splitlines()]
    except (msgspec.MsgspecError, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"not a snapshot of version {LAKE_VERSION}: {error}") from error
    feeds = [record for record in rest if isinstance(record, FeedRecord)]
    if not isinstance(header, SnapshotHeader) or len(feeds) != len(rest) or len(feeds) != header.feeds:
        raise ValueError("a snapshot is one header and as many feeds as it says")
    return Snapshot(
        version=header.snapshot_version,
        scan_id=header.scan_id,
        mode=header.mode,
        started_at=header.started_at,
        finished_at=header.finished_at,
        feeds=[_feed(record) for record in feeds],
    )


def _records(snapshot: Snapshot) -> Iterator[SnapshotHeader | FeedRecord]:
    yield SnapshotHeader(
        v=LAKE_VERSION,
        scan_id=snapshot.scan_id,
        snapshot_version=snapshot.version,
        mode=snapshot.mode,
        started_at=snapshot.started_at,
        finished_at=snapshot.finished_at,
        feeds=len(snapshot.feeds),
        quote_columns=Quote.__struct_fields__,
        funding_columns=Funding.__struct_fields__,
    )
    for feed in snapshot.feeds:
        yield FeedRecord(
            v=LAKE_VERSION,
            scan_id=snapshot.scan_id,
            mode=snapshot.mode,
            exchange=feed.exchange,
            market=feed.market,
            state=feed.state,
            received_at=feed.received_at,
            latency_ms=feed.latency_ms,
            source=feed.source,
            error=feed.error,
            rejected=feed.rejected,
            quotes=feed.quotes,
            clock_offset_ms=feed.clock_offset_ms,
        )


def _feed(record: FeedRecord) -> Feed:
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
    )
