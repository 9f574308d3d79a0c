"""Which stretch of time a person means."""

import pytest

from scripts.replay.spans import Span, SpanError, read_span

NOW = 1_795_396_500_000  # 2026-11-23T01:15:00Z
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("given", "span"),
    [
        ({"FROM": "2026-11-23T00:15", "TO": "2026-11-23T01:15"}, Span(NOW - HOUR, NOW)),
        ({"FROM": "2026-11-23T00:15:00Z"}, Span(NOW - HOUR, NOW)),
        ({"FROM": "2026-11-23T01:15+01:00"}, Span(NOW - HOUR, NOW)),
        ({"FROM": str(NOW - HOUR), "TO": str(NOW)}, Span(NOW - HOUR, NOW)),
        ({"LAST": "60m"}, Span(NOW - HOUR, NOW)),
        ({"LAST": "1h", "FROM": ""}, Span(NOW - HOUR, NOW)),
        ({"LAST": "30s", "TO": "2026-11-23T00:15"}, Span(NOW - HOUR - 30_000, NOW - HOUR)),
    ],
)
def test_times_and_lengths_are_read(given, span):
    assert read_span(given, NOW) == span


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"FROM": "2026-11-23T00:15", "LAST": "10m"},
        {"FROM": "yesterday"},
        {"LAST": "10"},
        {"LAST": "0m"},
        {"FROM": "2026-11-23T02:00"},
        {"FROM": "2026-11-23T01:00", "TO": "2026-11-23T01:00"},
    ],
)
def test_anything_else_is_refused_with_a_word_on_what_to_write(given):
    with pytest.raises(SpanError, match=r"10m|nothing|FROM|epoch"):
        read_span(given, NOW)


def test_a_span_names_its_file():
    assert Span(NOW - HOUR, NOW).file_name == "20261123T001500Z-20261123T011500Z"
    assert str(Span(NOW, NOW + 1)) == "2026-11-23T01:15:00Z to 2026-11-23T01:15:00.001Z"
