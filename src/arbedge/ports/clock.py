"""Time, given from outside so that a replay and a test can hold it."""

from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""
        ...
