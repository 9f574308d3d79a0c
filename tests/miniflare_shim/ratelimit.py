"""The rate limit binding: a fixed window aligned to the clock, approximate in production, exact here."""

from typing import Any

from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.conversion import JsDict, options_of
from tests.miniflare_shim.errors import JsError
from tests.miniflare_shim.faults import Faults

PERIODS_S = (10, 60)
OPTIONS = ("key", "limit", "period", "delta")


class RateLimit:
    """The binding; `limit` calls a key may make in each period of `period` seconds."""

    def __init__(self, *, clock: VirtualClock, faults: Faults, name: str, limit: int, period: int) -> None:
        self._clock = clock
        self._faults = faults
        self._name = name
        self._limit = limit
        self._period = period
        self._counts: dict[tuple[str, int], tuple[int, int]] = {}

    async def limit(self, options: dict[str, Any] | None = None, **named: Any) -> JsDict:
        asked = options_of(options, named)
        async with self._faults.around(self._name, "limit"):
            unknown = [name for name in asked if name not in OPTIONS]
            if unknown:
                raise JsError(f"bad rate limit options: [{','.join(unknown)}]")
            key, period = asked.get("key", ""), asked.get("period", self._period)
            if not isinstance(key, str):
                raise JsError(f"invalid key: {key}")
            if period not in PERIODS_S:
                raise JsError(f"unsupported period: {period}")
            window = self._clock.now_ms() // (period * 1000)
            counted_window, count = self._counts.get((key, period), (window, 0))
            if counted_window != window:
                count = 0
            if count >= asked.get("limit", self._limit):
                return JsDict(success=False)
            self._counts[key, period] = (window, count + int(asked.get("delta", 1)))
            return JsDict(success=True)
