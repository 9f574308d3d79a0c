"""The wall clock. Inside a Worker it stands still during computation and moves with input and output."""

import time


class WallClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000
