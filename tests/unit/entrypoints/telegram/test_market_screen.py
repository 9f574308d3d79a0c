"""The sparkline and the link to the chart page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.entrypoints.telegram.screens.market import is_public, render_sparkline

BARS = "▁▂▃▄▅▆▇█"


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=48))
def test_a_sparkline_has_a_bar_a_value_in_the_values_order(values: list[float]):
    line = render_sparkline(values)
    assert len(line) == len(values)
    heights = [BARS.index(bar) for bar in line]
    assert all((heights[i] <= heights[j]) for i, a in enumerate(values) for j, b in enumerate(values) if a < b)
    if max(values) > min(values):
        assert (heights[values.index(min(values))], heights[values.index(max(values))]) == (0, 7)


def test_what_does_not_move_is_a_level_line():
    assert render_sparkline([5.0, 5.0, 5.0]) == "▄▄▄"


@pytest.mark.parametrize(
    ("url", "opens"),
    [
        ("https://arbedge.example.com/chart.html?symbol=a", True),
        ("http://arbedge.example.com/chart.html", False),
        ("https://127.0.0.1:8787/chart.html", False),
        ("http://127.0.0.1:8787/chart.html", False),
        ("https://localhost/chart.html", False),
    ],
)
def test_telegram_opens_only_public_addresses(url: str, opens: bool):
    assert is_public(url) is opens
