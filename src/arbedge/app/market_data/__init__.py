"""The one component that everyone asks for public market data, and that alone asks the exchanges on their behalf.

A reader says how old an answer may be. It comes from the cache (KV) or the lake (R2) where that is fresh enough,
else from the exchange, and says which of them served it, its age and the mode of the market. The scans write the
snapshots that are read here; what is fetched here is kept for the next reader.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from arbedge.app.market_data.documents import Document, DocumentPath, Wanted
from arbedge.app.market_data.feeds import FeedAnswer, FeedKey, FeedPath
from arbedge.app.market_data.flights import Flights
from arbedge.app.market_data.quiet import Quiet, explain_failure
from arbedge.app.market_data.sourced import Missing, Sourced, mode_of
from arbedge.domain.candles import Candle, CandleSeries, build_series
from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import INTERVALS_MS, Interval
from arbedge.domain.market import ExchangeId, Mode, OrderBook, Snapshot, Source
from arbedge.domain.plausible import are_plausible_rates, is_plausible_book
from arbedge.errors import ExchangeError, ExchangeRateLimited, MarketDataUnavailable, StoreUnavailable
from arbedge.limits import (
    BOOK_AGE_MS_MAX,
    BOOK_DEPTH,
    CANDLES_AGE_MS_MAX,
    CANDLES_USUAL,
    CATALOGUE_AGE_MS_MAX,
    FEEDS_AGE_MS_MAX,
    SETTLEMENTS_AGE_MS_MAX,
    SETTLEMENTS_MAX,
)
from arbedge.ports.clock import Clock
from arbedge.ports.exchange import Bar, ExchangeMarketData, Settlement
from arbedge.ports.lake import Lake, SnapshotCache
from arbedge.ports.market_documents import Documents, Kind, ReadCounts, Reads, Served
from arbedge.ports.store import Catalogue, Instruments, Scans

__all__ = ["FeedAnswer", "FeedKey", "MarketData", "Missing", "Sourced"]

T = TypeVar("T")

_BARS: Final = msgspec.json.Decoder(Document[list[Bar]])
_SETTLEMENTS: Final = msgspec.json.Decoder(Document[list[Settlement]])
_BOOKS: Final = msgspec.json.Decoder(Document[OrderBook])


class MarketData:
    """Public market data for the readers of one event. Methods raise `MarketDataUnavailable` and nothing else."""

    def __init__(
        self,
        clock: Clock,
        mode: Mode,
        exchanges: Mapping[ExchangeId, ExchangeMarketData],
        instruments: Instruments,
        scans: Scans,
        cache: SnapshotCache,
        lake: Lake,
        near: Documents,
        far: Documents,
        read_counts: ReadCounts,
    ) -> None:
        self._clock = clock
        self._mode: Mode = mode
        self._exchanges = exchanges
        self._instruments = instruments
        self._read_counts = read_counts
        self._flights = Flights()
        self._catalogue: Catalogue | None = None
        self._fetched: dict[FeedKey, tuple[Mapping[str, Instrument], int]] = {}
        self._quiet = Quiet(clock, scans, near)
        self.counts: Counter[tuple[Kind, Served]] = Counter()
        self._documents = DocumentPath(clock, near, far, self._quiet, self.counts)
        self._feeds = FeedPath(
            clock, mode, exchanges, scans, cache, lake, self._quiet, self.counts, self._load_tradable
        )

    async def load_feeds(
        self, keys: Sequence[FeedKey], age_ms_max: int = FEEDS_AGE_MS_MAX
    ) -> dict[FeedKey, FeedAnswer]:
        """Tickers and funding of whole markets, each with its source or the reason why it is missing."""
        return await self._feeds.read(keys, age_ms_max)

    async def load_earliest_scan(self) -> Snapshot | None:
        """What the earliest scan that is still known observed; None where it cannot be read."""
        return await self._feeds.read_earliest()

    async def load_book(
        self, instrument: Instrument, depth: int = BOOK_DEPTH, age_ms_max: int = BOOK_AGE_MS_MAX
    ) -> Sourced[OrderBook]:
        """Both sides to at least `depth` levels where the exchange has them."""

        async def fetch(rows: int) -> tuple[OrderBook, int]:
            book = await self._exchanges[instrument.exchange].fetch_order_book(instrument, rows)
            return book, book.received_at

        def check(book: OrderBook) -> None:
            if not is_plausible_book(book):
                raise ValueError("the book is crossed, unordered or empty")

        wanted = Wanted(
            "book", instrument, "book", depth, age_ms_max, fetch, check, _BOOKS, BOOK_DEPTH, is_recorded=False
        )
        return self._source(await self._documents.read(wanted))

    async def load_candles(
        self, instrument: Instrument, interval: Interval, limit: int, age_ms_max: int = CANDLES_AGE_MS_MAX
    ) -> Sourced[CandleSeries]:
        """The newest candles, oldest first; a bar that is not over is the last and says so."""

        async def fetch(rows: int) -> tuple[list[Bar], int]:
            bars = await self._exchanges[instrument.exchange].fetch_candles(instrument, interval, rows)
            return bars.rows[-rows:], bars.received_at

        def check(rows: list[Bar]) -> None:
            _build(rows, interval, self._mode)

        wanted = Wanted(
            "candles",
            instrument,
            interval,
            limit,
            age_ms_max,
            fetch,
            check,
            _BARS,
            CANDLES_USUAL,
            is_recorded=True,
        )
        answer = self._source(await self._documents.read(wanted))
        series = _build(answer.value[-limit:], interval, answer.mode)
        return Sourced(series, answer.source, answer.age_ms, answer.mode)

    async def load_funding_history(
        self, instrument: Instrument, limit: int, age_ms_max: int = SETTLEMENTS_AGE_MS_MAX
    ) -> Sourced[list[Settlement]]:
        """What the last settlements charged, oldest first."""

        async def fetch(rows: int) -> tuple[list[Settlement], int]:
            answer = await self._exchanges[instrument.exchange].fetch_funding_history(instrument, rows)
            return answer.rows[-rows:], answer.received_at

        def check(rows: list[Settlement]) -> None:
            if not are_plausible_rates([(one.settled_at, one.rate) for one in rows], self._clock.now_ms()):
                raise ValueError("the settlements are unordered, ahead of time or beyond every cap")

        wanted = Wanted(
            "funding_history",
            instrument,
            "settlements",
            limit,
            age_ms_max,
            fetch,
            check,
            _SETTLEMENTS,
            SETTLEMENTS_MAX,
            is_recorded=True,
        )
        answer = self._source(await self._documents.read(wanted))
        return Sourced(answer.value[-limit:], answer.source, answer.age_ms, answer.mode)

    async def load_instruments(
        self, key: FeedKey, age_ms_max: int = CATALOGUE_AGE_MS_MAX
    ) -> Sourced[Mapping[str, Instrument]]:
        """The instruments of one market by symbol, from the scans' record or from the exchange."""
        now = self._clock.now_ms()
        catalogue = await self._flights.join("catalogue", self._load_catalogue)
        fetched_at = catalogue.fetched_at.get(":".join(key), 0) if catalogue else 0
        if catalogue and 0 <= now - fetched_at <= age_ms_max:
            self.counts["instruments", "cache"] += 1
            return Sourced(catalogue.by_symbol(key), "cache", now - fetched_at, mode_of(self._mode, "cache"))
        known = self._fetched.get(key)
        try:
            if known is None or now - known[1] > age_ms_max:
                known = self._fetched[key] = await self._flights.join(key, lambda: self._fetch_instruments(key))
        except MarketDataUnavailable:
            self.counts["instruments", "nobody"] += 1
            raise
        self.counts["instruments", "api"] += 1
        return Sourced(known[0], "api", max(0, self._clock.now_ms() - known[1]), mode_of(self._mode, "api"))

    async def load_reads(self, since: int) -> list[Reads]:
        """Who served how many reads since then; nothing where the record cannot be read."""
        with suppress(StoreUnavailable):
            return await self._read_counts.load(since)
        return []

    async def settle_counts(self) -> None:
        """Hands what was counted in this event to the record. Losing a count is no reason to lose an answer."""
        counts, now = dict(self.counts), self._clock.now_ms()
        self.counts.clear()
        if counts:
            with suppress(StoreUnavailable):
                await self._read_counts.add(counts, now)

    async def _load_tradable(self, key: FeedKey) -> Mapping[str, Instrument]:
        return (await self.load_instruments(key)).value

    async def _load_catalogue(self) -> Catalogue | None:
        if self._catalogue is None:
            with suppress(StoreUnavailable):
                self._catalogue = await self._instruments.load()
        return self._catalogue

    async def _fetch_instruments(self, key: FeedKey) -> tuple[Mapping[str, Instrument], int]:
        exchange, market = key
        await self._quiet.require_open(exchange, market)
        try:
            listed = await self._exchanges[exchange].fetch_instruments(market)
        except ExchangeError as error:
            if isinstance(error, ExchangeRateLimited):
                await self._quiet.keep_away(exchange, error)
            raise explain_failure(error) from error
        return {one.symbol: one for one in listed if one.is_possible}, self._clock.now_ms()

    def _source(self, read: tuple[T, Source, int]) -> Sourced[T]:
        value, source, fetched_at = read
        age_ms = max(0, self._clock.now_ms() - fetched_at)
        return Sourced(value, source, age_ms, mode_of(self._mode, source))


def _build(rows: Sequence[Bar], interval: Interval, mode: Mode) -> CandleSeries:
    """Raises `CandlesInvalid`, which is a `ValueError`, for bars that no exchange may send."""
    candles = (Candle(b.start, b.open, b.high, b.low, b.close, b.volume, b.is_closed, mode) for b in rows)
    return build_series(candles, INTERVALS_MS[interval])
