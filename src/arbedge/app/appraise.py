"""Values again what was alerted, from the order books of the moment: one round of whatever is due.

due steps -> choose -> books, and for perpetuals the newest funding -> appraise -> record
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from arbedge.app.ingest import guard
from arbedge.app.market_data import Missing
from arbedge.app.services import Services
from arbedge.domain.appraisal import Due, Unvalued, appraise, choose_round
from arbedge.domain.budget import merge_hosts
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Funding, Market, OrderBook
from arbedge.errors import ExchangeError, ExchangeRateLimited
from arbedge.limits import APPRAISAL_TIMEOUT_S, APPRAISALS_LOADED_MAX, BOOK_DEPTH
from arbedge.ports.appraisals import RoundStart

log = logging.getLogger(__name__)

LegKey = tuple[ExchangeId, Market, str]


async def appraise_due(services: Services) -> int:
    """One round; returns how many steps have an answer now that had none."""
    now = services.clock.now_ms()
    begun = await services.appraisals.load_due(now, APPRAISALS_LOADED_MAX)
    if not begun.due:
        return 0
    merge_hosts(services.hosts, begun.hosts)
    chosen, answers = choose_round(begun.due, services.settings.market_mode, now)
    if chosen:
        markets = await _observe(services, chosen, begun)
        at = services.clock.now_ms()
        answers += [appraise(one, _gather(one, markets), at, services.policy) for one in chosen]
    await services.appraisals.save(answers, services.hosts, services.clock.now_ms())
    for one in answers:
        about = {"opportunity_id": one.opportunity_id, "step": one.step, "state": one.state, "reason": one.reason}
        log.info("appraised", extra=about)
    return len(answers)


def _gather(one: Due, markets: Mapping[LegKey, LegMarket | Unvalued]) -> list[LegMarket] | Unvalued:
    """The markets of all legs, or the first reason why one of them is missing."""
    found: list[LegMarket] = []
    for leg in one.legs:
        market = markets[leg.exchange, leg.market, leg.symbol]
        if isinstance(market, str):
            return market
        found.append(market)
    return found


async def _observe(services: Services, chosen: Iterable[Due], begun: RoundStart) -> dict[LegKey, LegMarket | Unvalued]:
    """Each instrument of the round once, however many opportunities share it."""
    wanted: dict[LegKey, None] = {(leg.exchange, leg.market, leg.symbol): None for one in chosen for leg in one.legs}
    now = services.clock.now_ms()
    # Nobody is asked for this who failed when a scan last asked.
    resting = {(one.exchange, one.market) for one in begun.feeds if one.failures or (one.retry_at or 0) > now}
    instruments = {(one.exchange, one.market, one.symbol): one for one in begun.instruments}
    asked = {key: instruments[key] for key in wanted if key in instruments and key[:2] not in resting}
    books, fundings = await asyncio.gather(_fetch_books(services, asked), _load_fundings(services, asked))

    def judge(key: LegKey) -> LegMarket | Unvalued:
        if key not in instruments:
            return "not_listed"
        book = books.get(key, "circuit_open")
        if isinstance(book, str):
            return book
        if key[1] == "perp" and key not in fundings:
            return "funding_unavailable"
        return LegMarket(instrument=instruments[key], book=book, funding=fundings.get(key))

    return {key: judge(key) for key in wanted}


async def _fetch_books(
    services: Services, instruments: Mapping[LegKey, Instrument]
) -> dict[LegKey, OrderBook | Unvalued]:
    async def fetch(instrument: Instrument) -> OrderBook | Unvalued:
        port = services.exchanges[instrument.exchange]
        try:
            return await guard(port.fetch_order_book(instrument, BOOK_DEPTH), APPRAISAL_TIMEOUT_S)
        except ExchangeRateLimited:
            return "rate_limited"
        except ExchangeError as error:
            log.warning("book failed", extra={"symbol": instrument.symbol, "error": error.code})
            return "book_unavailable"

    books = await asyncio.gather(*map(fetch, instruments.values()))
    return dict(zip(instruments, books, strict=True))


async def _load_fundings(services: Services, instruments: Iterable[LegKey]) -> dict[LegKey, Funding]:
    """The rates of a recent scan, which are renewed far less often than scans run; a slow answer is none."""
    wanted = {key for key in instruments if key[1] == "perp"}
    if not wanted:
        return {}
    try:
        async with asyncio.timeout(APPRAISAL_TIMEOUT_S):
            answers = await services.market.load_feeds(sorted({key[:2] for key in wanted}))
            await services.market.settle_counts()
    except TimeoutError:
        return {}
    return {
        key: quote.funding
        for feed_key, answer in answers.items()
        if not isinstance(answer, Missing)
        for quote in answer.value.quotes
        if quote.funding and (key := (*feed_key, quote.symbol)) in wanted
    }
