"""One pair on every exchange that lists it, and how it moved in the last day."""

import asyncio
from contextlib import suppress
from typing import Final

from msgspec import Struct

from arbedge.app.identity_views import QuarantineView, view_quarantine
from arbedge.app.market_browse import pick_instrument
from arbedge.app.market_data import MarketData, Missing, Sourced
from arbedge.app.market_views import FeedView, TickerView, view_feed_answer, view_ticker
from arbedge.domain.candles import CandleSeries
from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import Interval
from arbedge.domain.market import FEEDS, Mode
from arbedge.errors import MarketDataUnavailable, StoreUnavailable
from arbedge.ports.store import Scans

DAY_INTERVAL: Final[Interval] = "1h"
DAY_CANDLES: Final = 24
PRICE_AGE_MS_MAX: Final = 30_000  # someone who asks for a price wants that of now


class DayView(Struct, frozen=True):
    """The last day's candles of one instrument, with who served them and how old they are."""

    instrument: Instrument
    candles: Sourced[CandleSeries]


class PriceView(Struct, frozen=True):
    """`missing` are the feeds that might list the pair and did not answer; `day` is None where no candles were had.

    `quarantine` names those of the pair's instruments that are compared with nothing; None where it is not known.
    """

    asset: str
    quote: str
    tickers: list[TickerView]
    missing: list[FeedView]
    day: DayView | None
    quarantine: QuarantineView | None


async def load_price(market_data: MarketData, scans: Scans, mode: Mode, asset: str, quote: str, now: int) -> PriceView:
    """Never raises for a source that is down: it is named among the missing."""
    answers = await market_data.load_feeds(FEEDS, PRICE_AGE_MS_MAX)
    tickers = [
        view_ticker(answer, one, now)
        for answer in answers.values()
        if isinstance(answer, Sourced)
        for one in answer.value.quotes
        if (one.asset, one.quote) == (asset, quote)
    ]
    missing = [view_feed_answer(key, answer) for key, answer in answers.items() if isinstance(answer, Missing)]
    day, quarantine = await asyncio.gather(_load_day(market_data, tickers), _load_quarantine(scans, mode, asset, quote))
    return PriceView(asset, quote, tickers, missing, day, quarantine)


async def _load_quarantine(scans: Scans, mode: Mode, asset: str, quote: str) -> QuarantineView | None:
    """Prices are shown without the database too."""
    with suppress(StoreUnavailable):
        watch = await scans.load_watch(mode)
        return view_quarantine({key: one for key, one in watch.items() if one.quote == quote}, asset)
    return None


async def _load_day(market_data: MarketData, tickers: list[TickerView]) -> DayView | None:
    """Of the first instrument that has candles, spot before perpetual."""
    for ticker in sorted(tickers, key=lambda one: one.market != "spot"):
        try:
            listed = (await market_data.load_instruments((ticker.exchange, ticker.market))).value
            instrument = pick_instrument(listed, ticker.symbol)
            if instrument is not None:
                candles = await market_data.load_candles(instrument, DAY_INTERVAL, DAY_CANDLES)
                if candles.value.candles:
                    return DayView(instrument, candles)
        except MarketDataUnavailable:
            continue
    return None
