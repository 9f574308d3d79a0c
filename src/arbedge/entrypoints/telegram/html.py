"""Telegram's HTML, written so that no name, symbol or error text can break or forge it."""

import html
import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
NAME_MAX: Final = 32
_TAG = re.compile(r"<[^<>]*>")
# Control, format (bidi overrides, zero-width), surrogate and unassigned characters, line and paragraph separators.
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


def utf16_length(text: str) -> int:
    """Telegram counts UTF-16 code units: a character beyond the basic plane counts twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 code units, never half a character; what was cut ends in an ellipsis."""
    if utf16_length(text) <= limit:
        return text
    kept: list[str] = []
    room = limit - utf16_length(ELLIPSIS)
    for character in text:
        room -= utf16_length(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + ELLIPSIS if limit > 0 else ""


def clean(text: str, limit: int = NAME_MAX) -> str:
    """Foreign text on one line, without characters that are invisible or turn the writing direction around."""
    visible = "".join(
        " " if unicodedata.category(character) in _UNSAFE and character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _UNSAFE
    )
    return cut(" ".join(visible.split()), limit)


def escape(text: str) -> str:
    return html.escape(text, quote=True)


def quote(text: str, limit: int = NAME_MAX) -> str:
    """Foreign text, made safe for the inside of a tag or an attribute."""
    return escape(clean(text, limit))


def bold(text: str) -> str:
    return f"<b>{escape(text)}</b>"


def shown_length(markup: str) -> int:
    """The length Telegram counts: after tags and references have been read."""
    return utf16_length(html.unescape(_TAG.sub("", markup)))
