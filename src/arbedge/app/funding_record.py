"""Keeps what settlements really charged: a perpetual of each exchange a minute, so that hundreds come round in a day.

whose turn it is -> settlements -> sums by day -> D1
"""

import asyncio
import logging

from arbedge.app.services import Services
from arbedge.domain.funding_record import sum_days
from arbedge.domain.instruments import Instrument
from arbedge.errors import MarketDataUnavailable
from arbedge.limits import FUNDING_DAYS_KEPT_MS, SETTLEMENTS_AGE_MS_MAX, SETTLEMENTS_MAX
from arbedge.ports.funding_record import FundingRead

log = logging.getLogger(__name__)


async def record_funding(services: Services, scheduled_at: int) -> None:
    """One run of the minute's cron. Repeating it asks nobody again."""
    mode, now = services.settings.market_mode, services.clock.now_ms()
    chosen = await services.funding_record.find_next(mode, now - SETTLEMENTS_AGE_MS_MAX, scheduled_at)
    reads = await asyncio.gather(*(_read(services, one) for one in chosen))
    await services.market.settle_counts()
    await services.funding_record.save(mode, reads, now - FUNDING_DAYS_KEPT_MS)


async def _read(services: Services, instrument: Instrument) -> FundingRead:
    """One that fails waits until its turn comes round again, so that it keeps nobody else from theirs."""
    exchange, symbol, asked_at = instrument.exchange, instrument.symbol, services.clock.now_ms()
    try:
        answer = await services.market.load_funding_history(instrument, SETTLEMENTS_MAX)
    except MarketDataUnavailable as error:
        log.warning("no settlements", extra={"exchange": exchange, "symbol": symbol, "error": str(error)})
        return FundingRead(exchange, symbol, asked_at, None, ())
    rows = [(one.settled_at, one.rate) for one in answer.value]
    days = sum_days(rows, is_cut=len(rows) >= SETTLEMENTS_MAX)
    return FundingRead(exchange, symbol, asked_at, min(asked_at, services.clock.now_ms() - answer.age_ms), days)
