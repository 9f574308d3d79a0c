"""Reads OKX's public data; a swap's funding and mark price come from their own bulk calls."""

import httpx

from arbedge.adapters.exchanges.bars import RawBar, convert_bars, convert_settlements
from arbedge.adapters.exchanges.okx import rules, wire
from arbedge.adapters.exchanges.session import Session
from arbedge.adapters.exchanges.units import convert_depth
from arbedge.domain.budget import Host
from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import Interval
from arbedge.domain.market import ExchangeId, Market, OrderBook
from arbedge.limits import CANDLES_MAX, SETTLEMENTS_MAX
from arbedge.ports.clock import Clock
from arbedge.ports.exchange import Bars, Settlements, Tickers


class Okx:
    exchange: ExchangeId = "okx"

    def __init__(self, transport: httpx.AsyncBaseTransport, clock: Clock, hosts: dict[str, Host], *, url: str) -> None:
        self._session = Session(transport, url, clock, rules.HOST, hosts)

    async def fetch_instruments(self, market: Market) -> list[Instrument]:
        answers = await self._session.fetch_all(rules.INSTRUMENTS[market])
        self._session.measure_clock(answers[0])
        with self._session.reading(*answers):
            return wire.decode_instruments(market, *(answer.body for answer in answers))

    async def fetch_tickers(self, market: Market) -> Tickers:
        """Ages count from the prices' receipt, also when the funding rates came later."""
        answers = await self._session.fetch_all(rules.TICKERS[market])
        with self._session.reading(*answers):
            rows = wire.decode_tickers(market, *(answer.body for answer in answers))
        return Tickers(
            rows, answers[0].received_at, max(answer.latency_ms for answer in answers), self._session.clock_offset_ms
        )

    async def fetch_order_book(self, instrument: Instrument, depth: int) -> OrderBook:
        answer = await self._session.fetch(rules.order_book(instrument.symbol, depth))
        with self._session.reading(answer):
            book = wire.decode_order_book(answer.body)
            return convert_depth(book, instrument, answer.received_at, self._session.clock_offset_ms)

    async def fetch_candles(self, instrument: Instrument, interval: Interval, limit: int) -> Bars:
        """In pages, each older than the one before; a page that is not full is the last."""
        rising: list[RawBar] = []
        wanted, received_at = min(limit, CANDLES_MAX), 0
        while len(rising) < wanted:
            size = min(wanted - len(rising), rules.CANDLES_PAGE)
            older_than = rising[0].start if rising else None
            answer = await self._session.fetch(rules.candles(instrument.symbol, interval, size, older_than))
            with self._session.reading(answer):
                page = wire.decode_candles(instrument.market, answer.body)
            received_at = received_at or answer.received_at
            rising = page + rising
            if len(page) < size:
                break
        with self._session.reading():
            return convert_bars(rising, instrument, interval, received_at, received_at)

    async def fetch_funding_history(self, instrument: Instrument, limit: int) -> Settlements:
        answer = await self._session.fetch(rules.funding_history(instrument.symbol, min(limit, SETTLEMENTS_MAX)))
        with self._session.reading(answer):
            return convert_settlements(wire.decode_funding_history(answer.body), answer.received_at)
