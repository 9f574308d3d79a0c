"""The hourly forgetting: what the database has kept long enough goes, in bounded steps."""

import logging

from arbedge.app.services import Services

log = logging.getLogger(__name__)


async def forget_old(services: Services, _scheduled_at: int) -> None:
    """Raises `StoreUnavailable`; whatever was done by then stays done, and the next run goes on."""
    gone = await services.retention.forget(services.clock.now_ms())
    if any(gone.values()):
        log.info("old records forgotten", extra={"rows": gone})
