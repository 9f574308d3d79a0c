"""Writes what was measured as Analytics Engine points, in one layout that queries can rely on.

The dataset has no column names, only blob1, double1 and so on: `LAYOUTS` says what each of them is, docs/analytics.md
shows it to whoever queries. A layout that changes gets a new version, since points of the old one stay for months.
"""

import logging
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from arbedge.adapters.cloudflare.bindings import AnalyticsDataset
from arbedge.ports.analytics import FeedMetrics, ScanMetrics

LAYOUT_VERSION: Final = "1"
REASONS_TOLD: Final = 4  # the most frequent reasons of a scan's drops, each with its count

BLOBS_MAX: Final = 20
DOUBLES_MAX: Final = 20
BLOBS_BYTES_MAX: Final = 16_384
INDEX_BYTES_MAX: Final = 96

# blob1 and blob2 are the same in every layout, so that a query can pick its own points. A figure that is not known is
# -1, because a point has no null.
LAYOUTS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "feed": (
        ("version", "kind", "mode", "exchange", "market", "state", "outcome", "error_class"),
        (
            *("latency_ms", "requests", "bytes", "quotes"),
            *("unknown_instrument", "no_quote", "impossible", "no_funding"),
            *("age_ms_median", "age_ms_oldest", "clock_offset_ms", "books", "books_failed"),
        ),
    ),
    "scan": (
        ("version", "kind", "mode", *(f"reason{place}" for place in range(1, REASONS_TOLD + 1))),
        (
            *("duration_ms", "instruments", "candidates", "dropped", "opened", "ended", "books", "books_failed"),
            *("is_cached", "is_in_lake"),
            *(f"dropped{place}" for place in range(1, REASONS_TOLD + 1)),
        ),
    ),
}
UNKNOWN: Final = -1.0

log = logging.getLogger(__name__)


class EngineAnalytics:
    """`Analytics` on an Analytics Engine dataset: seven points a scan, of the 25 that one event may write."""

    def __init__(self, dataset: AnalyticsDataset) -> None:
        self._dataset = dataset

    def record_scan(self, scan: ScanMetrics, *, is_cached: bool, is_in_lake: bool) -> None:
        for feed in scan.feeds:
            self._write("feed", f"{feed.exchange}:{feed.market}", _describe_feed(feed) | {"mode": scan.mode})
        self._write("scan", "scan", _describe_scan(scan, is_cached=is_cached, is_in_lake=is_in_lake))

    def _write(self, kind: str, index: str, values: Mapping[str, str | float | None]) -> None:
        """Never fails: a scan is not worth less because nobody could write down how it went."""
        blobs, doubles = LAYOUTS[kind]
        known = {**values, "version": LAYOUT_VERSION, "kind": kind}
        point = {
            "blobs": [str(known[name] or "") for name in blobs],
            "doubles": [UNKNOWN if (value := known[name]) is None else float(value) for name in doubles],
            "indexes": [index],
        }
        if problem := find_problem(point):
            log.error("analytics point refused", extra={"kind": kind, "problem": problem})
            return
        try:
            self._dataset.writeDataPoint(point)
        except Exception as error:  # noqa: BLE001 - the binding raises JavaScript errors of many kinds
            log.warning("analytics point not written", extra={"kind": kind, "error": type(error).__name__})


def find_problem(point: Mapping[str, list[Any]]) -> str | None:
    """Why the platform would refuse a point, or cut it in silence; None for one that it takes."""
    blobs, doubles, indexes = point["blobs"], point["doubles"], point["indexes"]
    if len(blobs) > BLOBS_MAX or len(doubles) > DOUBLES_MAX:
        return f"{len(blobs)} blobs and {len(doubles)} doubles; {BLOBS_MAX} and {DOUBLES_MAX} are allowed"
    if _count_bytes(blobs) > BLOBS_BYTES_MAX:
        return f"blobs of over {BLOBS_BYTES_MAX} bytes"
    if len(indexes) != 1 or _count_bytes(indexes) > INDEX_BYTES_MAX:
        return f"not one index of at most {INDEX_BYTES_MAX} bytes"
    if not all(map(math.isfinite, doubles)):
        return "a double that is no number"
    return None


def _count_bytes(texts: Iterable[str]) -> int:
    return sum(len(text.encode(errors="replace")) for text in texts)


def _describe_feed(feed: FeedMetrics) -> dict[str, str | float | None]:
    return {
        "exchange": feed.exchange,
        "market": feed.market,
        "state": feed.state,
        "outcome": feed.outcome,
        "error_class": feed.error_class,
        "latency_ms": feed.latency_ms,
        "requests": feed.requests,
        "bytes": feed.bytes,
        "quotes": feed.quotes,
        **{name: feed.rejected.get(name, 0) for name in ("unknown_instrument", "no_quote", "impossible", "no_funding")},
        "age_ms_median": feed.age_ms_median,
        "age_ms_oldest": feed.age_ms_oldest,
        "clock_offset_ms": feed.clock_offset_ms,
        "books": feed.books,
        "books_failed": feed.books_failed,
    }


def _describe_scan(scan: ScanMetrics, *, is_cached: bool, is_in_lake: bool) -> dict[str, str | float | None]:
    top: list[tuple[str, int]] = sorted(scan.drops.items(), key=lambda drop: (-drop[1], drop[0]))[:REASONS_TOLD]
    top += [("", 0)] * (REASONS_TOLD - len(top))
    told: dict[str, str | float | None] = {f"reason{place}": reason for place, (reason, _) in enumerate(top, 1)}
    told |= {f"dropped{place}": count for place, (_, count) in enumerate(top, 1)}
    return told | {
        "mode": scan.mode,
        "duration_ms": scan.duration_ms,
        "instruments": scan.instruments,
        "candidates": scan.candidates,
        "dropped": sum(scan.drops.values()),
        "opened": scan.opened,
        "ended": scan.ended,
        "books": sum(feed.books for feed in scan.feeds),
        "books_failed": sum(feed.books_failed for feed in scan.feeds),
        "is_cached": is_cached,
        "is_in_lake": is_in_lake,
    }
