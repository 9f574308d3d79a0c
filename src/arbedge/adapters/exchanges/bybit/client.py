"""Reads Bybit's public data; tickers carry book top, mark price and funding in one answer."""

import httpx

from arbedge.adapters.exchanges.bars import convert_bars, convert_settlements
from arbedge.adapters.exchanges.bybit import rules, wire
from arbedge.adapters.exchanges.session import Answer, Session
from arbedge.adapters.exchanges.units import convert_depth
from arbedge.domain.budget import Host
from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import Interval
from arbedge.domain.market import ExchangeId, Market, OrderBook
from arbedge.limits import CANDLES_MAX, SETTLEMENTS_MAX
from arbedge.ports.clock import Clock
from arbedge.ports.exchange import Bars, Settlements, Tickers


class Bybit:
    exchange: ExchangeId = "bybit"

    def __init__(self, transport: httpx.AsyncBaseTransport, clock: Clock, hosts: dict[str, Host], *, url: str) -> None:
        self._session = Session(transport, url, clock, rules.HOST, hosts)

    async def fetch_instruments(self, market: Market) -> list[Instrument]:
        pages: list[Answer] = []
        call = rules.INSTRUMENTS[market]
        for _ in range(rules.INSTRUMENT_PAGES_MAX):
            pages.append(await self._session.fetch(call))
            with self._session.reading(pages[-1]):
                cursor = wire.decode_cursor(pages[-1].body)
            if not cursor:
                break
            call = rules.INSTRUMENTS[market].asking(cursor=cursor)
        self._session.measure_clock(pages[-1])
        with self._session.reading(*pages):
            return wire.decode_instruments(market, *(page.body for page in pages))

    async def fetch_tickers(self, market: Market) -> Tickers:
        answers = await self._session.fetch_all(rules.TICKERS[market])
        with self._session.reading(*answers):
            rows = wire.decode_tickers(market, *(answer.body for answer in answers))
        return Tickers(
            rows, answers[0].received_at, max(answer.latency_ms for answer in answers), self._session.clock_offset_ms
        )

    async def fetch_order_book(self, instrument: Instrument, depth: int) -> OrderBook:
        answer = await self._session.fetch(rules.order_book(instrument.market, instrument.symbol, depth))
        with self._session.reading(answer):
            book = wire.decode_order_book(answer.body)
            return convert_depth(book, instrument, answer.received_at, self._session.clock_offset_ms)

    async def fetch_candles(self, instrument: Instrument, interval: Interval, limit: int) -> Bars:
        call = rules.candles(instrument.market, instrument.symbol, interval, min(limit, CANDLES_MAX))
        answer = await self._session.fetch(call)
        with self._session.reading(answer):
            rising = wire.decode_candles(answer.body)
            asked_at = answer.received_at - answer.latency_ms
            return convert_bars(rising, instrument, interval, asked_at, answer.received_at)

    async def fetch_funding_history(self, instrument: Instrument, limit: int) -> Settlements:
        answer = await self._session.fetch(rules.funding_history(instrument.symbol, min(limit, SETTLEMENTS_MAX)))
        with self._session.reading(answer):
            return convert_settlements(wire.decode_funding_history(answer.body), answer.received_at)
