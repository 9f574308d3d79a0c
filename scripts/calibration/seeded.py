"""The seeded market of the sandbox, read over HTTP by the product's own adapters, in its own time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import httpx

from arbedge.adapters.exchanges import build_exchanges
from arbedge.domain.decision import LegKey
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import EXCHANGES, MARKETS, ExchangeId, Feed, Funding, Market, Mode, Snapshot
from arbedge.domain.normalise import normalise
from arbedge.errors import ExchangeError
from arbedge.limits import BOOK_DEPTH
from scripts.calibration.tape import About, LegLike
from scripts.sandbox.app import create_sandbox
from scripts.sandbox.clock import SettableClock
from scripts.sandbox.config import SandboxConfig

STARTS_AT: Final = 1_795_386_285_000
SCAN_MS: Final = 10_000
MINUTE_MS: Final = 60_000


class SeededTape:
    """Time goes forward only: moments are asked for in their order."""

    mode: Mode = "synthetic"

    def __init__(self, seed: int, minutes: int) -> None:
        self._clock = SettableClock(STARTS_AT)
        config = SandboxConfig("http://worker", "6012345678:calibration", "calibration", seed)
        sandbox = create_sandbox(config, self._clock)
        self._exchanges = build_exchanges(
            httpx.ASGITransport(sandbox.app),
            self._clock,
            {},
            binance_spot_url="http://sandbox/binance",
            binance_futures_url="http://sandbox/binance-futures",
            bybit_url="http://sandbox/bybit",
            okx_url="http://sandbox/okx",
        )
        self._instruments: dict[LegKey, Instrument] = {}
        self._fundings: dict[LegKey, Funding] = {}
        self.moments: Sequence[int] = range(STARTS_AT, STARTS_AT + minutes * MINUTE_MS, SCAN_MS)
        self.about = About(
            name="synthetic",
            title=f"the seeded market (seed {seed}), {minutes} minutes, a scan every {SCAN_MS // 1000} s",
            files=(),
            resolution="a second: every step can be valued",
            has="nothing: every price, book and rate is made by the sandbox",
            lacks="everything; it shows that the arithmetic works, and nothing about any real market",
            types=("cross_exchange", "funding", "spot_perp", "triangular"),
            judged_step="after_5s",
        )

    async def look(self, at: int) -> Snapshot:
        self._clock.set(at)
        if not self._instruments:
            for exchange in EXCHANGES:
                for market in MARKETS:
                    listed = await self._exchanges[exchange].fetch_instruments(market)
                    self._instruments |= {(exchange, market, one.symbol): one for one in listed if one.is_possible}
        feeds = [await self._read_feed(exchange, market) for exchange in EXCHANGES for market in MARKETS]
        self._fundings = {
            (feed.exchange, feed.market, quote.symbol): quote.funding
            for feed in feeds
            for quote in feed.quotes
            if quote.funding
        }
        return Snapshot(version=1, scan_id=at, mode=self.mode, started_at=at, finished_at=at, feeds=feeds)

    async def _read_feed(self, exchange: ExchangeId, market: Market) -> Feed:
        tickers = await self._exchanges[exchange].fetch_tickers(market)
        listed = {key[2]: one for key, one in self._instruments.items() if key[:2] == (exchange, market)}
        quotes, rejected = normalise(tickers.rows, listed)
        return Feed(
            exchange=exchange,
            market=market,
            state="ok",
            received_at=tickers.received_at,
            latency_ms=tickers.latency_ms,
            quotes=quotes,
            rejected=dict(rejected),
            clock_offset_ms=tickers.clock_offset_ms,
        )

    def find_moment(self, due: int, tolerance_ms: int) -> int | None:
        return due

    async def fetch(self, legs: Iterable[LegLike], at: int) -> Mapping[LegKey, LegMarket]:
        self._clock.set(at)
        found: dict[LegKey, LegMarket] = {}
        for leg in legs:
            key = leg.exchange, leg.market, leg.symbol
            if key in found:
                continue
            instrument = self._instruments[key]
            try:
                book = await self._exchanges[key[0]].fetch_order_book(instrument, BOOK_DEPTH)
            except ExchangeError:
                continue  # the sandbox keeps the exchanges' limits, too
            found[key] = LegMarket(instrument, book, self._fundings.get(key))
        return found

    def get_instruments(self, legs: Iterable[LegLike]) -> Mapping[LegKey, Instrument]:
        return self._instruments
