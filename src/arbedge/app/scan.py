"""One scan, from the exchanges to the announcement of what changed.

observe -> snapshot -> lake and cache
                    -> detect -> candidates -> order books -> sightings -> episodes -> queue
"""

import asyncio
import logging
from collections.abc import Mapping

from msgspec import Struct

from arbedge.app.announce import announce_changes
from arbedge.app.ingest import FeedKey, guard, hold_back, load_catalogue, observe
from arbedge.app.services import Services
from arbedge.domain.budget import merge_hosts
from arbedge.domain.decision import Known, LegKey, choose, conclude
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import OrderBook, Snapshot
from arbedge.domain.opportunity import Opportunity
from arbedge.errors import ExchangeError, ExchangeRateLimited
from arbedge.limits import BOOK_DEPTH, BOOKS_TIMEOUT_S
from arbedge.ports.store import ScanReport

log = logging.getLogger(__name__)


class ScanResult(Struct, frozen=True):
    """What a scan did; None instead of a result means that it did not run."""

    report: ScanReport
    changed: list[Opportunity]


async def run_scan(services: Services, scan_id: int) -> ScanResult | None:
    """Runs the scan of this scheduled time once. A doubled, late or overlapping call does nothing."""
    started_at = services.clock.now_ms()
    begun = await services.scans.begin(scan_id, services.settings.market_mode, started_at)
    if begun is None:
        log.info("scan skipped", extra={"scan_id": scan_id})
        return None
    merge_hosts(services.hosts, begun.hosts)
    catalogue = await load_catalogue(services, begun.feeds)
    snapshot, feeds = await observe(services, scan_id, catalogue, begun.feeds)
    keeping = asyncio.ensure_future(_keep(services, snapshot))

    episodes = await services.opportunities.load_current(started_at - services.policy.reopen_ms_max)
    known = Known(begun.streaks, episodes, await services.learning.load(snapshot.mode))
    choice = choose(snapshot, known, services.policy)
    instruments = {key: catalogue.by_symbol((leg.exchange, leg.market))[leg.symbol] for key, leg in choice.legs.items()}
    books, limited = await _fetch_books(services, instruments)
    now = services.clock.now_ms()
    feeds = [hold_back(feed, limited.get((feed.exchange, feed.market)), now) for feed in feeds]
    decision = conclude(choice, snapshot, instruments, books, known, now, services.policy)
    if decision.unvalued:
        log.error("candidates could not be valued", extra={"keys": decision.unvalued})
    await services.opportunities.save(decision.changed)
    report = ScanReport(
        scan_id=scan_id,
        mode=snapshot.mode,
        started_at=started_at,
        finished_at=now,
        instruments=sum(len(feed.quotes) for feed in snapshot.feeds),
        candidates=decision.candidates,
        drop_counts=decision.drop_counts,
        nearest=decision.nearest,
    )
    await services.scans.finish(report, decision.streaks, feeds, services.hosts)
    await announce_changes(services)
    await keeping
    return ScanResult(report=report, changed=decision.changed)


async def _keep(services: Services, snapshot: Snapshot) -> None:
    """Keeps what was observed. The scan goes on without its record when storage is down, and says so."""
    results = await asyncio.gather(
        services.snapshots.put(snapshot), services.lake.append_snapshot(snapshot), return_exceptions=True
    )
    for place, result in zip(("cache", "lake"), results, strict=True):
        if isinstance(result, BaseException):
            log.error("snapshot not kept", extra={"place": place, "error": type(result).__name__})


async def _fetch_books(
    services: Services, instruments: Mapping[LegKey, Instrument]
) -> tuple[Mapping[LegKey, OrderBook], Mapping[FeedKey, ExchangeRateLimited]]:
    """The books of these instruments, and who asked us to wait; what cannot be had is left out."""
    limited: dict[FeedKey, ExchangeRateLimited] = {}

    async def fetch(instrument: Instrument) -> OrderBook | None:
        exchange, market = instrument.exchange, instrument.market
        try:
            return await guard(services.exchanges[exchange].fetch_order_book(instrument, BOOK_DEPTH), BOOKS_TIMEOUT_S)
        except ExchangeError as error:
            log.warning("book failed", extra={"exchange": exchange, "symbol": instrument.symbol, "error": error.code})
            if isinstance(error, ExchangeRateLimited) and error.is_sent:
                limited[exchange, market] = error
            return None

    tasks = {key: asyncio.ensure_future(fetch(instrument)) for key, instrument in instruments.items()}
    if tasks:
        _, late = await asyncio.wait(tasks.values(), timeout=BOOKS_TIMEOUT_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    found = {key: task.result() for key, task in tasks.items() if not task.cancelled()}
    return {key: book for key, book in found.items() if book is not None}, limited
