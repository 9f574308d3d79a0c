"""Fires the crons of a local Worker, which never fire by themselves. The alarms of its objects do."""

import threading
import time
from collections.abc import Callable

import httpx

from scripts.local_stack import LocalStack

MINUTE_CRON = "* * * * *"
HOURLY_CRON = "0 * * * *"
HOUR_MS = 3_600_000


class Ticker:
    """Ticks in a thread of its own; a tick that takes longer than the interval delays the next and none is doubled."""

    def __init__(self, stack: LocalStack, interval_s: float, report: Callable[[str], None]) -> None:
        self._stack, self._interval_ms, self._report = stack, int(interval_s * 1000), report
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)
        self.scans = 0
        self.last_error = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        hour = -1
        while not self._stopping.is_set():
            now_ms = int(time.time() * 1000)
            if now_ms // HOUR_MS != hour:
                hour = now_ms // HOUR_MS
                self._tick(HOURLY_CRON, hour * HOUR_MS)
            if self._tick(MINUTE_CRON, now_ms // self._interval_ms * self._interval_ms):
                self.scans += 1
            next_ms = (now_ms // self._interval_ms + 1) * self._interval_ms
            self._stopping.wait(max(0.0, next_ms / 1000 - time.time()))

    def _tick(self, cron: str, time_ms: int) -> bool:
        """Each new kind of trouble is reported once, and so is its end."""
        error = ""
        try:
            outcome = self._stack.tick(cron, time_ms).get("outcome")
            error = "" if outcome == "ok" else f"a cron ended with {outcome}: {cron}"
        except (httpx.HTTPError, ValueError) as failure:
            error = f"the Worker does not take crons ({type(failure).__name__})"
        if error != self.last_error and not self._stopping.is_set():
            self._report(error or "the crons run again")
        self.last_error = error
        return not error
