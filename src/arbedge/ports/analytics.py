"""What is measured of every scan, and where it is told to be analysed at leisure."""

from typing import Literal, Protocol

from msgspec import Struct

from arbedge.domain.market import ExchangeId, FeedState, Market, Mode

Outcome = Literal["answered", "failed", "held_back", "skipped"]
"""How asking for a feed's tickers went.

answered   they came, though perhaps too few (state degraded)
failed     something was sent and no usable answer came
held_back  our own budget or the host's wish for silence kept the request back
skipped    the feed's circuit was open, so nothing was tried
"""


class FeedMetrics(Struct, frozen=True):
    """One exchange and market in one scan. Ages are those of its quotes at their receipt, None without a quote."""

    exchange: ExchangeId
    market: Market
    state: FeedState
    outcome: Outcome
    error_class: str | None
    latency_ms: int
    requests: int
    bytes: int
    quotes: int
    rejected: dict[str, int]
    age_ms_median: int | None
    age_ms_oldest: int | None
    clock_offset_ms: int
    books: int
    books_failed: int


class ScanMetrics(Struct, frozen=True):
    """One scan that ran to its decision; `interval_ms` is how far apart scans are due."""

    scan_id: int
    mode: Mode
    interval_ms: int
    started_at: int
    finished_at: int
    instruments: int
    candidates: int
    opened: int
    ended: int
    drops: dict[str, int]
    feeds: list[FeedMetrics]

    @property
    def duration_ms(self) -> int:
        return self.finished_at - self.started_at


class Analytics(Protocol):
    """Takes points without waiting and never fails: what cannot be written is lost, and counted nowhere else."""

    def record_scan(self, scan: ScanMetrics, *, is_cached: bool, is_in_lake: bool) -> None:
        """One point for the scan and one a feed; the flags say whether its snapshot was kept."""
        ...
