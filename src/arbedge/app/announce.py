"""Hands every new revision, and every outcome, to the queue at least once: the database remembers what has been."""

from arbedge.app.services import Services
from arbedge.limits import OUTCOME_MS_MAX
from arbedge.ports.queues import MESSAGE_VERSION, Announce, Recount


async def announce_changes(services: Services) -> int:
    """Announces all revisions not announced yet, those of a scan that broke off included; returns how many."""
    waiting = await services.opportunities.load_unannounced()
    if waiting:
        await services.announcements.send(
            [Announce(v=MESSAGE_VERSION, opportunity_id=id_, revision=revision) for id_, revision in waiting]
        )
        await services.opportunities.mark_announced(waiting)
    return len(waiting)


async def announce_outcomes(services: Services) -> int:
    """Announces what became of ended opportunities, once all of it is known; returns of how many.

    An outcome is no revision: nobody new is told, and who was told gets one edit.
    """
    now = services.clock.now_ms()
    known = await services.opportunities.load_unannounced_outcomes(now - OUTCOME_MS_MAX)
    if known:
        await services.announcements.send([Recount(v=MESSAGE_VERSION, opportunity_id=id_) for id_ in known])
        await services.opportunities.mark_outcomes_announced(known, now)
    return len(known)
