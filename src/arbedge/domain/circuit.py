"""When a feed that fails is asked again: at every scan at first, then after a growing pause, by one probe at a time.

closed     it answers, or has failed a few times only
open       nothing is sent before `retry_at`
half_open  the pause is over: the next reading is a probe; success closes, failure opens for twice as long
"""

from typing import Literal

from msgspec import Struct

from arbedge.limits import BACK_OFF_MS_FIRST, BACK_OFF_MS_MAX, FAILURES_MAX, JITTER_SHARE_MAX

CircuitState = Literal["closed", "open", "half_open"]


class Circuit(Struct, frozen=True):
    """Failures in a row, and before when nothing is sent."""

    failures: int = 0
    retry_at: int | None = None

    def get_state(self, now: int) -> CircuitState:
        if self.retry_at is not None and now < self.retry_at:
            return "open"
        return "closed" if self.failures < FAILURES_MAX else "half_open"

    def failed(self, now: int, luck: float, told_ms: int = 0) -> "Circuit":
        """After a failure. `told_ms` is the wait the exchange asked for; `luck`, from 0 to 1, spreads returns out.

        Chance only ever adds to the wait, so no request is sent before its time.
        """
        failures = self.failures + 1
        doublings = failures - FAILURES_MAX
        # The cap is reached long before the power grows large, but failures go on being counted.
        back_off_ms = 0 if doublings < 0 else min(BACK_OFF_MS_MAX, BACK_OFF_MS_FIRST * 2 ** min(doublings, 16))
        wait_ms = max(told_ms, back_off_ms)
        return Circuit(failures, now + wait_ms + int(wait_ms * JITTER_SHARE_MAX * luck) if wait_ms else None)

    def held(self, until: int) -> "Circuit":
        """After a request of ours that was not sent: the exchange has not failed."""
        return Circuit(self.failures, until)
