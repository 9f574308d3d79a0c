"""The exchanges' lists of instruments: which are due, and what changed in those that came.

Read apart from the tickers, so that no exchange that is slow to tell its rules makes anybody wait for prices.
"""

import asyncio
import logging
from collections.abc import Sequence

from arbedge.app.ingest import Meter, guard
from arbedge.app.services import Services
from arbedge.domain.instruments import Instrument
from arbedge.domain.listings import InstrumentEvent, compare_lists, is_truncated
from arbedge.domain.market import FEEDS, FeedKey
from arbedge.errors import ExchangeError, RecordRefused, StoreUnavailable
from arbedge.limits import INSTRUMENTS_AGE_MS_MAX, INSTRUMENTS_RETRY_MS, INSTRUMENTS_TIMEOUT_S
from arbedge.ports.exchange import Traffic
from arbedge.ports.store import Catalogue, FeedHealth

log = logging.getLogger(__name__)


def find_due(catalogue: Catalogue, known: Sequence[FeedHealth], now: int) -> list[FeedKey]:
    """The feeds whose lists are missing or an hour old.

    One that is being probed is not asked for more. A list that could not be had, or was refused, is asked for again by
    the first scan of the next minute.
    """
    resting = {
        (feed.exchange, feed.market)
        for feed in known
        if feed.circuit.get_state(now) != "closed"
        or (
            catalogue.has((feed.exchange, feed.market))
            and feed.checked_at // INSTRUMENTS_RETRY_MS == now // INSTRUMENTS_RETRY_MS
        )
    }
    return [key for key in FEEDS if key not in resting and catalogue.is_due(key, now)]


async def renew_lists(services: Services, catalogue: Catalogue, due: Sequence[FeedKey], meter: Meter) -> Catalogue:
    """The catalogue with these lists read anew and kept; a feed that does not answer keeps what it had."""
    if not due:
        return catalogue
    answers = await asyncio.gather(*(_fetch_instruments(services, key, meter[key]) for key in due))
    now = services.clock.now_ms()
    lists = {key: answer for key, answer in zip(due, answers, strict=True) if answer}
    refused = [event for key, answer in lists.items() if (event := _find_cut(catalogue, key, answer, now))]
    fresh = {key: lists[key] for key in lists.keys() - {(event.exchange, event.market) for event in refused}}
    events = [
        event
        for key, answer in fresh.items()
        for event in compare_lists(key, catalogue.by_symbol(key) if catalogue.has(key) else None, answer, now)
    ]
    if fresh:
        catalogue = catalogue.refreshed(fresh, now)
        await _record_instruments(services, catalogue, [":".join(key) for key in fresh], now)
    try:
        await services.instruments.record(refused)
        if fresh:
            await services.instruments.save(catalogue, events)
    except StoreUnavailable as error:
        log.warning("instruments not kept", extra={"error": str(error)})  # this scan has them; the next asks again
    return catalogue


def _find_cut(catalogue: Catalogue, key: FeedKey, answer: Sequence[Instrument], now: int) -> InstrumentEvent | None:
    """The event, one an hour, of a list that must have been cut short: it is refused, and what we had stays."""
    (exchange, market), before = key, catalogue.by_symbol(key)
    if not is_truncated(before, answer, now - catalogue.fetched_at_of(key)):
        return None
    counts = {"had": len(before), "has": len(answer)}
    log.error("list of instruments refused", extra={"exchange": exchange, "market": market, **counts})
    return InstrumentEvent(exchange, market, now - now % INSTRUMENTS_AGE_MS_MAX, "refused", count=len(answer))


async def _record_instruments(services: Services, catalogue: Catalogue, feeds: Sequence[str], at: int) -> None:
    """A list that is not recorded now is with the next fetch: its version only has to be there once.

    All at once, since the scan waits for it: one store that hangs must not take its time for every list.
    """

    async def record(feed: str) -> None:
        listed = list(catalogue.instruments[feed].values())
        try:
            await services.lake.append_instruments(feed, catalogue.versions[feed], listed, at)
        except (StoreUnavailable, RecordRefused) as error:
            log.warning("instruments not recorded", extra={"feed": feed, "error": f"{error.code}: {error}"})

    await asyncio.gather(*map(record, feeds))


async def _fetch_instruments(services: Services, key: FeedKey, traffic: Traffic) -> list[Instrument] | None:
    exchange, market = key
    try:
        listed = await guard(services.exchanges[exchange].fetch_instruments(market), INSTRUMENTS_TIMEOUT_S, traffic)
    except ExchangeError as error:
        log.warning("instruments unavailable", extra={"exchange": exchange, "market": market, "error": error.code})
        return None
    possible = [instrument for instrument in listed if instrument.is_possible]
    if len(possible) < len(listed):
        refused = len(listed) - len(possible)
        log.warning("instruments refused", extra={"exchange": exchange, "market": market, "count": refused})
    return possible
