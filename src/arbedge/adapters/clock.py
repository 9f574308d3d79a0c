"""The wall clock. Inside a Worker it stands still during computation and moves with input and output."""

import asyncio
import time


class WallClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)
