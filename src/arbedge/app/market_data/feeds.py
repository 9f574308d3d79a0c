"""Top of book and funding of whole markets: from the newest scan, and from the exchange where that is too old."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import cast

from msgspec.structs import replace

from arbedge.app.market_data.flights import Flights
from arbedge.app.market_data.quiet import Quiet, state_of
from arbedge.app.market_data.sourced import Missing, Sourced, mode_of
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Feed, FeedKey, FeedState, Mode, Quote, Snapshot, Source
from arbedge.domain.normalise import normalise
from arbedge.domain.plausible import is_plausible_quote
from arbedge.errors import ExchangeError, ExchangeRateLimited, MarketDataUnavailable, StoreUnavailable
from arbedge.limits import FAILURE_KEPT_MS_MAX, KV_LAG_MS
from arbedge.ports.clock import Clock
from arbedge.ports.exchange import ExchangeMarketData
from arbedge.ports.lake import Lake, SnapshotCache
from arbedge.ports.market_documents import Kind, Served
from arbedge.ports.store import Scans

FeedAnswer = Sourced[Feed] | Missing

log = logging.getLogger(__name__)


class FeedPath:
    """Reads whole markets for the readers of one event."""

    def __init__(
        self,
        clock: Clock,
        mode: Mode,
        exchanges: Mapping[ExchangeId, ExchangeMarketData],
        scans: Scans,
        cache: SnapshotCache,
        lake: Lake,
        quiet: Quiet,
        counts: Counter[tuple[Kind, Served]],
        load_instruments: Callable[[FeedKey], Awaitable[Mapping[str, Instrument]]],
    ) -> None:
        self._clock = clock
        self._mode: Mode = mode
        self._exchanges = exchanges
        self._scans = scans
        self._cache = cache
        self._lake = lake
        self._quiet = quiet
        self._counts = counts
        self._load_instruments = load_instruments
        self._flights = Flights()
        self._snapshots: dict[Source, Snapshot | None] = {}

    async def read(self, keys: Sequence[FeedKey], age_ms_max: int) -> dict[FeedKey, FeedAnswer]:
        """Each feed with its source, or why it is missing. Never raises for a source that is down."""
        found: dict[FeedKey, FeedAnswer] = {}
        # KV may lag by a minute, so readers of fresher data begin where every write is seen at once.
        order: tuple[Source, ...] = ("cache", "lake") if age_ms_max >= KV_LAG_MS else ("lake", "cache")
        for source in order:
            left = [key for key in keys if key not in found]
            if left and (snapshot := await self._load_snapshot(source)):
                found |= self._pick(snapshot, source, left, age_ms_max)
        left = [key for key in keys if key not in found]
        fetched = await asyncio.gather(*(self._flights.join(key, lambda k=key: self._fetch(k)) for key in left))
        found |= dict(zip(left, fetched, strict=True))
        for answer in found.values():
            self._counts["feed", answer.source if isinstance(answer, Sourced) else "nobody"] += 1
        return {key: found[key] for key in keys}

    def _pick(
        self, snapshot: Snapshot, source: Source, keys: Sequence[FeedKey], age_ms_max: int
    ) -> dict[FeedKey, FeedAnswer]:
        """The feeds of a snapshot that are fresh enough, and those that failed too lately to be asked again."""
        now = self._clock.now_ms()
        feeds = {(feed.exchange, feed.market): feed for feed in snapshot.feeds}
        found: dict[FeedKey, FeedAnswer] = {}
        for key in keys:
            feed = feeds.get(key)
            age_ms = now - feed.received_at if feed else -1
            if feed is None or age_ms < 0:
                continue
            if feed.quotes and age_ms <= age_ms_max:
                mode = mode_of(snapshot.mode, source)
                found[key] = Sourced(_without_lies(replace(feed, source=source)), source, age_ms, mode)
            elif not feed.quotes and age_ms <= FAILURE_KEPT_MS_MAX:
                found[key] = Missing(feed.state, feed.error or "the last scan read nothing of it")
        return found

    async def _load_snapshot(self, source: Source) -> Snapshot | None:
        """Read once an event; None where there is none, or its store is down, or it is of another market."""
        if source not in self._snapshots:
            load = self._load_cached if source == "cache" else self._load_recorded
            self._snapshots[source] = await self._flights.join(source, load)
        return self._snapshots[source]

    async def _load_cached(self) -> Snapshot | None:
        try:
            return self._own(await self._cache.get())
        except StoreUnavailable:
            return None

    async def _load_recorded(self) -> Snapshot | None:
        """The object that the latest finished scan wrote; its name follows from the scan's id."""
        return await self._load_scan(self._scans.load_latest_id)

    async def read_earliest(self) -> Snapshot | None:
        """The earliest scan that is still known, for what compares then with now."""
        return await self._load_scan(self._scans.load_earliest_id)

    async def _load_scan(self, find_id: Callable[[], Awaitable[int | None]]) -> Snapshot | None:
        try:
            scan_id = await find_id()
            return None if scan_id is None else self._own(await self._lake.load_snapshot(scan_id))
        except (StoreUnavailable, ValueError) as error:
            log.warning("recorded snapshot passed by", extra={"error": type(error).__name__})
            return None

    def _own(self, snapshot: Snapshot | None) -> Snapshot | None:
        return snapshot if snapshot and snapshot.mode == self._mode else None

    async def _fetch(self, key: FeedKey) -> FeedAnswer:
        exchange, market = key
        try:
            await self._quiet.require_open(exchange, market)
            instruments = await self._load_instruments(key)
            tickers = await self._exchanges[exchange].fetch_tickers(market)
        except MarketDataUnavailable as error:
            return Missing(cast("FeedState", error.state), str(error))
        except ExchangeError as error:
            if isinstance(error, ExchangeRateLimited):
                await self._quiet.keep_away(exchange, error)
            return Missing(state_of(error), f"{error.code}: {error}")
        quotes, rejected = normalise(tickers.rows, instruments)
        feed = Feed(
            exchange=exchange,
            market=market,
            state="ok" if quotes else "degraded",
            received_at=tickers.received_at,
            latency_ms=tickers.latency_ms,
            quotes=quotes,
            rejected=dict(rejected),
            clock_offset_ms=tickers.clock_offset_ms,
        )
        feed = _without_lies(feed)
        if not feed.quotes:
            return Missing("degraded", "no instrument has a bid and an ask")
        age_ms = max(0, self._clock.now_ms() - feed.received_at)
        return Sourced(feed, "api", age_ms, mode_of(self._mode, "api"))


def _without_lies(feed: Feed) -> Feed:
    """Without quotes that cannot be true; they are counted with the other rejected rows."""
    told: list[Quote] = [quote for quote in feed.quotes if is_plausible_quote(quote)]
    lies = len(feed.quotes) - len(told)
    if not lies:
        return feed
    return replace(feed, quotes=told, rejected={**feed.rejected, "implausible": lies})
