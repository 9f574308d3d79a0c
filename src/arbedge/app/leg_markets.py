"""The markets of an opportunity's legs as they are now: rules, book and, for a perpetual, the newest funding."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from arbedge.app.market_data import MarketData, Missing
from arbedge.domain.appraisal import Unvalued
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import FeedKey, Funding, LegKey, OrderBook, Origin
from arbedge.domain.opportunity import Leg

BookOf = Callable[[Instrument], Awaitable[OrderBook | Unvalued]]


def key_of(leg: Leg) -> LegKey:
    return leg.exchange, leg.market, leg.symbol


def gather(legs: Sequence[Leg], markets: Mapping[LegKey, LegMarket | Unvalued]) -> list[LegMarket] | Unvalued:
    """The markets of all legs, or the first reason why one of them is missing."""
    found: list[LegMarket] = []
    for leg in legs:
        market = markets[key_of(leg)]
        if isinstance(market, str):
            return market
        found.append(market)
    return found


async def observe(
    wanted: Iterable[LegKey],
    instruments: Mapping[LegKey, Instrument],
    resting: Mapping[FeedKey, Unvalued],
    market: MarketData,
    fetch_book: BookOf,
    timeout_s: float,
) -> dict[LegKey, LegMarket | Unvalued]:
    """Each leg's market, or why it is missing. What is `resting` is not asked, for the reason given."""
    wanted = list(wanted)
    asked = {key: instruments[key] for key in wanted if key in instruments and key[:2] not in resting}
    books, fundings = await asyncio.gather(
        asyncio.gather(*map(fetch_book, asked.values())), load_fundings(market, asked, timeout_s)
    )
    book_of = dict(zip(asked, books, strict=True))

    def judge(key: LegKey) -> LegMarket | Unvalued:
        if key not in instruments:
            return "not_listed"
        if key not in book_of:
            return resting[key[:2]]
        book = book_of[key]
        if isinstance(book, str):
            return book
        if key[1] == "perp" and key not in fundings:
            return "funding_unavailable"
        funding, origin = fundings.get(key, (None, None))
        return LegMarket(instrument=instruments[key], book=book, funding=funding, funding_from=origin)

    return {key: judge(key) for key in wanted}


async def load_fundings(
    market: MarketData, keys: Iterable[LegKey], timeout_s: float
) -> dict[LegKey, tuple[Funding, Origin]]:
    """The rates of a recent scan, which are renewed far less often than scans run; a slow answer is none."""
    wanted = {key for key in keys if key[1] == "perp"}
    if not wanted:
        return {}
    try:
        async with asyncio.timeout(timeout_s):
            answers = await market.load_feeds(sorted({key[:2] for key in wanted}))
    except TimeoutError:
        return {}
    return {
        key: (quote.funding, Origin(answer.value.received_at, answer.source))
        for feed_key, answer in answers.items()
        if not isinstance(answer, Missing)
        for quote in answer.value.quotes
        if quote.funding and (key := (*feed_key, quote.symbol)) in wanted
    }
