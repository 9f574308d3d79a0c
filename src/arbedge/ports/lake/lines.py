"""Records as lines of JSON, and back. A line is read back as its own schema says before anyone keeps it."""

import re
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from arbedge.errors import RecordRefused
from arbedge.limits import LAKE_LINE_BYTES_MAX
from arbedge.ports.lake.event_records import EventRecord
from arbedge.ports.lake.scan_records import CheckpointRecord, Record, ScanRecord

AnyRecord = ScanRecord | EventRecord

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(AnyRecord)
_events: Final = msgspec.json.Decoder(EventRecord)
# A float that is no number becomes null, which the schema refuses where null has no meaning; a Decimal stays a text.
_NO_NUMBER: Final = re.compile(rb'"-?(?:s?NaN\d*|Infinity)"')


def encode_line(record: Record) -> bytes:
    """One record without its line's end. Raises `RecordRefused` for one that could not be read back as it is."""
    kind = kind_of(record)
    try:
        line = _encoder.encode(record)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise RecordRefused(f"{kind}: {error}") from None
    if len(line) > LAKE_LINE_BYTES_MAX:
        raise RecordRefused(f"{kind}: {len(line)} bytes are more than a record may have")
    if b"\n" in line:
        raise RecordRefused(f"{kind}: a line end inside the record")
    is_suspect = (b"NaN" in line or b"Infinity" in line) and not isinstance(record, CheckpointRecord)
    if is_suspect and (found := _NO_NUMBER.search(line)) and _holds_no_number(record):
        raise RecordRefused(f"{kind}: {found.group().decode()} is no number")
    try:
        decode_line(line)
    except ValueError as error:
        raise RecordRefused(f"{kind}: {error}") from None
    return line


def _holds_no_number(record: Record) -> bool:
    """Whether a Decimal in it is none: people may well write such a word."""

    def search(value: Any) -> bool:
        if isinstance(value, Decimal):
            return not value.is_finite()
        if isinstance(value, dict):
            return any(map(search, cast("dict[str, Any]", value).values()))
        return isinstance(value, list) and any(map(search, cast("list[Any]", value)))

    return search(msgspec.to_builtins(record, builtin_types=(Decimal,)))


def decode_line(line: bytes | str) -> Any:
    """The record in a line, one of `AnyRecord`. Raises `ValueError` for anything else."""
    return _decode(_decoder, line)


def decode_event(line: bytes | str) -> EventRecord:
    """The event in a line. Raises `ValueError` for anything else."""
    return _decode(_events, line)


def _decode(decoder: msgspec.json.Decoder[Any], line: bytes | str) -> Any:
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(f"no record of a known kind and version: {error}") from None


def kind_of(record: Record) -> str:
    """The record's kind, as its line says it."""
    return str(cast("Any", type(record)).__struct_config__.tag)


def time_of(record: Any) -> int:
    """When what a record tells of happened; a scan's records have the scan's time."""
    return record.scan_id if hasattr(record, "scan_id") else getattr(record, "at", 0)
