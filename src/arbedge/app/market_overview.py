"""The market at a glance from the scans alone: funding at its extremes, how many assets rise, which feeds lack."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from statistics import median
from typing import Final

from msgspec import Struct

from arbedge.app.ingest import ALL_FEEDS
from arbedge.app.market_data import MarketData, Sourced
from arbedge.app.market_views import FeedView, FundingRateView, view_feed_answer, view_funding
from arbedge.domain.market import Feed, Mode, Source

EXTREMES: Final = 3
FLAT_BPS: Final = 1.0  # a move within this is the spread and no direction
WINDOW_MS_MIN: Final = 60_000


class Breadth(Struct, frozen=True):
    """How many assets' spot prices rose and fell between two recorded scans; `age_ms` is that of the later one."""

    up: int
    down: int
    flat: int
    window_ms: int
    source: Source
    age_ms: int
    mode: Mode


class MarketOverview(Struct, frozen=True):
    """`funding_highest` and `funding_lowest` are by rate per hour; `breadth` is None before scans span a minute."""

    funding_highest: list[FundingRateView]
    funding_lowest: list[FundingRateView]
    breadth: Breadth | None
    feeds: list[FeedView]


async def load_market_overview(market_data: MarketData, now: int) -> MarketOverview:
    answers = await market_data.load_feeds(ALL_FEEDS)
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
        breadth=await _measure_breadth(market_data, [one for one in found if one.value.market == "spot"]),
        feeds=[view_feed_answer(key, answer) for key, answer in answers.items()],
    )


async def _measure_breadth(market_data: MarketData, latest: list[Sourced[Feed]]) -> Breadth | None:
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
    return Breadth(up, down, len(moves) - up - down, window_ms, oldest.source, oldest.age_ms, oldest.mode)


def _prices(feeds: Iterable[Feed]) -> dict[str, float]:
    """The median of the exchanges for each asset against USDT."""
    mids: defaultdict[str, list[float]] = defaultdict(list)
    for quote in chain.from_iterable(feed.quotes for feed in feeds):
        if quote.quote == "USDT":
            mids[quote.asset].append(quote.mid)
    return {asset: median(prices) for asset, prices in mids.items()}
