"""The market at a glance: its size, its mood and its largest coins, each with source, age and mode, or why not."""

import asyncio
from typing import Generic, TypeVar

from msgspec import Struct

from arbedge.app.coin_data import CoinData, Reading, Reason, Unavailable
from arbedge.domain.market import Mode, Source
from arbedge.ports.clock import Clock
from arbedge.ports.coin_data import CoinQuote, FearAndGreed, GlobalMetrics

TOP_COINS = 10

T = TypeVar("T")


class Part(Struct, Generic[T], frozen=True):
    """One part of the overview. Without a value `reason` says why; with one, why it is not newer, if it is not.

    `age_ms` counts from when we received it; the value itself says what time it describes.
    """

    value: T | None
    source: Source | None
    mode: Mode | None
    age_ms: int | None
    fetched_at: int | None
    reason: Reason | None
    retry_at: int | None = None

    @property
    def is_available(self) -> bool:
        return self.value is not None


class Overview(Struct, frozen=True):
    """Each part stands for itself: one that is missing takes no other away."""

    global_metrics: Part[GlobalMetrics]
    fear_and_greed: Part[FearAndGreed]
    top_coins: Part[list[CoinQuote]]
    viewed_at: int


async def load_overview(coin_data: CoinData, clock: Clock, top: int = TOP_COINS) -> Overview:
    """Three reads at once, from the cache where it is fresh; three credits at most."""
    metrics, mood, listings = await asyncio.gather(
        coin_data.read_global_metrics(), coin_data.read_fear_and_greed(), coin_data.read_listings()
    )
    now = clock.now_ms()
    coins = view_part(listings, now)
    if coins.value is not None:
        coins = Part(
            coins.value[:top], coins.source, coins.mode, coins.age_ms, coins.fetched_at, coins.reason, coins.retry_at
        )
    return Overview(view_part(metrics, now), view_part(mood, now), coins, viewed_at=now)


def view_part(reading: Reading[T] | Unavailable, now: int) -> Part[T]:
    if isinstance(reading, Unavailable):
        return Part(None, None, None, None, None, reading.reason, reading.retry_at)
    age_ms = max(0, now - reading.fetched_at)
    return Part(reading.value, reading.source, reading.mode, age_ms, reading.fetched_at, reading.degraded)
