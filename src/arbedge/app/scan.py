"""One scan, from the exchanges to the announcement of what changed.

observe -> snapshot -> cache
                    -> detect -> candidates -> order books -> sightings -> episodes -> lake and queue
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from arbedge.app.announce import announce_changes, announce_outcomes
from arbedge.app.checkpoint import encode_checkpoint
from arbedge.app.ingest import Meter, guard, judge_books, observe
from arbedge.app.listings import find_due, renew_lists
from arbedge.app.measure import measure_scan
from arbedge.app.recording import record_scan, sum_up
from arbedge.app.services import Services
from arbedge.domain.budget import merge_hosts
from arbedge.domain.decision import Decision, Known, choose, conclude
from arbedge.domain.detection.census import find_absence
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import FeedKey, LegKey, OrderBook, Snapshot
from arbedge.domain.opportunity import Opportunity
from arbedge.errors import ExchangeError, ExchangeRateLimited
from arbedge.limits import BOOK_DEPTH, BOOKS_TIMEOUT_S
from arbedge.ports.analytics import ScanMetrics
from arbedge.ports.exchange import Traffic
from arbedge.ports.lake import Outcome
from arbedge.ports.store import Catalogue, FeedHealth, ScanReport, ScanStart

log = logging.getLogger(__name__)


class ScanResult(Struct, frozen=True):
    """What a scan did; None instead of a result means that it did not run."""

    report: ScanReport
    changed: list[Opportunity]


async def run_scan(services: Services, scan_id: int) -> ScanResult | None:
    """Runs the scan of this scheduled time once. A doubled, late or overlapping call does nothing.

    It waits for the exchanges' lists only when there is none at all; later they are renewed once people are being told.
    """
    started_at = services.clock.now_ms()
    begun = await services.scans.begin(scan_id, services.settings.market_mode, started_at)
    if begun is None:
        log.info("scan skipped", extra={"scan_id": scan_id})
        return None
    merge_hosts(services.hosts, begun.hosts)
    meter = Meter(Traffic)
    catalogue = await services.instruments.load() or Catalogue({}, {})
    due = find_due(catalogue, begun.feeds, started_at)
    if not catalogue.instruments:
        catalogue, due = await renew_lists(services, catalogue, due, meter), []
    snapshot, feeds = await observe(services, scan_id, catalogue, begun.feeds, meter)
    silent = {(feed.exchange, feed.market) for feed in feeds if feed.failures}
    keeping = [asyncio.ensure_future(_cache(services, snapshot))]
    try:
        try:
            decided = await _decide(services, catalogue, snapshot, begun, meter)
            await services.opportunities.save(decided.decision.changed)
        except Exception:
            keeping.append(asyncio.ensure_future(record_scan(services, snapshot, None)))
            raise
        keeping.append(asyncio.ensure_future(record_scan(services, snapshot, decided.outcome)))
        telling = asyncio.ensure_future(_announce(services))
        try:
            await renew_lists(services, catalogue, [feed for feed in due if feed not in silent], meter)
            troubles = decided.troubles
            feeds = [judge_books(feed, troubles.get((feed.exchange, feed.market)), decided.at) for feed in feeds]
            report = _report(snapshot, started_at, decided)
            metrics = _measure(services, report, snapshot, decided, begun, feeds, meter)
            watch = decided.decision.watch if decided.decision.watch != begun.watch else None
            left = decided.decision
            await services.scans.finish(report, left.streaks, feeds, services.hosts, watch, metrics, left.verdicts)
        finally:
            await telling
    finally:
        # Neither of them raises: a scan goes on without its copies, and says so.
        kept = await asyncio.gather(*keeping)
    is_cached, is_in_lake = kept
    services.analytics.record_scan(metrics, is_cached=is_cached, is_in_lake=is_in_lake)
    return ScanResult(report=report, changed=decided.decision.changed)


async def _announce(services: Services) -> None:
    await announce_changes(services)
    await announce_outcomes(services)


class _Decided(NamedTuple):
    """A decision, when it was made, its record, and what was wrong with the order books of a feed."""

    decision: Decision
    at: int
    outcome: Outcome
    troubles: Mapping[FeedKey, ExchangeError]


async def _decide(
    services: Services, catalogue: Catalogue, snapshot: Snapshot, begun: ScanStart, meter: Meter
) -> _Decided:
    reopen_since = snapshot.started_at - services.policy.reopen_ms_max
    episodes, learned, signals = await asyncio.gather(
        services.opportunities.load_current(reopen_since),
        services.learning.load(snapshot.mode),
        services.signals.load(snapshot.mode),
    )
    known = Known(begun.streaks, episodes, begun.watch, learned, signals)
    missing: list[FeedKey] = [(feed.exchange, feed.market) for feed in snapshot.feeds if find_absence(feed)]
    choice = choose(snapshot, known, services.policy, {key: catalogue.get_trading(key) for key in missing})
    legs = choice.legs
    instruments = {key: catalogue.by_symbol((leg.exchange, leg.market))[leg.symbol] for key, leg in legs.items()}
    books, troubles = await _fetch_books(services, instruments, meter)
    now = services.clock.now_ms()
    decision = conclude(choice, snapshot, instruments, books, known, now, services.policy)
    if decision.unvalued:
        log.error("candidates could not be valued", extra={"keys": decision.unvalued})
    checkpoint = encode_checkpoint(snapshot.scan_id, begun.follows, known)
    outcome = sum_up(services, catalogue, decision, instruments, books, now, begun.follows, checkpoint)
    return _Decided(decision, now, outcome, troubles)


def _report(snapshot: Snapshot, started_at: int, decided: _Decided) -> ScanReport:
    return ScanReport(
        scan_id=snapshot.scan_id,
        mode=snapshot.mode,
        started_at=started_at,
        finished_at=decided.at,
        instruments=sum(len(feed.quotes) for feed in snapshot.feeds),
        candidates=decided.decision.candidates,
        drop_counts=decided.decision.drop_counts,
        nearest=decided.decision.nearest,
    )


def _measure(
    services: Services,
    report: ScanReport,
    snapshot: Snapshot,
    decided: _Decided,
    begun: ScanStart,
    feeds: Sequence[FeedHealth],
    meter: Meter,
) -> ScanMetrics:
    fetched = [(book.exchange, book.market, book.symbol) for book in decided.outcome.books]
    failed = [(book.exchange, book.market, book.symbol) for book in decided.outcome.books_failed]
    interval_ms = services.settings.scan_interval_s * 1000
    return measure_scan(
        report,
        snapshot,
        decided.decision,
        begun.feeds,
        feeds,
        meter,
        [*fetched, *failed],
        fetched,
        interval_ms=interval_ms,
    )


async def _cache(services: Services, snapshot: Snapshot) -> bool:
    """The newest snapshot for readers; they do without it when the store is down. Whether it is there."""
    try:
        await services.snapshots.put(snapshot)
    except Exception as error:  # noqa: BLE001 - whatever it is, the scan goes on
        log.error("snapshot not cached", extra={"error": type(error).__name__})  # noqa: TRY400 - its kind says enough
        return False
    return True


async def _fetch_books(
    services: Services, instruments: Mapping[LegKey, Instrument], meter: Meter
) -> tuple[Mapping[LegKey, OrderBook], Mapping[FeedKey, ExchangeError]]:
    """The books of these instruments; what cannot be had is left out.

    With them, by feed, who asked us to wait, and what was wrong where not one book could be had.
    """
    failures: dict[FeedKey, ExchangeError] = {}
    limited: dict[FeedKey, ExchangeError] = {}

    async def fetch(instrument: Instrument) -> OrderBook | None:
        feed = instrument.exchange, instrument.market
        try:
            book = services.exchanges[instrument.exchange].fetch_order_book(instrument, BOOK_DEPTH)
            return await guard(book, BOOKS_TIMEOUT_S, meter[feed])
        except ExchangeError as error:
            extra = {"exchange": instrument.exchange, "symbol": instrument.symbol, "error": error.code}
            log.warning("book failed", extra=extra)
            if not isinstance(error, ExchangeRateLimited):
                failures[feed] = error
            elif error.is_sent:
                limited[feed] = error
            return None

    keys = list(instruments)
    found = await asyncio.gather(*(fetch(instruments[key]) for key in keys))
    books = {key: book for key, book in zip(keys, found, strict=True) if book is not None}
    answering = {(exchange, market) for exchange, market, _ in books}
    silent = {feed: error for feed, error in failures.items() if feed not in answering}
    return books, {**silent, **limited}
