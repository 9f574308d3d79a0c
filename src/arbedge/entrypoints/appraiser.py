"""The object that values alerts again: its alarm rings when the next step is due, beside the scans and never in them.

What is due lies in the database, so a lost alarm or a new instance loses nothing: the minute's cron and every scan that
changed something wake it, and a step that nobody could look at in time is recorded as missed.
"""

import logging
from collections.abc import Callable

from arbedge.app.appraise import appraise_due
from arbedge.app.services import Services
from arbedge.entrypoints.scanner import AlarmStorage
from arbedge.limits import APPRAISAL_TICK_MS, APPRAISALS_KEEP_ALIVE_MS

log = logging.getLogger(__name__)


class AppraisalLoop:
    """What the object does. `build` makes the ports of one event; nothing that can do input or output is kept."""

    def __init__(self, storage: AlarmStorage, build: Callable[[], Services]) -> None:
        self._storage = storage
        self._build = build
        self._working_since: int | None = None

    async def ring(self) -> None:
        """The alarm. Never raises: the platform would repeat it on a schedule of its own."""
        try:
            services = self._build()
            now = services.clock.now_ms()
            # Events interleave at every await, and a mark that the platform left behind must not stop the work.
            if self._working_since is not None and now - self._working_since < APPRAISALS_KEEP_ALIVE_MS:
                return
            self._working_since = now
            try:
                await appraise_due(services)
            finally:
                self._working_since = None
            await self._set_next(services, now + APPRAISAL_TICK_MS)
        except Exception:
            log.exception("alarm failed")
            await self._try_again()

    async def wake(self) -> None:
        """Something may be due sooner than the alarm was set for, or the alarm has been lost."""
        services = self._build()
        await self._set_next(services, services.clock.now_ms())

    async def _set_next(self, services: Services, earliest: int) -> None:
        """Leaves alone an alarm that rings soon enough."""
        due_at = await services.appraisals.load_next()
        if due_at is None:
            return
        at = max(due_at, earliest)
        alarm_at = await self._storage.getAlarm()
        if alarm_at is None or not services.clock.now_ms() - APPRAISALS_KEEP_ALIVE_MS <= alarm_at <= at:
            await self._storage.setAlarm(at)

    async def _try_again(self) -> None:
        """Without this alarm, too, the next cron tick wakes the object."""
        try:
            await self._storage.setAlarm(self._build().clock.now_ms() + APPRAISALS_KEEP_ALIVE_MS)
        except Exception:
            log.exception("alarm not set")
