"""Reads OKX's public data; a swap's funding and mark price come from their own bulk calls."""

import httpx

from arbedge.adapters.exchanges.okx import rules, wire
from arbedge.adapters.exchanges.session import Session
from arbedge.adapters.exchanges.units import convert_depth
from arbedge.domain.budget import Host
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Market, OrderBook
from arbedge.ports.clock import Clock
from arbedge.ports.exchange import Tickers


class Okx:
    exchange: ExchangeId = "okx"

    def __init__(self, client: httpx.AsyncClient, clock: Clock, hosts: dict[str, Host], *, url: str) -> None:
        self._session = Session(client, url, clock, rules.HOST, hosts)

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
