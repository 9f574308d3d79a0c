"""Exchanges that asked for silence get it from every reader, whichever event they asked in."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import msgspec

from arbedge.domain.market import ExchangeId, FeedState, Market
from arbedge.errors import (
    ExchangeBlocked,
    ExchangeError,
    ExchangeRateLimited,
    ExchangeUnreachable,
    ExchangeUnreadable,
    MarketDataUnavailable,
    StoreUnavailable,
)
from arbedge.ports.clock import Clock
from arbedge.ports.market_documents import Documents
from arbedge.ports.store import FeedHealth, Scans

T = TypeVar("T")


def state_of(error: ExchangeError) -> FeedState:
    match error:
        case ExchangeRateLimited():
            return "rate_limited"
        case ExchangeUnreadable():
            return "down"  # it answers, so it is not out of reach; but nothing that it says can be used
        case ExchangeUnreachable() | ExchangeBlocked():
            return "unreachable"
        case _:
            return "down"


def explain_failure(error: ExchangeError) -> MarketDataUnavailable:
    """What a reader is told of a call that failed, with the state that health would show."""
    wait_s = error.retry_after_s if isinstance(error, ExchangeRateLimited) else None
    return MarketDataUnavailable(f"{error.code}: {error}", state_of(error), wait_s)


class Quiet:
    """Knows until when each exchange must be left alone: from the scans' record, and from what other readers were told.

    Where neither can be read the exchange may be asked: it says so itself when it must not be.
    """

    def __init__(self, clock: Clock, scans: Scans, near: Documents) -> None:
        self._clock = clock
        self._scans = scans
        self._near = near
        self._feeds: list[FeedHealth] | None = None

    async def require_open(self, exchange: ExchangeId, market: Market) -> None:
        """Raises `MarketDataUnavailable` while nothing may be asked: the exchange wants it so, or it keeps failing.

        Only the former is said to be a limit. Whoever asks learns how the exchange failed, as health shows it.
        """
        feeds, told = await asyncio.gather(self._load_feeds(), _unless_down(self._near.get(_key(exchange))))
        quiet_until, now = 0 if told is None else _read_moment(told), self._clock.now_ms()
        feed = next((one for one in feeds if (one.exchange, one.market) == (exchange, market)), None)
        resting_until = (feed and feed.retry_at) or 0
        wait_s = (max(quiet_until, resting_until) - now) / 1000
        if wait_s <= 0:
            return
        if feed and feed.state != "rate_limited" and resting_until > quiet_until:
            text = f"{feed.error or feed.state}; asked again in {wait_s:.0f} s"
            raise MarketDataUnavailable(text, feed.state, wait_s)
        raise MarketDataUnavailable(f"{exchange} asked for a pause of another {wait_s:.0f} s", "rate_limited", wait_s)

    async def keep_away(self, exchange: ExchangeId, error: ExchangeRateLimited) -> None:
        """An exchange's hosts are one for this: what is asked too much of one is not moved to the other."""
        until = self._clock.now_ms() + round(error.retry_after_s * 1000)
        await _unless_down(self._near.put(_key(exchange), msgspec.json.encode(until)))

    async def _load_feeds(self) -> list[FeedHealth]:
        if self._feeds is None:
            self._feeds = await _unless_down(self._scans.load_feeds()) or []
        return self._feeds


def _key(exchange: ExchangeId) -> str:
    return f"market/quiet/v1/{exchange}"


def _read_moment(told: bytes) -> int:
    try:
        return msgspec.json.decode(told, type=int)
    except msgspec.MsgspecError:
        return 0


async def _unless_down(call: Awaitable[T]) -> T | None:
    try:
        return await call
    except StoreUnavailable:
        return None
