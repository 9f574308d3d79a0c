"""The state of a deployment in figures, as it is read for whoever watches over it."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from arbedge.domain.market import ExchangeId, Market, Mode
from arbedge.ports.health import DependencyHealth
from arbedge.ports.market_documents import Reads
from arbedge.ports.store import FeedHealth


class FeedTotals(Struct, frozen=True):
    """Counters of one feed since the beginning; what is `_max`, an age or an offset is recent instead.

    `asked` are readings that were sent, `ok` those that came back whole. `latency` is a histogram of the answers.
    """

    exchange: ExchangeId
    market: Market
    hour: int
    asked: int
    ok: int
    held_back: int
    skipped: int
    requests: int
    bytes: int
    quotes: int
    books: int
    books_failed: int
    latency_ms_sum: int
    latency_ms_max: int
    latency: dict[str, int]
    errors: dict[str, int]
    rejected: dict[str, int]
    age_ms_median: int | None
    age_ms_oldest: int | None
    clock_offset_ms: int


class ScanTotals(Struct, frozen=True):
    """Counters of the scans since the beginning; `missed` are due times at which none ran to its end."""

    hour: int
    scans: int
    missed: int
    candidates: int
    opened: int
    ended: int
    duration_ms_sum: int
    duration_ms_max: int
    duration: dict[str, int]
    drops: dict[str, int]


class Credits(Struct, frozen=True):
    """What was spent at CoinMarketCap in this month of theirs, what is reserved, and the plan's limit."""

    spent: int
    reserved: int
    limit: int


class Figures(Struct, frozen=True):
    """Everything the database knows that is worth watching, read at one moment and for one mode."""

    feeds: list[FeedHealth]
    feed_totals: list[FeedTotals]
    scan_totals: ScanTotals | None
    last_scan_at: int | None
    instruments: int | None
    open_opportunities: Mapping[str, int]
    deliveries: Mapping[str, int]  # of the last hour, by state
    dead_letters: Mapping[str, int]  # by queue
    dependencies: list[DependencyHealth]
    list_times: Mapping[str, int]  # when each feed's list of instruments was read last
    reads: list[Reads]
    credits: Credits | None


class Metrics(Protocol):
    """Raises `StoreUnavailable` and nothing else."""

    async def load(self, mode: Mode, now: int) -> Figures: ...

    async def load_hours(self, mode: Mode, since: int) -> list[FeedTotals]:
        """Each feed's counters hour by hour, oldest first; the first row of a feed is the newest before `since`."""
        ...

    async def prune(self, now: int) -> None:
        """Forgets hours long past; no counter falls by it."""
        ...
