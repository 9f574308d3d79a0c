"""Time, given from outside so that a replay and a test can hold it."""

from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Epoch milliseconds, UTC."""
        ...


class Timer(Clock, Protocol):
    """A clock that can also be waited for."""

    async def sleep_ms(self, ms: int) -> None:
        """Returns when so much time has passed."""
        ...
