"""One scan, from the exchanges to the announcement of what changed.

observe -> snapshot -> lake and cache
                    -> detect -> candidates -> order books -> sightings -> episodes -> queue
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from msgspec import Struct

from arbedge.app.announce import announce_changes
from arbedge.app.ingest import FeedKey, guard, hold_back, load_catalogue, observe
from arbedge.app.services import Services
from arbedge.domain.budget import merge_hosts
from arbedge.domain.detection import detect_all
from arbedge.domain.detection.candidates import Candidate, Drop, Drops, LegRef
from arbedge.domain.detection.shortlist import shortlist
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.edge import Refused
from arbedge.domain.episodes import Scan, advance, count_streaks
from arbedge.domain.market import Funding, OrderBook, Snapshot
from arbedge.domain.opportunity import Opportunity, Sighting
from arbedge.domain.reasons import Reason
from arbedge.errors import ExchangeError, ExchangeRateLimited
from arbedge.limits import BOOK_DEPTH, BOOKS_TIMEOUT_S, SHORTLIST_MAX
from arbedge.ports.store import Catalogue, ScanReport

log = logging.getLogger(__name__)

LegKey = tuple[str, str, str]


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

    drops = Drops()
    candidates = detect_all(snapshot, snapshot.finished_at, services.policy, drops)
    known = await services.opportunities.load_current(started_at - services.policy.reopen_ms_max)
    open_since = {one.key: one.updated_at for one in known if one.is_open}
    chosen, left = shortlist(candidates, open_since, begun.streaks.keys())
    for candidate in left:
        if candidate.key not in open_since:
            _drop(drops, candidate, "not_shortlisted", net_bps=candidate.net_bps, shortlist_max=SHORTLIST_MAX)
    books, limited = await _fetch_books(services, chosen, catalogue)
    feeds = [hold_back(feed, limited.get((feed.exchange, feed.market)), services.clock.now_ms()) for feed in feeds]
    sightings = _verify_all(services, chosen, snapshot, catalogue, books, drops)

    now = services.clock.now_ms()
    held = frozenset(candidate.key for candidate in left)
    scan = Scan(scan_id=scan_id, now=now, mode=snapshot.mode, sightings=sightings, held=held)
    streaks = count_streaks(scan, begun.streaks)
    nearest = drops.nearest()
    reasons = {drop.candidate.key: drop.reason for drop in nearest}
    changed = advance(scan, known, streaks, reasons, services.policy)
    await services.opportunities.save(changed)
    report = ScanReport(
        scan_id=scan_id,
        mode=snapshot.mode,
        started_at=started_at,
        finished_at=now,
        instruments=sum(len(feed.quotes) for feed in snapshot.feeds),
        candidates=len(candidates),
        drop_counts=dict(drops.counts),
        nearest=_with_unconfirmed(nearest, chosen, sightings, changed, known),
    )
    await services.scans.finish(report, streaks, feeds, services.hosts)
    await announce_changes(services)
    await keeping
    return ScanResult(report=report, changed=changed)


async def _keep(services: Services, snapshot: Snapshot) -> None:
    """Keeps what was observed. The scan goes on without its record when storage is down, and says so."""
    results = await asyncio.gather(
        services.snapshots.put(snapshot), services.lake.append_snapshot(snapshot), return_exceptions=True
    )
    for place, result in zip(("cache", "lake"), results, strict=True):
        if isinstance(result, BaseException):
            log.error("snapshot not kept", extra={"place": place, "error": type(result).__name__})


def _drop(drops: Drops, candidate: Candidate, reason: Reason, **numbers: float) -> None:
    drops.add(candidate.net_bps, (reason, numbers), lambda: candidate)


def _verify_all(
    services: Services,
    chosen: list[Candidate],
    snapshot: Snapshot,
    catalogue: Catalogue,
    books: Mapping[LegKey, OrderBook],
    drops: Drops,
) -> dict[str, Sighting]:
    fundings = _fundings(snapshot, chosen)
    now = services.clock.now_ms()
    sightings: dict[str, Sighting] = {}
    for candidate in chosen:
        legs: list[LegMarket] = []
        for leg in (candidate.buy, candidate.sell):
            book = books.get(_leg_key(leg))
            if book is not None:
                instrument = catalogue.by_symbol((leg.exchange, leg.market))[leg.symbol]
                legs.append(LegMarket(instrument=instrument, book=book, funding=fundings.get(_leg_key(leg))))
        if len(legs) < 2:
            _drop(drops, candidate, "book_unavailable", books=len(legs))
            continue
        try:
            sightings[candidate.key] = verify(candidate, legs[0], legs[1], now, services.policy)
        except Refused as refused:
            _drop(drops, candidate, refused.reason, **refused.numbers)
        except ArithmeticError:
            log.exception("a candidate could not be valued", extra={"key": candidate.key})
            _drop(drops, candidate, "crossed_book", books=len(legs))
    return sightings


async def _fetch_books(
    services: Services, chosen: Iterable[Candidate], catalogue: Catalogue
) -> tuple[Mapping[LegKey, OrderBook], Mapping[FeedKey, ExchangeRateLimited]]:
    """Each book once, however many candidates share it, and who asked us to wait; what cannot be had is left out."""
    legs = {_leg_key(leg): leg for candidate in chosen for leg in (candidate.buy, candidate.sell)}
    limited: dict[FeedKey, ExchangeRateLimited] = {}

    async def fetch(leg: LegRef) -> OrderBook | None:
        feed: FeedKey = (leg.exchange, leg.market)
        try:
            instrument = catalogue.by_symbol(feed)[leg.symbol]
            return await guard(
                services.exchanges[leg.exchange].fetch_order_book(instrument, BOOK_DEPTH), BOOKS_TIMEOUT_S
            )
        except ExchangeError as error:
            log.warning("book failed", extra={"exchange": leg.exchange, "symbol": leg.symbol, "error": error.code})
            if isinstance(error, ExchangeRateLimited) and error.is_sent:
                limited[feed] = error
            return None

    tasks = {key: asyncio.ensure_future(fetch(leg)) for key, leg in legs.items()}
    if tasks:
        _, late = await asyncio.wait(tasks.values(), timeout=BOOKS_TIMEOUT_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    found = {key: task.result() for key, task in tasks.items() if not task.cancelled()}
    return {key: book for key, book in found.items() if book is not None}, limited


def _fundings(snapshot: Snapshot, chosen: Iterable[Candidate]) -> dict[LegKey, Funding]:
    wanted = {_leg_key(leg) for candidate in chosen for leg in (candidate.buy, candidate.sell)}
    return {
        key: quote.funding
        for feed in snapshot.feeds
        for quote in feed.quotes
        if quote.funding and (key := (feed.exchange, feed.market, quote.symbol)) in wanted
    }


def _leg_key(leg: LegRef) -> LegKey:
    return (leg.exchange, leg.market, leg.symbol)


def _with_unconfirmed(
    nearest: list[Drop],
    chosen: list[Candidate],
    sightings: Mapping[str, Sighting],
    changed: Iterable[Opportunity],
    known: Iterable[Opportunity],
) -> list[Drop]:
    """Adds what passed every check but was seen only once: the nearest misses of all."""
    told = {one.key for one in (*changed, *known) if one.is_open}
    unconfirmed = [
        Drop(
            candidate=candidate,
            reason="unconfirmed",
            numbers={"net_bps": float(sightings[candidate.key].edge.net_bps)},
        )
        for candidate in chosen
        if candidate.key in sightings and candidate.key not in told
    ]
    return unconfirmed + nearest
