"""The scan loop: one object whose alarm starts a scan at every step of a grid, and that the minute's cron keeps alive.

The loop sets its next alarm before it scans, so a scan that dies does not end it. What makes a doubled call harmless is
the lease in the database, keyed by the scheduled time; this object merely spares it the attempt.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from arbedge.app.scan import run_scan
from arbedge.app.services import Services
from arbedge.domain.schedule import find_due, find_next, is_wanted
from arbedge.limits import SCAN_LEASE_MS

log = logging.getLogger(__name__)


class AlarmStorage(Protocol):
    """The part of a Durable Object's storage that holds its one alarm."""

    async def getAlarm(self) -> int | None: ...  # noqa: N802 - the platform's name

    async def setAlarm(self, at: int) -> None: ...  # noqa: N802


class ScanLoop:
    """What the object does. `build` makes the ports of one event; nothing that can do input or output is kept."""

    def __init__(self, storage: AlarmStorage, build: Callable[[], Services]) -> None:
        self._storage = storage
        self._build = build
        self._scanning_since: int | None = None

    async def ring(self) -> None:
        """The alarm. Never raises: the platform would repeat it on a schedule of its own, and give up after six times.

        However late it rings, it scans once, for the latest time that is due.
        """
        try:
            services = self._build()
            clock, interval_ms = services.clock, services.settings.scan_interval_s * 1000
            due = find_due(clock.now_ms(), interval_ms)
            await self._set_alarm(due + interval_ms)
            await self._scan(services, due)
            if clock.now_ms() >= due + interval_ms:  # what came due meanwhile is left out
                await self._set_alarm(find_next(clock.now_ms(), interval_ms))
        except Exception:
            log.exception("alarm failed")

    async def wake(self, scheduled_at: int) -> bool:
        """A cron tick: sets the alarm if there is none, and scans for this time; True when that ran."""
        services = self._build()
        interval_ms = services.settings.scan_interval_s * 1000
        await self._keep_alive(services.clock.now_ms(), interval_ms)
        return is_wanted(scheduled_at, interval_ms) and await self._scan(services, scheduled_at)

    async def _scan(self, services: Services, scheduled_at: int) -> bool:
        now = services.clock.now_ms()
        # Events interleave at every await. A scan cut off by the platform cannot take its mark away, so marks expire.
        if self._scanning_since is not None and now - self._scanning_since < SCAN_LEASE_MS:
            log.info("scan skipped: another one runs", extra={"scan_id": scheduled_at})
            return False
        self._scanning_since = now
        try:
            result = await run_scan(services, scheduled_at)
        finally:
            self._scanning_since = None
        if result is not None and result.changed:
            await _wake_appraiser(services)
        return result is not None

    async def _keep_alive(self, now: int, interval_ms: int) -> None:
        """An alarm that is missing, long overdue or too far off has been lost, or was set for another interval."""
        try:
            alarm_at = await self._storage.getAlarm()
        except Exception:
            log.exception("alarm not known")
            return
        if alarm_at is None or abs(alarm_at - now) > interval_ms:
            await self._set_alarm(find_next(now, interval_ms))

    async def _set_alarm(self, at: int) -> None:
        """Without an alarm the scan goes on all the same; the next cron tick sets it."""
        try:
            await self._storage.setAlarm(at)
        except Exception:
            log.exception("alarm not set", extra={"at": at})


async def _wake_appraiser(services: Services) -> None:
    """What has been confirmed or has ended is to be valued again. The scan stands, whether or not that can be heard."""
    try:
        await services.appraiser.wake()
    except Exception:
        log.exception("the appraiser could not be woken")
