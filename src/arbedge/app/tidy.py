"""The hourly upkeep of the lake: merge what is small, drop what is old."""

import logging

from arbedge.app.services import Services

log = logging.getLogger(__name__)


async def tidy_lake(services: Services, scheduled_at: int) -> None:
    """Raises `StoreUnavailable`; whatever was done by then stays done, and the next run goes on."""
    merged = await services.lake_upkeep.compact(scheduled_at)
    dropped = await services.lake_upkeep.drop_old(scheduled_at)
    log.info("lake tidied", extra={"merged": merged, "dropped": dropped})
