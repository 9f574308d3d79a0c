"""The virtual clock every twin reads, so that a test decides how much time passes and no test waits."""

import asyncio
import heapq
import itertools

# 2026-11-01T00:00:00Z: late enough that every compatibility date and expiry in the project is in the past or future as in life.
START_MS = 1_793_491_200_000


class VirtualClock:
    """Epoch milliseconds that move only when told to."""

    def __init__(self, start_ms: int = START_MS) -> None:
        self._now_ms = start_ms
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Moves time forward and wakes whoever sleeps until then."""
        if ms < 0:
            raise ValueError(f"time does not go back: {ms} ms")
        self.move_to(self._now_ms + ms)

    def move_to(self, at_ms: int) -> None:
        """Moves time to `at_ms`, or leaves it alone when that is in the past."""
        self._now_ms = max(self._now_ms, at_ms)
        while self._sleepers and self._sleepers[0][0] <= self._now_ms:
            _, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)

    async def sleep_ms(self, ms: int) -> None:
        """Returns once somebody else has advanced the clock by `ms`."""
        if ms <= 0:
            return
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_ms + ms, next(self._order), sleeper))
        await sleeper

    def next_wake_ms(self) -> int | None:
        """When the next sleeper is due."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None
