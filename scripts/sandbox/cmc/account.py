"""One account of the free plan: its key, its credits of the month and its requests of the minute."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scripts.sandbox.clock import Clock

CREDITS_MONTHLY = 10_000
REQUESTS_PER_MINUTE = 30
MINUTE_MS = 60_000
DAY_MS = 86_400_000


@dataclass(slots=True)
class Account:
    """Months end on the first at midnight UTC. `credits_limit` and `credits_used` may be set, to see a month end."""

    clock: Clock
    key: str
    credits_limit: int = CREDITS_MONTHLY
    requests_limit: int = REQUESTS_PER_MINUTE
    credits_used: int = 0
    credits_today: int = 0
    requests_made: int = 0
    _minute: int = 0
    _day: int = 0
    _month: tuple[int, int] = (0, 0)

    def count_request(self) -> bool:
        """False for a request beyond the minute's limit."""
        self._turn()
        if self.requests_made >= self.requests_limit:
            return False
        self.requests_made += 1
        return True

    def charge(self, cost: int) -> bool:
        """False, and nothing is charged, when the month does not have that many left."""
        self._turn()
        if self.credits_used + cost > self.credits_limit:
            return False
        self.credits_used += cost
        self.credits_today += cost
        return True

    def info(self) -> dict[str, Any]:
        self._turn()
        now_ms = self.clock.now_ms()
        resets_ms = self.resets_ms()
        days, rest_ms = divmod(resets_ms - now_ms, DAY_MS)
        hours, rest_ms = divmod(rest_ms, 3_600_000)
        return {
            "plan": {
                "credit_limit_monthly": self.credits_limit,
                "credit_limit_monthly_reset": f"In {days} days, {hours} hours, {rest_ms // MINUTE_MS} minutes",
                "credit_limit_monthly_reset_timestamp": iso(resets_ms),
                "rate_limit_minute": self.requests_limit,
            },
            "usage": {
                "current_minute": {
                    "requests_made": self.requests_made,
                    "requests_left": self.requests_limit - self.requests_made,
                },
                "current_day": {"credits_used": self.credits_today},
                "current_month": {
                    "credits_used": self.credits_used,
                    "credits_left": self.credits_limit - self.credits_used,
                },
            },
        }

    def resets_ms(self) -> int:
        now = datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC)
        year, month0 = divmod(now.year * 12 + now.month, 12)
        return int(datetime(year, month0 + 1, 1, tzinfo=UTC).timestamp()) * 1000

    def reset(self) -> None:
        self.credits_limit, self.requests_limit = CREDITS_MONTHLY, REQUESTS_PER_MINUTE
        self.credits_used = self.credits_today = self.requests_made = 0

    def _turn(self) -> None:
        now_ms = self.clock.now_ms()
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        if now_ms // MINUTE_MS != self._minute:
            self._minute, self.requests_made = now_ms // MINUTE_MS, 0
        if now_ms // DAY_MS != self._day:
            self._day, self.credits_today = now_ms // DAY_MS, 0
        if (now.year, now.month) != self._month:
            if self._month != (0, 0):
                self.credits_used = 0
            self._month = (now.year, now.month)


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"
