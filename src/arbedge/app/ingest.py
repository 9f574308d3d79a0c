"""Reads all exchanges once: instruments when they are due, then every ticker, each feed failing alone."""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from arbedge.app.market_data.quiet import state_of
from arbedge.app.services import Services
from arbedge.domain.circuit import Circuit
from arbedge.domain.instruments import Instrument
from arbedge.domain.listings import InstrumentEvent, compare_lists, is_truncated
from arbedge.domain.market import EXCHANGES, MARKETS, ExchangeId, Feed, Market, Snapshot
from arbedge.domain.normalise import normalise
from arbedge.errors import (
    ExchangeDown,
    ExchangeError,
    ExchangeRateLimited,
    ExchangeUnreachable,
    RecordRefused,
    StoreUnavailable,
)
from arbedge.limits import INSTRUMENTS_AGE_MS_MAX, INSTRUMENTS_RETRY_MS, INSTRUMENTS_TIMEOUT_S, TICKERS_TIMEOUT_S
from arbedge.ports.exchange import Traffic, counted_traffic
from arbedge.ports.store import Catalogue, FeedHealth

SNAPSHOT_VERSION = 1
FeedKey = tuple[ExchangeId, Market]
Meter = defaultdict[FeedKey, Traffic]  # what a scan's calls cost, by the feed they were made for
ALL_FEEDS: tuple[FeedKey, ...] = tuple((exchange, market) for exchange in EXCHANGES for market in MARKETS)

log = logging.getLogger(__name__)
T = TypeVar("T")


async def load_catalogue(services: Services, known: Sequence[FeedHealth], meter: Meter) -> Catalogue:
    """The instruments of all feeds, fetched again where they are missing or an hour old.

    A feed that does not answer keeps the instruments it had; one that is being probed is not asked for more. A list
    that could not be had, or was refused, is asked for again by the first scan of the next minute.
    """
    now = services.clock.now_ms()
    catalogue = await services.instruments.load() or Catalogue({}, {})
    resting = {
        (feed.exchange, feed.market)
        for feed in known
        if feed.circuit.get_state(now) != "closed"
        or (
            catalogue.has((feed.exchange, feed.market))
            and feed.checked_at // INSTRUMENTS_RETRY_MS == now // INSTRUMENTS_RETRY_MS
        )
    }
    due = [key for key in ALL_FEEDS if key not in resting and catalogue.is_due(key, now)]
    if not due:
        return catalogue
    answers = await asyncio.gather(*(_fetch_instruments(services, key, meter[key]) for key in due))
    now = services.clock.now_ms()
    lists = {key: answer for key, answer in zip(due, answers, strict=True) if answer}
    refused = [event for key, answer in lists.items() if (event := _find_cut(catalogue, key, answer, now))]
    fresh = {key: lists[key] for key in lists.keys() - {(event.exchange, event.market) for event in refused}}
    events = [
        event
        for key, answer in fresh.items()
        for event in compare_lists(key, catalogue.by_symbol(key) if catalogue.has(key) else None, answer, now)
    ]
    if fresh:
        catalogue = catalogue.refreshed(fresh, now)
        await _record_instruments(services, catalogue, [":".join(key) for key in fresh], now)
    try:
        await services.instruments.record(refused)
        if fresh:
            await services.instruments.save(catalogue, events)
    except StoreUnavailable as error:
        log.warning("instruments not kept", extra={"error": str(error)})  # this scan has them; the next asks again
    return catalogue


def _find_cut(catalogue: Catalogue, key: FeedKey, answer: Sequence[Instrument], now: int) -> InstrumentEvent | None:
    """The event, one an hour, of a list that must have been cut short: it is refused, and what we had stays."""
    (exchange, market), before = key, catalogue.by_symbol(key)
    if not is_truncated(before, answer, now - catalogue.fetched_at_of(key)):
        return None
    counts = {"had": len(before), "has": len(answer)}
    log.error("list of instruments refused", extra={"exchange": exchange, "market": market, **counts})
    return InstrumentEvent(exchange, market, now - now % INSTRUMENTS_AGE_MS_MAX, "refused", count=len(answer))


async def _record_instruments(services: Services, catalogue: Catalogue, feeds: Sequence[str], at: int) -> None:
    """A list that is not recorded now is with the next fetch: its version only has to be there once.

    All at once, since the scan waits for it: one store that hangs must not take its time for every list.
    """

    async def record(feed: str) -> None:
        listed = list(catalogue.instruments[feed].values())
        try:
            await services.lake.append_instruments(feed, catalogue.versions[feed], listed, at)
        except (StoreUnavailable, RecordRefused) as error:
            log.warning("instruments not recorded", extra={"feed": feed, "error": f"{error.code}: {error}"})

    await asyncio.gather(*map(record, feeds))


async def guard(answer: Awaitable[T], timeout_s: float, traffic: Traffic | None = None) -> T:
    """What an exchange answers, or an `ExchangeError`: not even a defect of ours in reading it may end a scan.

    What is sent and received for it is added to `traffic`.
    """
    token = counted_traffic.set(traffic)
    try:
        async with asyncio.timeout(timeout_s):
            return await answer
    except ExchangeError:
        raise
    except TimeoutError:
        raise ExchangeUnreachable(f"no whole answer within {timeout_s:g} s") from None
    except Exception as error:
        log.exception("an exchange's answer could not be read")
        raise ExchangeDown(f"its answer could not be read ({type(error).__name__})") from None
    finally:
        counted_traffic.reset(token)


async def _fetch_instruments(services: Services, key: FeedKey, traffic: Traffic) -> list[Instrument] | None:
    exchange, market = key
    try:
        listed = await guard(services.exchanges[exchange].fetch_instruments(market), INSTRUMENTS_TIMEOUT_S, traffic)
    except ExchangeError as error:
        log.warning("instruments unavailable", extra={"exchange": exchange, "market": market, "error": error.code})
        return None
    possible = [instrument for instrument in listed if instrument.is_possible]
    if len(possible) < len(listed):
        refused = len(listed) - len(possible)
        log.warning("instruments refused", extra={"exchange": exchange, "market": market, "count": refused})
    return possible


async def observe(
    services: Services, scan_id: int, catalogue: Catalogue, known: Sequence[FeedHealth], meter: Meter
) -> tuple[Snapshot, list[FeedHealth]]:
    """One snapshot of every feed and how each of them did. Never raises for an exchange."""
    started_at = services.clock.now_ms()
    before = {(feed.exchange, feed.market): feed for feed in known}
    results = await asyncio.gather(
        *(
            _observe_feed(services, key, catalogue.by_symbol(key), before.get(key), started_at, meter[key])
            for key in ALL_FEEDS
        )
    )
    snapshot = Snapshot(
        version=SNAPSHOT_VERSION,
        scan_id=scan_id,
        mode=services.settings.market_mode,
        started_at=started_at,
        finished_at=services.clock.now_ms(),
        feeds=[feed for feed, _ in results],
    )
    return snapshot, [health for _, health in results]


async def _observe_feed(
    services: Services,
    key: FeedKey,
    instruments: Mapping[str, Instrument],
    before: FeedHealth | None,
    now: int,
    traffic: Traffic,
) -> tuple[Feed, FeedHealth]:
    circuit = before.circuit if before else Circuit()
    if before and circuit.get_state(now) == "open":
        return _rest(before, now)
    return await _read_feed(services, key, instruments, circuit, traffic)


def _rest(before: FeedHealth, now: int) -> tuple[Feed, FeedHealth]:
    """A feed that must not be asked yet: nothing is sent, and its health stays as it was."""
    feed = Feed(
        exchange=before.exchange,
        market=before.market,
        state=before.state,
        received_at=now,
        latency_ms=0,
        error=before.error,
        is_asked=False,
    )
    return feed, before


async def _read_feed(
    services: Services, key: FeedKey, instruments: Mapping[str, Instrument], circuit: Circuit, traffic: Traffic
) -> tuple[Feed, FeedHealth]:
    exchange, market = key
    began = services.clock.now_ms()
    try:
        tickers = await guard(services.exchanges[exchange].fetch_tickers(market), TICKERS_TIMEOUT_S, traffic)
    except ExchangeError as error:
        now = services.clock.now_ms()
        log.warning("feed failed", extra={"exchange": exchange, "market": market, "error": error.code})
        feed = Feed(
            exchange=exchange,
            market=market,
            state=state_of(error),
            received_at=now,
            latency_ms=now - began,
            error=str(error),
            is_asked=not isinstance(error, ExchangeRateLimited) or error.is_sent,
        )
        return feed, _health(feed, error.code, _after_failure(circuit, error, now))
    quotes, rejected = normalise(tickers.rows, instruments)
    is_thin = not quotes or rejected["no_quote"] + rejected["impossible"] > len(quotes)
    feed = Feed(
        exchange=exchange,
        market=market,
        state="degraded" if is_thin else "ok",
        received_at=tickers.received_at,
        latency_ms=tickers.latency_ms,
        error=_thin_error(quotes_count=len(quotes), has_instruments=bool(instruments)) if is_thin else None,
        quotes=quotes,
        rejected=dict(rejected),
        clock_offset_ms=tickers.clock_offset_ms,
    )
    return feed, _health(feed, "thin" if is_thin else None, Circuit())


def _after_failure(circuit: Circuit, error: ExchangeError, now: int) -> Circuit:
    wait_ms = round(error.retry_after_s * 1000) if isinstance(error, ExchangeRateLimited) else 0
    if isinstance(error, ExchangeRateLimited) and not error.is_sent:
        return circuit.held(now + wait_ms)
    return circuit.failed(now, random.random(), wait_ms)  # noqa: S311 - it spreads requests out and keeps no secret


def hold_back(health: FeedHealth, error: ExchangeRateLimited | None, now: int) -> FeedHealth:
    """A feed whose exchange asked for silence on another call: its tickers are not asked for either before then."""
    if error is None:
        return health
    retry_at = now + round(error.retry_after_s * 1000)
    return replace(health, state="rate_limited", error=str(error), error_class=error.code, retry_at=retry_at)


def _thin_error(*, quotes_count: int, has_instruments: bool) -> str:
    if not has_instruments:
        return "its list of instruments could not be read yet"
    return f"only {quotes_count} instruments have a bid and an ask"


def _health(feed: Feed, error_class: str | None, circuit: Circuit) -> FeedHealth:
    return FeedHealth(
        exchange=feed.exchange,
        market=feed.market,
        state=feed.state,
        error=feed.error,
        error_class=error_class,
        quotes=len(feed.quotes),
        latency_ms=feed.latency_ms,
        checked_at=feed.received_at,
        last_success_at=feed.received_at if feed.quotes else None,
        retry_at=circuit.retry_at,
        failures=circuit.failures,
    )
