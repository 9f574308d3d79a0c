"""Puts the deployment's figures into Prometheus text; names and units follow Prometheus' conventions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from prometheus_client import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from arbedge.app.metrics import MetricsView
from arbedge.app.status import DependencyView
from arbedge.config import Settings
from arbedge.domain.histogram import DURATION_MS_BOUNDS, LATENCY_MS_BOUNDS, cumulate
from arbedge.domain.market import FeedState
from arbedge.domain.policy import OpportunityType
from arbedge.entrypoints.http.documents import VERSION
from arbedge.ports.metrics import Figures, ScanTotals

Row = tuple[tuple[str, ...], float]
STATES: tuple[FeedState, ...] = get_args(FeedState)
FEED = ("exchange", "market")
DELIVERY_STATES = ("queued", "sending", "sent", "failed", "withheld")


def render_metrics(view: MetricsView, settings: Settings) -> bytes:
    page = _Page(settings.market_mode)
    page.gauge("build_info", "What runs here.", ("version", "environment"), [((VERSION, settings.environment), 1)])
    _add_dependencies(page, view.dependencies)
    if view.figures:
        _add_feeds(page, view)
        _add_feed_totals(page, view.figures)
        _add_scans(page, view.figures, view.now)
        if view.figures.scan_totals:
            _add_scan_totals(page, view.figures.scan_totals)
        _add_rest(page, view.figures, has_coin_data=settings.cmc_api_key is not None)
    return generate_latest(page)


class _Page(Collector):
    """Metric families in order. Each sample carries the market's mode."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._families: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        return self._families

    def gauge(self, name: str, meaning: str, labels: Sequence[str], rows: Iterable[Row]) -> None:
        family = GaugeMetricFamily(f"arbedge_{name}", meaning, labels=("mode", *labels))
        for values, value in rows:
            family.add_metric((self._mode, *values), value)
        self._families.append(family)

    def counter(self, name: str, meaning: str, labels: Sequence[str], rows: Iterable[Row]) -> None:
        family = CounterMetricFamily(f"arbedge_{name}", meaning, labels=("mode", *labels))
        for values, value in rows:
            family.add_metric((self._mode, *values), value)
        self._families.append(family)

    def histogram(
        self,
        name: str,
        meaning: str,
        labels: Sequence[str],
        bounds: Sequence[int],
        rows: Iterable[tuple[tuple[str, ...], Mapping[str, int], int]],
    ) -> None:
        """Rows are labels, counts by bucket and the sum, all in ms; what is shown is in seconds."""
        family = HistogramMetricFamily(f"arbedge_{name}", meaning, labels=("mode", *labels))
        for values, counts, sum_ms in rows:
            buckets = [
                ("+Inf" if bound is None else str(bound / 1000), count) for bound, count in cumulate(counts, bounds)
            ]
            family.add_metric((self._mode, *values), buckets, sum_ms / 1000)
        self._families.append(family)


def _add_dependencies(page: _Page, dependencies: Mapping[str, DependencyView]) -> None:
    views = {(name,): view for name, view in dependencies.items()}
    page.gauge("dependency_up", "1 while it is well.", ("dependency",), _is_up(views))
    page.gauge("dependency_state", "1 for the state it is in.", ("dependency", "state"), _states(views))
    age = "How old its last success is."
    page.gauge("dependency_success_age_seconds", age, ("dependency",), _ages(views))


def _add_feeds(page: _Page, view: MetricsView) -> None:
    feeds: dict[tuple[str, ...], DependencyView] = {(*key,): one for key, one in view.feeds.items()}
    page.gauge("feed_up", "1 while the exchange's market is read well.", FEED, _is_up(feeds))
    page.gauge("feed_state", "1 for the state it is in.", (*FEED, "state"), _states(feeds))
    page.gauge("feed_success_age_seconds", "How old its last quotes are.", FEED, _ages(feeds))
    counts = [(key, one.quotes) for key, one in feeds.items() if one.quotes is not None]
    page.gauge("feed_instruments", "Instruments with a quote, in the newest reading.", FEED, counts)


def _is_up(views: Mapping[tuple[str, ...], DependencyView]) -> Iterable[Row]:
    return [(key, int(view.state == "ok")) for key, view in views.items()]


def _states(views: Mapping[tuple[str, ...], DependencyView]) -> Iterable[Row]:
    return [((*key, state), int(view.state == state)) for key, view in views.items() for state in STATES]


def _ages(views: Mapping[tuple[str, ...], DependencyView]) -> Iterable[Row]:
    return [(key, view.age_ms / 1000) for key, view in views.items() if view.age_ms is not None]


def _add_feed_totals(page: _Page, figures: Figures) -> None:
    feeds = [((one.exchange, one.market), one) for one in figures.feed_totals]
    results = [
        ((*key, name), count)
        for key, one in feeds
        for name, count in (
            ("ok", one.ok),
            ("not_ok", one.asked - one.ok),
            ("held_back", one.held_back),
            ("skipped", one.skipped),
        )
    ]
    page.counter("feed_readings", "Readings of all tickers by how they went.", (*FEED, "result"), results)
    errors = [((*key, name), count) for key, one in feeds for name, count in one.errors.items()]
    page.counter("feed_errors", "Readings that failed or fell short, by class.", (*FEED, "error"), errors)
    latency = [(key, one.latency, one.latency_ms_sum) for key, one in feeds]
    meaning = "How long an answer with all tickers took."
    page.histogram("feed_latency_seconds", meaning, FEED, LATENCY_MS_BOUNDS, latency)
    page.counter("feed_requests", "Requests sent by scans.", FEED, [(key, one.requests) for key, one in feeds])
    meaning = "Bytes of bodies received by scans, counted after decompression."
    page.counter("feed_received_bytes", meaning, FEED, [(key, one.bytes) for key, one in feeds])
    page.counter("feed_quotes", "Quotes read.", FEED, [(key, one.quotes) for key, one in feeds])
    rejected = [((*key, name), count) for key, one in feeds for name, count in one.rejected.items()]
    page.counter("feed_rejected_rows", "Rows left out or kept in part, by reason.", (*FEED, "reason"), rejected)
    books = [
        ((*key, result), count)
        for key, one in feeds
        for result, count in (("ok", one.books - one.books_failed), ("failed", one.books_failed))
    ]
    page.counter("feed_books", "Order books asked for by scans.", (*FEED, "result"), books)
    ages = [
        ((*key, which), age_ms / 1000)
        for key, one in feeds
        for which, age_ms in (("median", one.age_ms_median), ("oldest", one.age_ms_oldest))
        if age_ms is not None
    ]
    page.gauge("feed_quote_age_seconds", "Age of quotes at their receipt, newest scan.", (*FEED, "quote"), ages)
    offsets = [(key, one.clock_offset_ms / 1000) for key, one in feeds]
    page.gauge("feed_clock_offset_seconds", "How far the exchange's clock is ahead of ours.", FEED, offsets)


def _add_scans(page: _Page, figures: Figures, now: int) -> None:
    if figures.last_scan_at is not None:
        age = max(0, now - figures.last_scan_at) / 1000
        page.gauge("scan_age_seconds", "How long ago a scan ended.", (), [((), age)])
    if figures.instruments is not None:
        page.gauge("scan_instruments", "Instruments with a quote in the newest scan.", (), [((), figures.instruments)])


def _add_scan_totals(page: _Page, totals: ScanTotals) -> None:
    for name, meaning, count in (
        ("scans", "Scans that ran to their end.", totals.scans),
        ("scans_missed", "Due times at which no scan ran to its end.", totals.missed),
        ("candidates", "Candidates found.", totals.candidates),
        ("opportunities_opened", "Episodes opened, or opened again.", totals.opened),
        ("opportunities_ended", "Episodes ended.", totals.ended),
    ):
        page.counter(name, meaning, (), [((), count)])
    drops = [((reason,), count) for reason, count in totals.drops.items()]
    page.counter("drops", "Pairs and candidates dropped, by reason.", ("reason",), drops)
    duration = [((), totals.duration, totals.duration_ms_sum)]
    page.histogram("scan_duration_seconds", "From begin to decision.", (), DURATION_MS_BOUNDS, duration)


def _add_rest(page: _Page, figures: Figures, *, has_coin_data: bool) -> None:
    kinds: tuple[OpportunityType, ...] = get_args(OpportunityType)
    found = figures.open_opportunities
    opened = [((kind,), found.get(kind, 0)) for kind in sorted({*kinds, *found})]
    page.gauge("open_opportunities", "Episodes open now.", ("type",), opened)
    sent = [((state,), figures.deliveries.get(state, 0)) for state in DELIVERY_STATES]
    page.gauge("deliveries_last_hour", "Deliveries that changed in the last hour, by state.", ("state",), sent)
    letters = [((queue,), count) for queue, count in figures.dead_letters.items()]
    page.gauge("dead_letters", "Queue messages given up and kept.", ("queue",), letters)
    reads = [((one.kind, one.served), one.reads) for one in figures.reads]
    meaning = "Reads of market data on demand, by who served them."
    page.counter("market_reads", meaning, ("kind", "served"), reads)
    if (known := figures.credits) and has_coin_data:
        page.gauge("cmc_credits_spent", "Credits of this period, spent.", (), [((), known.spent)])
        page.gauge("cmc_credits_reserved", "Credits of calls not settled yet.", (), [((), known.reserved)])
        page.gauge("cmc_credits_limit", "Credits of this period, allowed.", (), [((), known.limit)])
