"""The cron table: which job a trigger starts. Jobs are keyed by their scheduled time, so a repeat changes nothing."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from arbedge.app.assets import refresh_assets
from arbedge.app.forget import forget_old
from arbedge.app.funding_record import record_funding
from arbedge.app.learn import learn
from arbedge.app.services import Services
from arbedge.app.signals import find_signals
from arbedge.app.tidy import tidy_lake
from arbedge.app.watch import watch_coin_data, watch_dependencies

log = logging.getLogger(__name__)

Job = Callable[[Services, int], Awaitable[object]]


async def wake_scanner(services: Services, scheduled_at: int) -> None:
    await services.scanner.wake(scheduled_at)


async def wake_appraiser(services: Services, _scheduled_at: int) -> None:
    await services.appraiser.wake()


async def prune_metrics(services: Services, _scheduled_at: int) -> None:
    await services.metrics.prune(services.clock.now_ms())


CRON_TABLE: Final[dict[str, tuple[Job, ...]]] = {
    "* * * * *": (wake_scanner, wake_appraiser, watch_dependencies, watch_coin_data, record_funding),
    # A signal is good for an hour: it is looked for before anything that takes its time.
    "0 * * * *": (find_signals, refresh_assets, tidy_lake, prune_metrics, learn, forget_old),
}


async def run_cron(services: Services, cron: str, scheduled_at: int) -> None:
    """Runs the trigger's jobs one after another; one that fails does not stop the next."""
    for job in CRON_TABLE.get(cron, ()):
        try:
            await job(services, scheduled_at)
        except Exception:
            log.exception("job failed", extra={"cron": cron, "job": job.__name__})
