"""The cursor of the list of opportunities: where a page ended, opaque to whoever carries it."""

import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec
from msgspec import Struct

from arbedge.domain.opportunity import is_id

CURSOR_CHARACTERS_MAX: Final = 128
_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


class Position(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The last item of a page, in the list's order."""

    ranked_bps: float
    id: str


_decoder = msgspec.json.Decoder(Position)


def render_cursor(position: Position) -> str:
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def parse_cursor(cursor: str) -> Position:
    """The position in a cursor. Raises `ValueError` for anything `render_cursor` could not have made."""
    if len(cursor) > CURSOR_CHARACTERS_MAX or not _ALPHABET.fullmatch(cursor):
        raise ValueError("not a cursor of this list")
    try:
        position = _decoder.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (msgspec.MsgspecError, ValueError):
        raise ValueError("not a cursor of this list") from None
    if not math.isfinite(position.ranked_bps) or not is_id(position.id):
        raise ValueError("not a cursor of this list")
    return position
