"""Reads Binance's public data: spot from one host, USD-M futures from another."""

import httpx

from arbedge.adapters.exchanges.bars import convert_bars, convert_settlements
from arbedge.adapters.exchanges.binance import rules, wire
from arbedge.adapters.exchanges.session import Session
from arbedge.adapters.exchanges.units import convert_depth
from arbedge.domain.budget import Host
from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import Interval
from arbedge.domain.market import ExchangeId, Market, OrderBook
from arbedge.limits import CANDLES_MAX, SETTLEMENTS_MAX
from arbedge.ports.clock import Clock
from arbedge.ports.exchange import Bars, Settlements, Tickers


class Binance:
    exchange: ExchangeId = "binance"

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
        hosts: dict[str, Host],
        *,
        spot_url: str,
        futures_url: str,
    ) -> None:
        urls: dict[Market, str] = {"spot": spot_url, "perp": futures_url}
        self._sessions = {
            market: Session(transport, url, clock, rules.HOSTS[market], hosts) for market, url in urls.items()
        }

    async def fetch_instruments(self, market: Market) -> list[Instrument]:
        session = self._sessions[market]
        answers = await session.fetch_all(rules.INSTRUMENTS[market])
        session.measure_clock(answers[0])
        with session.reading(*answers):
            return wire.decode_instruments(market, *(answer.body for answer in answers))

    async def fetch_tickers(self, market: Market) -> Tickers:
        """Ages count from the prices' receipt, also when the funding rates came later."""
        session = self._sessions[market]
        answers = await session.fetch_all(rules.TICKERS[market])
        with session.reading(*answers):
            rows = wire.decode_tickers(market, *(answer.body for answer in answers))
        return Tickers(
            rows, answers[0].received_at, max(answer.latency_ms for answer in answers), session.clock_offset_ms
        )

    async def fetch_order_book(self, instrument: Instrument, depth: int) -> OrderBook:
        call = rules.order_book(instrument.market, instrument.symbol, depth)
        session = self._sessions[instrument.market]
        answer = await session.fetch(call)
        with session.reading(answer):
            book = wire.decode_order_book(answer.body)
            return convert_depth(book, instrument, answer.received_at, session.clock_offset_ms)

    async def fetch_candles(self, instrument: Instrument, interval: Interval, limit: int) -> Bars:
        call = rules.candles(instrument.market, instrument.symbol, interval, min(limit, CANDLES_MAX))
        answer = await self._sessions[instrument.market].fetch(call)
        with self._sessions[instrument.market].reading(answer):
            rising = wire.decode_candles(answer.body)
            asked_at = answer.received_at - answer.latency_ms
            return convert_bars(rising, instrument, interval, asked_at, answer.received_at)

    async def fetch_funding_history(self, instrument: Instrument, limit: int) -> Settlements:
        answer = await self._sessions["perp"].fetch(
            rules.funding_history(instrument.symbol, min(limit, SETTLEMENTS_MAX))
        )
        with self._sessions[instrument.market].reading(answer):
            return convert_settlements(wire.decode_funding_history(answer.body), answer.received_at)
