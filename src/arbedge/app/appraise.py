"""Values again what was alerted, from the order books of the moment: one round of whatever is due.

due steps -> choose -> books, and for perpetuals the newest funding -> appraise -> record
"""

import logging
from collections.abc import Iterable

from arbedge.app.ingest import guard
from arbedge.app.leg_markets import LegKey, gather, key_of, observe
from arbedge.app.market_data import FeedKey
from arbedge.app.services import Services
from arbedge.domain.appraisal import Due, Unvalued, appraise, choose_round
from arbedge.domain.budget import merge_hosts
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import OrderBook
from arbedge.errors import ExchangeError, ExchangeRateLimited
from arbedge.limits import APPRAISAL_TIMEOUT_S, APPRAISALS_LOADED_MAX, BOOK_DEPTH
from arbedge.ports.appraisals import RoundStart

log = logging.getLogger(__name__)


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
        answers += [appraise(one, gather(one.legs, markets), at, services.policy) for one in chosen]
    await services.appraisals.save(answers, services.hosts, services.clock.now_ms())
    await services.market.settle_counts()
    for one in answers:
        about = {"opportunity_id": one.opportunity_id, "step": one.step, "state": one.state, "reason": one.reason}
        log.info("appraised", extra=about)
    return len(answers)


async def _observe(services: Services, chosen: Iterable[Due], begun: RoundStart) -> dict[LegKey, LegMarket | Unvalued]:
    """Each instrument of the round once, however many opportunities share it."""
    wanted: dict[LegKey, None] = {key_of(leg): None for one in chosen for leg in one.legs}
    now = services.clock.now_ms()
    # Nobody is asked for this who failed when a scan last asked.
    failed = (one for one in begun.feeds if one.failures or (one.retry_at or 0) > now)
    resting: dict[FeedKey, Unvalued] = {(one.exchange, one.market): "circuit_open" for one in failed}
    instruments: dict[LegKey, Instrument] = {(one.exchange, one.market, one.symbol): one for one in begun.instruments}

    async def fetch(instrument: Instrument) -> OrderBook | Unvalued:
        port = services.exchanges[instrument.exchange]
        try:
            return await guard(port.fetch_order_book(instrument, BOOK_DEPTH), APPRAISAL_TIMEOUT_S)
        except ExchangeRateLimited:
            return "rate_limited"
        except ExchangeError as error:
            log.warning("book failed", extra={"symbol": instrument.symbol, "error": error.code})
            return "book_unavailable"

    return await observe(wanted, instruments, resting, services.market, fetch, APPRAISAL_TIMEOUT_S)
