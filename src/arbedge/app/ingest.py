"""Reads every ticker of all exchanges once, each feed failing alone."""

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
from arbedge.domain.market import FEEDS, Feed, FeedKey, Snapshot
from arbedge.domain.normalise import normalise
from arbedge.errors import (
    ExchangeDown,
    ExchangeError,
    ExchangeRateLimited,
    ExchangeUnreachable,
)
from arbedge.limits import TICKERS_TIMEOUT_S
from arbedge.ports.exchange import Traffic, counted_traffic
from arbedge.ports.store import Catalogue, FeedHealth

SNAPSHOT_VERSION = 1
Meter = defaultdict[FeedKey, Traffic]  # what a scan's calls cost, by the feed they were made for

log = logging.getLogger(__name__)
T = TypeVar("T")


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


async def observe(
    services: Services, scan_id: int, catalogue: Catalogue, known: Sequence[FeedHealth], meter: Meter
) -> tuple[Snapshot, list[FeedHealth]]:
    """One snapshot of every feed and how each of them did. Never raises for an exchange."""
    started_at = services.clock.now_ms()
    before = {(feed.exchange, feed.market): feed for feed in known}
    results = await asyncio.gather(
        *(
            _observe_feed(services, key, catalogue.by_symbol(key), before.get(key), started_at, meter[key])
            for key in FEEDS
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


def judge_books(health: FeedHealth, error: ExchangeError | None, now: int) -> FeedHealth:
    """A feed with what its order books told of it, `error` where they could not be had.

    Where the exchange asked for silence, its tickers are not asked for either before then.
    """
    if error is None:
        return health
    if isinstance(error, ExchangeRateLimited):
        retry_at = now + round(error.retry_after_s * 1000)
        return replace(health, state="rate_limited", error=str(error), error_class=error.code, retry_at=retry_at)
    return replace(health, state="degraded", error=f"no order book: {error}", error_class=error.code)


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
