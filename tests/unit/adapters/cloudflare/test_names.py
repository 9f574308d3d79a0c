"""What is left of a name is short, on one line and shown as it is spelled."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.adapters.cloudflare.d1.names import NAME_CHARACTERS_MAX, clean_name

JOINERS = "\u200c\u200d"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Alice", "Alice"),
        ("  Alice \t B.\n ", "Alice B."),
        ("\u202eecilA\u202c", "ecilA"),
        ("\u2066a\u2069\u200e\u200f\u061c\ufeff", "a"),
        ("a\x00b\x1b[31m\x7f\x85", "ab[31m"),
        ("\ud83d lone", "lone"),
        ("नमस्ते 山田 Ñandú", "नमस्ते 山田 Ñandú"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("x" * 500, "x" * 64),
        ("\u202e" * 500 + "x", ""),
        ("", ""),
        ("\u2028\u3000", ""),
    ],
)
def test_names_are_cleaned(name: str, expected: str) -> None:
    assert clean_name(name) == expected


@given(st.text(st.characters(), max_size=300))
def test_no_name_escapes(name: str) -> None:
    cleaned = clean_name(name)
    assert len(cleaned) <= NAME_CHARACTERS_MAX
    assert clean_name(cleaned) == cleaned
    assert not [one for one in cleaned if unicodedata.category(one)[0] == "C" and one not in JOINERS]
    assert not [one for one in cleaned if one.isspace() and one != " "]
