"""What people can look up of the market: tickers, funding, and the instrument a name stands for."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from arbedge.app.charged import load_charged
from arbedge.app.market_data import FeedAnswer, FeedKey, MarketData, Sourced
from arbedge.app.market_views import (
    FeedView,
    FundingRateView,
    TickerView,
    view_feed_answer,
    view_funding,
    view_ticker,
)
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import FEEDS, ExchangeId, Feed, Market, Mode, Quote
from arbedge.ports.funding_record import FundingRecord

ViewT = TypeVar("ViewT", TickerView, FundingRateView)
Position = tuple[str, str, str, str, str]
"""Asset, quote, exchange, market, symbol: the order of every list of quotes."""

_QUOTES: Final = ("USDT", "USDC")
_CURSOR: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_positions: Final = msgspec.json.Decoder(Position)


class QuoteFilter(Struct, frozen=True):
    """Which quotes a list shows; absent fields do not filter."""

    exchange: ExchangeId | None = None
    market: Market | None = None
    asset: str | None = None
    quote: str | None = None

    @property
    def feeds(self) -> list[FeedKey]:
        return [key for key in FEEDS if self.exchange in {None, key[0]} and self.market in {None, key[1]}]

    def admits(self, quote: Quote) -> bool:
        return self.asset in {None, quote.asset} and self.quote in {None, quote.quote}


class TickersPage(Struct, frozen=True):
    items: list[TickerView]
    next_cursor: str | None
    feeds: list[FeedView]


class FundingPage(Struct, frozen=True):
    items: list[FundingRateView]
    next_cursor: str | None
    feeds: list[FeedView]


async def list_tickers(
    market_data: MarketData, wanted: QuoteFilter, age_ms_max: int, limit: int, cursor: str | None, now: int
) -> TickersPage:
    """Quotes in the order of asset and exchange. Raises `ValueError` for a cursor this list did not give."""
    after = _parse_cursor(cursor)
    answers = await market_data.load_feeds(wanted.feeds, age_ms_max)
    items, next_cursor = _page(_pick(answers, wanted), after, limit, lambda one, q: view_ticker(one, q, now))
    return TickersPage(items, next_cursor, [view_feed_answer(key, answer) for key, answer in answers.items()])


async def list_funding(
    market_data: MarketData,
    record: FundingRecord,
    market_mode: Mode,
    wanted: QuoteFilter,
    age_ms_max: int,
    limit: int,
    cursor: str | None,
    now: int,
) -> FundingPage:
    """Perpetuals with their next and last settlements. Raises `ValueError` for a cursor this list did not give."""
    after = _parse_cursor(cursor)
    wanted = msgspec.structs.replace(wanted, market="perp")
    answers = await market_data.load_feeds(wanted.feeds, age_ms_max)
    funded = (row for row in _pick(answers, wanted) if row[2].funding)
    items, next_cursor = _page(funded, after, limit, lambda one, q: view_funding(one, q, now))
    charged = await load_charged(record, market_mode, {(one.exchange, one.symbol) for one in items}, now)
    items = [msgspec.structs.replace(one, charged=charged.get((one.exchange, one.symbol))) for one in items]
    return FundingPage(items, next_cursor, [view_feed_answer(key, answer) for key, answer in answers.items()])


async def find_instrument(market_data: MarketData, feed: FeedKey, name: str) -> Instrument | None:
    """By the exchange's own symbol, or as a pair in any spelling. Raises `MarketDataUnavailable`."""
    listed = (await market_data.load_instruments(feed)).value
    return pick_instrument(listed, name)


def pick_instrument(listed: Mapping[str, Instrument], name: str) -> Instrument | None:
    if found := listed.get(name) or listed.get(name.upper()):
        return found
    asset, quote = parse_pair(name)
    matching = [one for one in listed.values() if (one.asset, one.quote) == (asset, quote)]
    return min(matching, key=lambda one: (one.multiplier, one.symbol), default=None)


def parse_pair(name: str) -> tuple[str, str]:
    """`btc`, `BTC/USDT`, `BTC-USDT-SWAP` and `btcusdt` are BTC against USDT, the quote of whoever names none."""
    parts = [part for part in re.split(r"[/\-_: ]+", name.strip().upper()) if part]
    if len(parts) > 1:
        return parts[0], parts[1]
    whole = parts[0] if parts else ""
    for quote in _QUOTES:
        if whole.endswith(quote) and whole != quote:
            return whole.removesuffix(quote), quote
    return whole, _QUOTES[0]


Row = tuple[Position, Sourced[Feed], Quote]


def _pick(answers: Mapping[FeedKey, FeedAnswer], wanted: QuoteFilter) -> Iterator[Row]:
    for (exchange, market), answer in answers.items():
        if isinstance(answer, Sourced):
            for quote in answer.value.quotes:
                if wanted.admits(quote):
                    yield (quote.asset, quote.quote, exchange, market, quote.symbol), answer, quote


def _page(
    rows: Iterator[Row], after: Position | None, limit: int, view: Callable[[Sourced[Feed], Quote], ViewT | None]
) -> tuple[list[ViewT], str | None]:
    left = sorted((row for row in rows if after is None or row[0] > after), key=lambda row: row[0])
    shown = left[:limit]
    items = [item for _, answer, quote in shown if (item := view(answer, quote))]
    return items, _render_cursor(shown[-1][0]) if len(left) > limit else None


def _render_cursor(position: Position) -> str:
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def _parse_cursor(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    if not _CURSOR.fullmatch(cursor):
        raise ValueError("not a cursor of this list")
    try:
        return _positions.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (msgspec.MsgspecError, ValueError):
        raise ValueError("not a cursor of this list") from None
