"""Names people give themselves are hostile text: shown to others, in lists and in logs."""

import unicodedata
from typing import Final

NAME_CHARACTERS_MAX: Final = 64
# Emoji and several scripts are spelled with joiners; every other invisible format character can only mislead.
_JOINERS: Final = frozenset("\u200c\u200d")


def clean_name(name: str) -> str:
    """At most 64 characters on one line, without control, direction, private or unassigned characters.

    Empty when nothing is left.
    """
    # Cutting first bounds the work; twice the length leaves room for what is dropped.
    spaced = ("".join(_keep(character) for character in name[: NAME_CHARACTERS_MAX * 2])).split()
    return " ".join(spaced)[:NAME_CHARACTERS_MAX].strip()


def _keep(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z" or character in "\t\n\r":
        return " "
    if category[0] == "C" and character not in _JOINERS:
        return ""
    return character
