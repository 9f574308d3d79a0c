"""A cursor carries a position there and back, and nothing else gets in."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.adapters.cloudflare.d1.cursor import Position, parse_cursor, render_cursor


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}"))
def test_a_position_survives_exactly(ranked_bps: float, id_: str) -> None:
    assert parse_cursor(render_cursor(Position(ranked_bps=ranked_bps, id=id_))) == Position(
        ranked_bps=ranked_bps, id=id_
    )


@given(st.text() | st.text("AQgwW10xLCJ-_="))
def test_whatever_is_not_a_cursor_is_a_value_error(text: str) -> None:
    try:
        position = parse_cursor(text)
    except ValueError:
        return
    assert render_cursor(position)


@pytest.mark.parametrize(
    "content",
    [
        [1.0, "short"],
        [1.0, "0" * 16, 2],
        ["1", "0" * 16],
        [1e999, "0" * 16],
        {"net_bps": 1, "id": "0" * 16},
        [None, None],
    ],
)
def test_other_contents_are_refused(content: object) -> None:
    with pytest.raises(ValueError, match="cursor"):
        parse_cursor(base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("="))
