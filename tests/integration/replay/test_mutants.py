"""Code that decides or tells otherwise than the code that was recorded does not pass: a replay is worth its name."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from arbedge.app import figures_shown
from arbedge.domain import eligibility, episodes, fees
from arbedge.domain.detection import shortlist
from scripts.replay.spans import Span
from tests.integration.replay.conftest import Recorded
from tests.integration.replay.stage import replay

Patch = pytest.MonkeyPatch


def raise_a_fee(patch: Patch) -> None:
    fee = replace(fees.get_base_tier("okx", "spot"), taker=Decimal("0.0011"))
    patch.setitem(fees._BASE_TIER, ("okx", "spot"), fee)


def never_edit(patch: Patch) -> None:
    patch.setattr(episodes, "EDIT_INTERVAL_MS_MIN", 86_400_000)


def look_at_fewer(patch: Patch) -> None:
    patch.setattr(shortlist, "SHORTLIST_MAX", 3)
    patch.setattr(shortlist, "SHORTLIST_FRESH_MIN", 1)


def forget_a_layer(patch: Patch) -> None:
    layers = tuple(one for one in eligibility.LAYERS if one is not eligibility.check_alerts)
    patch.setattr(eligibility, "LAYERS", layers)


def show_fewer_digits(patch: Patch) -> None:
    patch.setattr(figures_shown, "_SHOWN", figures_shown._SHOWN.__class__(prec=3))


@pytest.mark.parametrize(
    ("mutate", "kinds"),
    [
        (raise_a_fee, {"opportunity", "message"}),
        (never_edit, {"opportunity"}),
        (look_at_fewer, {"opportunity", "decision"}),
        (forget_a_layer, {"distribution"}),
        (show_fewer_digits, {"message"}),
    ],
)
async def test_a_mutant_is_found(
    recorded: Recorded, tmp_path: Path, monkeypatch: Patch, mutate: Callable[[Patch], None], kinds: set[str]
):
    mutate(monkeypatch)
    span = Span(recorded.span.from_ms, recorded.scans[11])
    found = await replay(recorded.lake, span, tmp_path / "result.ndjson")
    different = {kind for kind, counts in found.counts.items() if counts.get("different")}
    assert different >= kinds
    assert found.run.comparison.shown[0].path


async def test_rules_that_changed_since_are_named(recorded: Recorded, tmp_path: Path, monkeypatch: Patch):
    raise_a_fee(monkeypatch)
    span = Span(recorded.span.from_ms, recorded.scans[2])
    found = await replay(recorded.lake, span, tmp_path / "result.ndjson")
    ((changes),) = found.run.report.policies.values()
    assert [change.rpartition(": ")[2] for change in changes] == ["0.0010 -> 0.0011"]
    assert changes[0].startswith("fees[")
