"""Hands every new revision to the queue, at least once: the database remembers what has been handed over."""

from arbedge.app.services import Services
from arbedge.ports.queues import MESSAGE_VERSION, Announce


async def announce_changes(services: Services) -> int:
    """Announces all revisions not announced yet, those of a scan that broke off included; returns how many."""
    waiting = await services.opportunities.load_unannounced()
    if waiting:
        await services.announcements.send(
            [Announce(v=MESSAGE_VERSION, opportunity_id=id_, revision=revision) for id_, revision in waiting]
        )
        await services.opportunities.mark_announced(waiting)
    return len(waiting)
