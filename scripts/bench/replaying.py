"""Replay of recorded scans: how many recorded hours, at ten seconds a scan, come out of a minute of one core."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal

from msgspec.structs import replace

from arbedge.adapters.cloudflare.lake.keys import HOUR_MS, instruments_key, scan_key
from arbedge.adapters.cloudflare.lake.objects import Listed
from arbedge.adapters.cloudflare.lake.reader import LakeReader
from arbedge.adapters.cloudflare.lake.scan_object import encode_instruments, encode_scan, pack
from arbedge.app.checkpoint import encode_checkpoint
from arbedge.app.in_force import record_policy
from arbedge.domain.decision import Known, LegKey, choose, conclude
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Level, Market, OrderBook, Quote, Snapshot
from arbedge.domain.policy import Policy
from arbedge.limits import BOOK_DEPTH
from arbedge.ports.lake import Outcome
from arbedge.ports.lake.scan_records import version_instruments
from scripts.bench.detecting import NOW, build_leg, build_snapshot
from scripts.bench.rows import Row, best_ms
from scripts.replay.result import Result
from scripts.replay.run import Run
from scripts.replay.spans import Span

SCANS, STEP_MS = 30, 10_000
ASSETS = 328  # with three exchanges, spot and perpetual, as many quotes as the sandbox's market has
DISLOCATED = 12  # assets whose price on one exchange is apart, in every scan


class RecordedObjects:
    """A lake in memory."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    async def walk(self, prefix: str) -> AsyncIterator[Listed]:
        for key in sorted(self.contents):
            if key.startswith(prefix):
                yield Listed(key, len(self.contents[key]))

    async def get(self, key: str) -> bytes | None:
        return self.contents.get(key)


def record(scans: int) -> tuple[RecordedObjects, Span]:
    """Scans of a market in which a few assets stay apart, as the scan loop records them."""
    lake, policy, rng = RecordedObjects(), Policy(), random.Random(7)
    market_now = _dislocate(build_snapshot(ASSETS, rng))
    listed = {
        (feed.exchange, feed.market): _list_instruments(feed.exchange, feed.market, feed.quotes)
        for feed in market_now.feeds
    }
    catalogue: dict[str, str] = {}
    for (exchange, market), instruments in listed.items():
        feed, version = f"{exchange}:{market}", version_instruments(instruments)
        catalogue[feed] = version
        lake.contents[instruments_key(feed, version)] = pack(encode_instruments(feed, version, instruments, NOW))
    by_key: dict[LegKey, Instrument] = {
        (one.exchange, one.market, one.symbol): one for instruments in listed.values() for one in instruments
    }
    known, follows = Known({}, []), None
    for number in range(scans):
        now = NOW // HOUR_MS * HOUR_MS + number * STEP_MS
        snapshot = _at(market_now, now)
        choice = choose(snapshot, known, policy)
        quotes = {(feed.exchange, feed.market, one.symbol): one for feed in snapshot.feeds for one in feed.quotes}
        books = {key: _book(key, quotes[key], now) for key in choice.legs}
        decision = conclude(choice, snapshot, by_key, books, known, now, policy)
        outcome = Outcome(
            decided_at=now,
            catalogue=catalogue,
            policy=record_policy(policy),
            candidates=decision.candidates,
            drop_counts=decision.drop_counts,
            books=list(books.values()),
            books_failed=[],
            changed=decision.changed,
            follows=follows,
            checkpoint=encode_checkpoint(now, follows, known),
        )
        lake.contents[scan_key(now)] = pack(encode_scan(snapshot, outcome).lines)
        episodes = {one.id: one for one in (*known.episodes, *decision.changed)}
        known, follows = Known(decision.streaks, list(episodes.values()), decision.watch), now
    begin = NOW // HOUR_MS * HOUR_MS
    return lake, Span(begin, begin + scans * STEP_MS)


def _list_instruments(exchange: ExchangeId, market: Market, quotes: Iterable[Quote]) -> list[Instrument]:
    pattern = build_leg("binance", 100.0).instrument
    return [
        replace(
            pattern,
            exchange=exchange,
            market=market,
            symbol=one.symbol,
            asset=one.asset,
            base=one.asset,
            quote=one.quote,
        )
        for one in quotes
    ]


def _dislocate(snapshot: Snapshot) -> Snapshot:
    def move(quotes: Iterable[Quote]) -> list[Quote]:
        return [
            replace(one, bid=one.bid * 1.006, ask=one.ask * 1.006) if index < DISLOCATED else one
            for index, one in enumerate(quotes)
        ]

    first, *others = snapshot.feeds
    return replace(snapshot, feeds=[replace(first, quotes=move(first.quotes)), *others])


def _at(snapshot: Snapshot, now: int) -> Snapshot:
    feeds = [
        replace(feed, received_at=now, quotes=[replace(one, exchange_at=now) for one in feed.quotes])
        for feed in snapshot.feeds
    ]
    return replace(snapshot, scan_id=now, started_at=now, finished_at=now, feeds=feeds)


def _book(key: LegKey, quote: Quote, now: int) -> OrderBook:
    exchange, market, symbol = key
    sides = [
        [Level(Decimal(f"{top * (1 + sign * n / 100_000):.9g}"), Decimal(5000)) for n in range(BOOK_DEPTH)]
        for top, sign in ((quote.bid, -1), (quote.ask, 1))
    ]
    return OrderBook(exchange, market, symbol, bids=sides[0], asks=sides[1], exchange_at=now, received_at=now)


def measure(runs: int = 3) -> list[Row]:
    lake, span = record(SCANS)
    found: list[Run] = []

    def replay() -> None:
        run = Run(LakeReader(lake), span)
        asyncio.run(run.replay(Result()))
        found.append(run)

    cpu_ms = best_ms(replay, runs)
    comparison = found[-1].comparison
    assert comparison.counts["opportunity"]["equal"] > 0, "nothing was found in the recorded market"
    assert comparison.different == 0
    hours_a_minute = 60_000 / cpu_ms * SCANS * STEP_MS / HOUR_MS
    size_kb = sum(map(len, lake.contents.values())) / 1000 / SCANS
    candidates = comparison.counts["opportunity"]["equal"] / SCANS
    quotes = sum(len(feed.quotes) for feed in build_snapshot(ASSETS, random.Random(7)).feeds)
    note = f"{cpu_ms / SCANS:.0f} ms a scan of {quotes:,} quotes with {candidates:.0f} episodes, {size_kb:.0f} kB"
    return [Row(area="replay", name="recorded hours a minute", figure=hours_a_minute, unit="h", note=note)]
