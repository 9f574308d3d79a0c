"""Telegram's flood limits: about 30 messages a second overall, one a second in a chat with short bursts allowed,
twenty a minute in a group."""

import math
from collections import deque
from dataclasses import dataclass

from scripts.sandbox.clock import Clock
from scripts.sandbox.telegram.errors import too_many_requests

OVERALL_PER_S = 30
CHAT_PER_S = 1
CHAT_BURST = 20
"""Messages a chat takes at once before the rate of one a second is enforced."""
GROUP_PER_MINUTE = 20


@dataclass(slots=True)
class _Bucket:
    """Fills with `rate` a second up to `size`; a message takes one."""

    rate: float
    size: float
    level: float
    filled_ms: int

    def wait_s(self, now_ms: int) -> int:
        self.level = min(self.size, self.level + max(0, now_ms - self.filled_ms) / 1000 * self.rate)
        self.filled_ms = now_ms
        return 0 if self.level >= 1 else max(1, math.ceil((1 - self.level) / self.rate))


class Pacing:
    """`violations` counts refusals, so that a run can show it caused none; `enforced` is off for load tests only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        now_ms = self._clock.now_ms()
        self.enforced = True
        self.violations = 0
        self._overall = _Bucket(OVERALL_PER_S, OVERALL_PER_S, OVERALL_PER_S, now_ms)
        self._chats: dict[int, _Bucket] = {}
        self._groups: dict[int, deque[int]] = {}

    def take(self, chat_id: int, *, paid: bool = False) -> None:
        """Accounts for one message or edit, or raises 429 with the wait; a refused call costs nothing."""
        if not self.enforced:
            return
        now_ms = self._clock.now_ms()
        chat = self._chats.setdefault(chat_id, _Bucket(CHAT_PER_S, CHAT_BURST, CHAT_BURST, now_ms))
        recent = self._groups.setdefault(chat_id, deque()) if chat_id < 0 else deque()
        while recent and recent[0] <= now_ms - 60_000:
            recent.popleft()
        wait_s = 0 if paid else self._overall.wait_s(now_ms)
        wait_s = max(wait_s, chat.wait_s(now_ms))
        if len(recent) >= GROUP_PER_MINUTE:
            wait_s = max(wait_s, math.ceil((recent[0] + 60_000 - now_ms) / 1000))
        if wait_s:
            self.violations += 1
            raise too_many_requests(wait_s)
        chat.level -= 1
        if not paid:
            self._overall.level -= 1
        if chat_id < 0:
            recent.append(now_ms)
