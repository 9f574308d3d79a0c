"""The market at a glance: funding and movers from the scans, the regime, all coins and moods from CoinMarketCap."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from itertools import chain
from statistics import median
from typing import Final, Generic, TypeVar

from msgspec import Struct

from arbedge.app.coin_data import CoinData, Reading, Unavailable
from arbedge.app.market_browse import find_instrument
from arbedge.app.market_data import MarketData, Sourced
from arbedge.app.market_views import FeedView, FundingRateView, view_feed_answer, view_funding
from arbedge.domain.funding_heat import FundingHeat, measure_funding_heat
from arbedge.domain.intervals import Interval
from arbedge.domain.market import EXCHANGES, FEEDS, ExchangeId, Feed, Market, Mode, Source
from arbedge.domain.regime import Regime, classify_regime
from arbedge.errors import MarketDataUnavailable
from arbedge.limits import CANDLES_USUAL, REGIME_AGE_MS_MAX
from arbedge.ports.coin_data import FearAndGreed, GlobalMetrics

EXTREMES: Final = 3
LEADER: Final = "BTC/USDT"  # the others follow it more often than it follows them
REGIME_INTERVAL: Final[Interval] = "1h"
FLAT_BPS: Final = 1.0  # a move within this is the spread and no direction
WINDOW_MS_MIN: Final = 60_000

T = TypeVar("T")


class Part(Struct, Generic[T], frozen=True):
    """What CoinMarketCap says. Without a value `reason` says why; with one, why it is not newer, if it is not.

    `age_ms` counts from when we received it; the value itself says what time it describes.
    """

    value: T | None
    source: Source | None
    mode: Mode | None
    age_ms: int | None
    reason: str | None


class Movers(Struct, frozen=True):
    """Breadth: how many assets' spot prices rose and fell between two recorded scans; `age_ms` is of the later one."""

    up: int
    down: int
    flat: int
    window_ms: int
    source: Source
    age_ms: int
    mode: Mode


class MarketRegime(Struct, frozen=True):
    """What kind of market the hourly bars of the leading coin show, and whose bars they are."""

    exchange: ExchangeId
    market: Market
    symbol: str
    asset: str
    quote: str
    interval: Interval
    regime: Regime
    source: Source
    age_ms: int
    mode: Mode


class WholeMarket(Struct, frozen=True):
    """All coins as CoinMarketCap counts them, in US dollars; without figures `reason` says why."""

    market_cap_usd: Decimal | None
    volume_24h_usd: Decimal | None
    change_24h_percent: float | None
    btc_dominance_percent: float | None
    eth_dominance_percent: float | None
    source: Source | None
    age_ms: int | None
    mode: Mode | None
    reason: str | None


class Sentiment(Struct, frozen=True):
    """CoinMarketCap's fear and greed, 0 to 100; without it `reason` says why."""

    value: int | None
    classification: str | None
    source: Source | None
    age_ms: int | None
    mode: Mode | None
    reason: str | None


class MarketOverview(Struct, frozen=True):
    """`funding_highest` and `funding_lowest` are by rate per hour; `movers` is None before scans span a minute,
    `regime` where no exchange has the bars.
    """

    funding_highest: list[FundingRateView]
    funding_lowest: list[FundingRateView]
    movers: Movers | None
    funding_heat: FundingHeat | None
    regime: MarketRegime | None
    feeds: list[FeedView]
    coins: WholeMarket
    sentiment: Sentiment


async def load_market_overview(market_data: MarketData, coin_data: CoinData, now: int) -> MarketOverview:
    """Never raises for a source that is down: its part says so."""
    answers, metrics, mood, regime = await asyncio.gather(
        market_data.load_feeds(FEEDS),
        coin_data.read_global_metrics(),
        coin_data.read_fear_and_greed(),
        _load_regime(market_data),
    )
    found = [answer for answer in answers.values() if isinstance(answer, Sourced)]
    rates = [
        (quote.funding.rate / quote.funding.interval_h, place, answer, quote)
        for answer in found
        for place, quote in enumerate(answer.value.quotes)
        if quote.funding
    ]
    rates.sort(key=lambda row: (row[0], row[1]))
    lowest = [view_funding(answer, quote, now) for _, _, answer, quote in rates[:EXTREMES]]
    highest = [view_funding(answer, quote, now) for _, _, answer, quote in rates[: -EXTREMES - 1 : -1]]
    return MarketOverview(
        funding_highest=[one for one in highest if one],
        funding_lowest=[one for one in lowest if one],
        movers=await _count_movers(market_data, [one for one in found if one.value.market == "spot"]),
        funding_heat=measure_funding_heat(
            quote.funding for answer in found for quote in answer.value.quotes if quote.funding
        ),
        regime=regime,
        feeds=[view_feed_answer(key, answer) for key, answer in answers.items()],
        coins=_view_whole_market(view_part(metrics, now)),
        sentiment=_view_sentiment(view_part(mood, now)),
    )


def view_part(reading: Reading[T] | Unavailable, now: int) -> Part[T]:
    if isinstance(reading, Unavailable):
        return Part(None, None, None, None, reading.reason)
    age_ms = max(0, now - reading.fetched_at)
    return Part(reading.value, reading.source, reading.mode, age_ms, reading.degraded)


async def _load_regime(market_data: MarketData) -> MarketRegime | None:
    """Of the first exchange that has enough bars: a regime is of a day of hours, so a few minutes change nothing."""
    for exchange in EXCHANGES:
        with suppress(MarketDataUnavailable):
            instrument = await find_instrument(market_data, (exchange, "spot"), LEADER)
            if instrument is None:
                continue
            answer = await market_data.load_candles(instrument, REGIME_INTERVAL, CANDLES_USUAL, REGIME_AGE_MS_MAX)
            if regime := classify_regime(answer.value):
                return MarketRegime(
                    exchange=exchange,
                    market=instrument.market,
                    symbol=instrument.symbol,
                    asset=instrument.asset,
                    quote=instrument.quote,
                    interval=REGIME_INTERVAL,
                    regime=regime,
                    source=answer.source,
                    age_ms=answer.age_ms,
                    mode=answer.mode,
                )
    return None


def _view_whole_market(part: Part[GlobalMetrics]) -> WholeMarket:
    one = part.value
    return WholeMarket(
        market_cap_usd=one.market_cap if one else None,
        volume_24h_usd=one.volume_24h if one else None,
        change_24h_percent=one.market_cap_change_24h_percent if one else None,
        btc_dominance_percent=one.btc_dominance_percent if one else None,
        eth_dominance_percent=one.eth_dominance_percent if one else None,
        source=part.source,
        age_ms=part.age_ms,
        mode=part.mode,
        reason=part.reason,
    )


def _view_sentiment(part: Part[FearAndGreed]) -> Sentiment:
    one = part.value
    return Sentiment(
        value=one.value if one else None,
        classification=one.classification if one else None,
        source=part.source,
        age_ms=part.age_ms,
        mode=part.mode,
        reason=part.reason,
    )


async def _count_movers(market_data: MarketData, latest: list[Sourced[Feed]]) -> Movers | None:
    """Against the earliest scan that is still known: an hour ago, once the scans have run for one."""
    earlier = await market_data.load_earliest_scan()
    if earlier is None or not latest:
        return None
    window_ms = min(one.value.received_at for one in latest) - earlier.finished_at
    if window_ms < WINDOW_MS_MIN:
        return None
    before = _prices(feed for feed in earlier.feeds if feed.market == "spot")
    after = _prices(one.value for one in latest)
    moves = [(after[asset] / before[asset] - 1) * 10_000 for asset in after.keys() & before.keys()]
    up, down = sum(move > FLAT_BPS for move in moves), sum(move < -FLAT_BPS for move in moves)
    oldest = max(latest, key=lambda one: one.age_ms)
    return Movers(up, down, len(moves) - up - down, window_ms, oldest.source, oldest.age_ms, oldest.mode)


def _prices(feeds: Iterable[Feed]) -> dict[str, float]:
    """The median of the exchanges for each asset against USDT."""
    mids: defaultdict[str, list[float]] = defaultdict(list)
    for quote in chain.from_iterable(feed.quotes for feed in feeds):
        if quote.quote == "USDT":
            mids[quote.asset].append(quote.mid)
    return {asset: median(prices) for asset, prices in mids.items()}
