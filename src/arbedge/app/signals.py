"""Finds technical signals each hour: watched instruments, their candles, what the rules say and what they were worth.

newest tickers -> watchlist -> candles, each instrument or its stand-in -> signals and evidence -> D1
"""

import asyncio
import logging
from typing import Final, NamedTuple

from arbedge.app.market_data import FeedKey, Missing
from arbedge.app.services import Services
from arbedge.domain.candles import CandleSeries
from arbedge.domain.fees import get_base_tier
from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import INTERVALS_MS, Interval
from arbedge.domain.market import EXCHANGES
from arbedge.domain.technical.rules import Call, find_calls
from arbedge.domain.technical.signals import Place, Signals, read_signals
from arbedge.domain.technical.walk_forward import sum_up, walk_forward
from arbedge.domain.technical.watchlist import Watched, choose_watchlist
from arbedge.errors import MarketDataUnavailable
from arbedge.limits import SIGNAL_ASSETS_MAX, SIGNAL_BARS, SIGNALS_KEPT_MS

INTERVAL: Final[Interval] = "1h"
_FEEDS: Final[tuple[FeedKey, ...]] = tuple((exchange, "perp") for exchange in EXCHANGES)

log = logging.getLogger(__name__)


class _Read(NamedTuple):
    instrument: Instrument
    series: CandleSeries
    at: Place
    calls: list[Call]


async def find_signals(services: Services, scheduled_at: int) -> None:
    """One run of the hourly cron; a repeat finds the same. Without any candles what was known stays in force."""
    hour_ms = INTERVALS_MS[INTERVAL]
    ended_at = scheduled_at // hour_ms * hour_ms
    answers = await services.market.load_feeds(_FEEDS)
    feeds = [answer.value for answer in answers.values() if not isinstance(answer, Missing)]
    watched = choose_watchlist(feeds, SIGNAL_ASSETS_MAX)
    found = await asyncio.gather(*(_read(services, one, ended_at) for one in watched))
    await services.market.settle_counts()
    read = [one for one in found if one is not None]
    if not read:
        log.warning("no candles for signals", extra={"watched": len(watched)})
        return
    signals = Signals(
        computed_at=services.clock.now_ms(),
        rules=sum_up([(one.series, walk_forward(one.series, _taker(one.instrument), one.calls)) for one in read]),
        told=tuple(signal for one in read for signal in read_signals(one.series, one.at, one.calls)),
    )
    mode, minimum = services.settings.market_mode, services.policy.min_net_bps["technical"]
    await services.signals.save(mode, signals, minimum, signals.computed_at - SIGNALS_KEPT_MS)
    about = {"watched": len(watched), "read": len(read), "signals": len(signals.told)}
    log.info("signals found", extra=about)


def _taker(instrument: Instrument) -> float:
    return float(get_base_tier(instrument.exchange, instrument.market).taker)


async def _read(services: Services, watched: Watched, ended_at: int) -> _Read | None:
    """The candles of the first of its instruments that has them up to the bar that ended last."""
    for exchange, symbol in watched.symbols:
        try:
            listed = await services.market.load_instruments((exchange, "perp"))
            instrument = listed.value[symbol]
            # What was fetched before the hour was over does not know how its last bar ended.
            age_ms_max = max(0, services.clock.now_ms() - ended_at)
            answer = await services.market.load_candles(instrument, INTERVAL, SIGNAL_BARS, age_ms_max)
        except (MarketDataUnavailable, KeyError) as error:
            log.warning("no candles", extra={"exchange": exchange, "symbol": symbol, "error": str(error)})
            continue
        if _reaches(answer.value, ended_at):
            now = services.clock.now_ms()
            at = Place(
                exchange=exchange,
                market="perp",
                symbol=symbol,
                asset=watched.asset,
                quote=instrument.quote,
                source=answer.source,
                read_at=now - answer.age_ms,
                mode=answer.mode,
            )
            return _Read(instrument, answer.value, at, find_calls(answer.value))
    return None


def _reaches(series: CandleSeries, ended_at: int) -> bool:
    closed = series.closed
    return bool(closed) and closed[-1].start + series.interval_ms >= ended_at
