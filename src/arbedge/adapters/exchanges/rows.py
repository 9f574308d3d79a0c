"""Reads bulk answers fast, and still reads them when single rows are damaged.

The whole answer is decoded into typed rows in one pass. Only when that fails are its rows converted one by one, and
what cannot be read in a row is left out of it, so that one bad field costs one number and not the market.

An answer that no exchange would give, of millions of rows or with thousands of instruments for one pair, is refused
whole: reading it, or comparing what it lists, would cost the memory and the time of all others.
"""

from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, TypeVar, cast

import msgspec
from msgspec import Struct, ValidationError

from arbedge.domain.instruments import Instrument
from arbedge.limits import BOOK_BYTES_MAX, INSTRUMENTS_OF_FEED_MAX, INSTRUMENTS_OF_PAIR_MAX

_COUNTED_FROM_BYTES: Final = 1_000_000  # whatever a smaller answer holds fits into memory
_PARTS_MAX: Final = 150_000  # objects and lists: the largest answer, Binance's instruments, has some 60,000
_VALUES_MAX: Final = 2_000_000

# On the wire a number is a string, sometimes bare, and the empty string is how exchanges write "none".
# Decoders of these types run with `strict=False`, which reads both forms.
Number = float | Literal[""] | None
Whole = int | Literal[""] | None

RowT = TypeVar("RowT", bound=Struct)


def require_countable(payload: bytes) -> bytes:
    """The answer itself. Raises `ValidationError` for one of more parts than could be held."""
    if len(payload) <= _COUNTED_FROM_BYTES:
        return payload
    parts = payload.count(b"{") + payload.count(b"[")
    if parts > _PARTS_MAX or payload.count(b",") > _VALUES_MAX:
        raise ValidationError(f"{len(payload)} bytes in {parts} parts are more than any market has")
    return payload


def require_book(payload: bytes) -> bytes:
    """The answer itself. Raises `ValidationError` for one that is no book of so few levels as are asked for."""
    if len(payload) > BOOK_BYTES_MAX:
        raise ValidationError(f"{len(payload)} bytes are more than a book has")
    return payload


def require_list(instruments: list[Instrument]) -> list[Instrument]:
    """The list itself. Raises `ValidationError` for one that cannot be true: it would be compared pair by pair."""
    if len(instruments) > INSTRUMENTS_OF_FEED_MAX:
        raise ValidationError(f"{len(instruments)} instruments are more than any market has")
    pairs = Counter((one.asset, one.quote) for one in instruments)
    if pairs and max(pairs.values()) > INSTRUMENTS_OF_PAIR_MAX:
        (pair, count), *_ = pairs.most_common(1)
        raise ValidationError(f"{count} instruments of {'/'.join(pair)[:40]} are more than any market has")
    return instruments


def known(number: float | Literal[""] | None) -> float | None:
    """A number that may be zero, or None. (For prices and sizes `x or None` does: nobody quotes zero.)"""
    return None if number == "" else number


def parse_rule(text: str) -> Decimal:
    """A trading rule that shares its field with "": zero where there is none."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)


def mend_rows(rows: list[Any], row_type: type[RowT]) -> list[RowT]:
    """Converts plain rows. Every field of `row_type` has a default, which stands in for what cannot be read;
    a row that is not even an object comes out nameless, to be counted with the other rejected rows.
    """
    return [_mend(row, row_type) for row in rows]


def _mend(row: object, row_type: type[RowT]) -> RowT:
    try:
        return msgspec.convert(row, row_type, strict=False)
    except ValidationError:
        if not isinstance(row, dict):
            return row_type()
        fields = cast("dict[str, object]", row)
        types = {field.encode_name: field.type for field in msgspec.structs.fields(row_type)}
        readable = {name: value for name, value in fields.items() if name in types and _fits(value, types[name])}
        return msgspec.convert(readable, row_type, strict=False)


def _fits(value: object, wanted: Any) -> bool:
    try:
        msgspec.convert(value, wanted, strict=False)
    except ValidationError:
        return False
    return True
