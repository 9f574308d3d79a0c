"""Request limits as the exchanges keep them: calendar-aligned weights with bans, sliding counts, counts per path."""

from collections import deque
from dataclasses import dataclass

from scripts.sandbox.clock import Clock

MINUTE_MS = 60_000
BAN_FIRST_MS = 2 * MINUTE_MS
BAN_LONGEST_MS = 3 * 24 * 60 * MINUTE_MS
# How often a client may go on after a 429 in one window before it is banned.
OVERRUNS_MAX = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """`used` goes into the header; `status` is 200, 429 or 418; `until_ms` is when waiting ends."""

    status: int
    used: int
    until_ms: int


class WeightWindow:
    """Weight per calendar window and address; who goes on after 429 is banned, each time for longer."""

    def __init__(self, clock: Clock, limit: int, window_ms: int = MINUTE_MS) -> None:
        self._clock = clock
        self.limit = limit
        self._window_ms = window_ms
        self._used: dict[str, tuple[int, int, int]] = {}
        self._bans: dict[str, tuple[int, int]] = {}

    def spend(self, address: str, weight: int) -> Verdict:
        now_ms = self._clock.now_ms()
        window = now_ms // self._window_ms
        number, used, overruns = self._used.get(address, (window, 0, 0))
        if number != window:
            used, overruns = 0, 0
        banned_until_ms, bans = self._bans.get(address, (0, 0))
        if now_ms < banned_until_ms:
            return Verdict(418, used, banned_until_ms)
        used += weight
        status, until_ms = 200, (window + 1) * self._window_ms
        if used > self.limit:
            overruns += 1
            status = 429
            if overruns > OVERRUNS_MAX:
                until_ms = now_ms + min(BAN_LONGEST_MS, BAN_FIRST_MS * 2**bans)
                self._bans[address] = (until_ms, bans + 1)
                status = 418
        self._used[address] = (window, used, overruns)
        return Verdict(status, used, until_ms)

    def reset(self) -> None:
        self._used.clear()
        self._bans.clear()


class SlidingCount:
    """At most `limit` requests of one key within any `window_ms`; `ban_ms` locks a key out once it went over."""

    def __init__(self, clock: Clock, limit: int, window_ms: int, ban_ms: int = 0) -> None:
        self._clock = clock
        self._limit = limit
        self._window_ms = window_ms
        self._ban_ms = ban_ms
        self._times: dict[str, deque[int]] = {}
        self._bans: dict[str, int] = {}

    def allow(self, key: str) -> bool:
        now_ms = self._clock.now_ms()
        if now_ms < self._bans.get(key, 0):
            return False
        times = self._times.setdefault(key, deque())
        while times and times[0] <= now_ms - self._window_ms:
            times.popleft()
        if len(times) >= self._limit:
            if self._ban_ms:
                self._bans[key] = now_ms + self._ban_ms
            return False
        times.append(now_ms)
        return True

    def reset(self) -> None:
        self._times.clear()
        self._bans.clear()
