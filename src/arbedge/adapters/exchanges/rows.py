"""Reads bulk answers fast, and still reads them when single rows are damaged.

The whole answer is decoded into typed rows in one pass. Only when that fails are its rows converted one by one, and
what cannot be read in a row is left out of it, so that one bad field costs one number and not the market.
"""

from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeVar, cast

import msgspec
from msgspec import Struct, ValidationError

# On the wire a number is a string, sometimes bare, and the empty string is how exchanges write "none".
# Decoders of these types run with `strict=False`, which reads both forms.
Number = float | Literal[""] | None
Whole = int | Literal[""] | None

RowT = TypeVar("RowT", bound=Struct)


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
