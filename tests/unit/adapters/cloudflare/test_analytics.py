"""Points are as the layout says, fit the platform's limits, and never fail a scan."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from arbedge.adapters.cloudflare.analytics import LAYOUT_VERSION, LAYOUTS, EngineAnalytics, find_problem
from tests.integration.store.metrics_builders import make_feed_metrics, make_scan_metrics
from tests.miniflare_shim import VirtualClock
from tests.miniflare_shim.analytics import AnalyticsEngineDataset, DataPoint

DOCUMENT = (Path(__file__).parents[4] / "docs" / "analytics.md").read_text()


class Broken:
    def writeDataPoint(self, _point: Any) -> None:  # noqa: N802
        raise RuntimeError("the dataset is gone")


@pytest.fixture
def dataset() -> AnalyticsEngineDataset:
    return AnalyticsEngineDataset(clock=VirtualClock())


def read(point: DataPoint) -> dict[str, Any]:
    blobs, doubles = LAYOUTS[point.blobs[1]]
    return dict(zip(blobs, point.blobs, strict=True)) | dict(zip(doubles, point.doubles, strict=True))


def test_a_scan_is_one_point_and_one_a_feed(dataset: AnalyticsEngineDataset):
    EngineAnalytics(dataset).record_scan(make_scan_metrics(), is_cached=True, is_in_lake=False)
    *feeds, scan = [read(point) for point in dataset.points]
    assert len(dataset.points) == 7
    assert {(one["exchange"], one["market"]) for one in feeds} == {
        (exchange, market) for exchange in ("binance", "bybit", "okx") for market in ("spot", "perp")
    }
    assert (scan["version"], scan["mode"], scan["duration_ms"]) == (LAYOUT_VERSION, "synthetic", 900)
    assert (scan["is_cached"], scan["is_in_lake"]) == (1, 0)
    assert (scan["reason1"], scan["dropped1"]) == ("below_minimum", 3)
    assert (scan["reason4"], scan["dropped4"]) == ("", 0)


def test_what_is_not_known_is_told_apart_from_nought(dataset: AnalyticsEngineDataset):
    feed = make_feed_metrics(age_ms_median=None, age_ms_oldest=0)
    EngineAnalytics(dataset).record_scan(replace(make_scan_metrics(), feeds=[feed]), is_cached=True, is_in_lake=True)
    assert (read(dataset.points[0])["age_ms_median"], read(dataset.points[0])["age_ms_oldest"]) == (-1, 0)


def test_a_dataset_that_throws_fails_nothing(caplog: pytest.LogCaptureFixture):
    EngineAnalytics(Broken()).record_scan(make_scan_metrics(), is_cached=True, is_in_lake=True)
    assert len([record for record in caplog.records if record.message == "analytics point not written"]) == 7


def test_a_point_that_the_platform_would_refuse_is_not_sent_but_logged(
    dataset: AnalyticsEngineDataset, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.ERROR)
    scan = replace(make_scan_metrics(), feeds=[make_feed_metrics(error_class="x" * 20_000)])
    EngineAnalytics(dataset).record_scan(scan, is_cached=True, is_in_lake=True)
    assert [point.blobs[1] for point in dataset.points] == ["scan"]
    assert [record.message for record in caplog.records] == ["analytics point refused"]


@pytest.mark.parametrize(
    "point",
    [
        {"blobs": ["x"] * 21, "doubles": [], "indexes": ["i"]},
        {"blobs": [], "doubles": [1.0] * 21, "indexes": ["i"]},
        {"blobs": ["ü" * 8_193], "doubles": [], "indexes": ["i"]},
        {"blobs": [], "doubles": [], "indexes": ["ü" * 49]},
        {"blobs": [], "doubles": [], "indexes": ["i", "j"]},
        {"blobs": [], "doubles": [float("nan")], "indexes": ["i"]},
    ],
)
def test_each_limit_is_checked_as_the_twin_checks_it(point: dict[str, Any], dataset: AnalyticsEngineDataset):
    assert find_problem(point)
    with pytest.raises(Exception, match="writeDataPoint"):
        dataset.writeDataPoint(point)


def test_points_at_the_limits_are_taken(dataset: AnalyticsEngineDataset):
    point = {"blobs": ["x"] * 20, "doubles": [1.0] * 20, "indexes": ["i" * 96]}
    assert find_problem(point) is None
    dataset.writeDataPoint(point)


@pytest.mark.parametrize("kind", LAYOUTS)
def test_the_document_shows_the_layout(kind: str):
    section = DOCUMENT.split(f"## {kind}\n")[1].split("\n## ")[0]
    blobs, doubles = LAYOUTS[kind]
    told = re.findall(r"^\| (blob\d+|double\d+) \| `(\w+)`", section, flags=re.MULTILINE)
    assert told == [
        *((f"blob{place}", name) for place, name in enumerate(blobs, 1)),
        *((f"double{place}", name) for place, name in enumerate(doubles, 1)),
    ]
    assert f"version {LAYOUT_VERSION}" in DOCUMENT
