"""What the table of measurements says follows from the figures alone."""

import pytest
from msgspec.structs import replace

from scripts.bench.machine import Machine
from scripts.bench.report import Report, render_document, render_figure
from scripts.bench.rows import Row, percentile

QUIET = Machine(
    commit="0123456789ab",
    is_dirty=False,
    date="2026-11-22 10:00 UTC",
    cores=2,
    cpu="some processor",
    load=0.1,
    python="3.11.7",
    ccxt="4.0",
    workerd="1.0",
)


@pytest.mark.parametrize(
    ("figure", "peer", "aim", "verdict"),
    [
        (2.0, 60.0, "25 x", "met"),
        (2.0, 50.0, "25 x", "met"),
        (2.0, 49.0, "25 x", "missed"),
        (2.0, None, "25 x", "missed"),
        (0.99, None, "at most 1 s", "met"),
        (1.01, None, "at most 1 s", "missed"),
        (1.0, None, None, "no aim"),
    ],
)
def test_whether_an_aim_is_met(figure, peer, aim, verdict) -> None:
    assert Row(area="a", name="n", figure=figure, unit="s", peer=peer, aim=aim).verdict == verdict


@pytest.mark.parametrize("aim", ["fast", "at most 1", "at most 1 ms"])
def test_an_aim_that_cannot_be_judged_is_an_error(aim) -> None:
    with pytest.raises(ValueError, match="aim"):
        _ = Row(area="a", name="n", figure=1, unit="s", aim=aim).verdict


def test_percentiles_are_values_that_were_seen() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]


def test_figures_carry_three_digits_and_their_unit() -> None:
    assert [render_figure(figure, "ms") for figure in (1234.5, 99.94, 1.234)] == ["1,234 ms", "99.9 ms", "1.23 ms"]


def test_the_page_names_commit_machine_and_every_aim() -> None:
    rows = [
        Row(area="start", name="imports", figure=1.5, unit="s", aim="at most 1 s", note="best of 3"),
        Row(area="parsing", name="decode", figure=2, unit="ms", peer=60, peer_name="ccxt", aim="25 x"),
    ]
    page = render_document(Report(QUIET, is_quick=False, rows=rows))
    for text in (
        "`0123456789ab`",
        "2 cores, some processor",
        "Aims met: decode.",
        "Aims missed: imports.",
        "| imports | 1.50 s |  | at most 1 s | **missed** |",
        "60.0 ms ccxt: 30.0 x",
        "imports: best of 3.",
    ):
        assert text in page
    assert "Other work ran" not in page


def test_a_busy_machine_is_admitted() -> None:
    busy = Report(replace(QUIET, load=1.5), is_quick=False, rows=[])
    assert "Other work ran" in render_document(busy)
