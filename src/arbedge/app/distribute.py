"""Decides who is told about a revision of an opportunity, a page of people at a time."""

import logging
from collections import Counter
from typing import Literal

from arbedge.app.chronicle.people import record_distribution
from arbedge.app.services import Services
from arbedge.domain.eligibility import Withheld, check_eligibility, get_alert_setting
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.person import Person
from arbedge.domain.revaluation import Valuations
from arbedge.errors import MessageInvalid
from arbedge.limits import RECIPIENTS_PAGE
from arbedge.ports.queues import MESSAGE_VERSION, Announce, Deliver, Recount

log = logging.getLogger(__name__)


async def distribute(services: Services, message: Announce) -> None:
    """Plans a delivery for every eligible person of this page and passes the next page on.

    Chats that have been told already get the new state whoever is eligible now. Repeating a message changes nothing.
    """
    opportunity = await services.opportunities.load(message.opportunity_id)
    if opportunity is None:
        raise MessageInvalid(f"opportunity {message.opportunity_id} is not recorded")
    now = services.clock.now_ms()
    people = await services.people.load_page(message.after_user_id, RECIPIENTS_PAGE, now)
    if len(people) == RECIPIENTS_PAGE:
        rest = Announce(
            v=MESSAGE_VERSION,
            opportunity_id=message.opportunity_id,
            revision=message.revision,
            after_user_id=people[-1].id,
        )
        await services.announcements.send([rest])
    told: list[tuple[Person, bool]] = []
    counts: Counter[Withheld | Literal["told"]] = Counter()
    decided: list[tuple[Person, Withheld | None]] = []
    valuations = Valuations(opportunity, services.policy)
    for person in people:
        reason = check_eligibility(person, opportunity, now, services.policy, valuations)
        counts[reason or "told"] += 1
        decided.append((person, reason))
        if reason is None:
            told.append((person, get_alert_setting(person, opportunity) == "silent"))
    await services.deliveries.plan(opportunity.id, told, now)
    await services.deliveries.record_decision(
        opportunity.id, opportunity.revision, message.after_user_id, dict(counts), now
    )
    chats = [person.telegram_id for person, _ in told]
    await _hand_over(services, opportunity, chats)
    if not message.after_user_id:
        await _update_told(services, opportunity, set(chats))
    # Last, since nobody who is to be told waits for a record.
    await services.chronicle.tell(
        *record_distribution(services.chronicle, opportunity, message.after_user_id, decided, now)
    )
    log.info("distributed", extra={"opportunity_id": opportunity.id, "counts": dict(counts)})


async def tell_outcome(services: Services, message: Recount) -> None:
    """Hands an ended opportunity to every chat that was told of it, to show what became of it. May be repeated."""
    opportunity = await services.opportunities.load(message.opportunity_id)
    if opportunity is None:
        raise MessageInvalid(f"opportunity {message.opportunity_id} is not recorded")
    await _update_told(services, opportunity, set())


async def _update_told(services: Services, opportunity: Opportunity, done: set[int]) -> None:
    """Hands the new state to every chat that was told earlier and is not among those just handed over."""
    after: int | None = None
    while chats := await services.deliveries.load_chats(opportunity.id, after, RECIPIENTS_PAGE):
        await _hand_over(services, opportunity, [chat for chat in chats if chat not in done])
        after = chats[-1]


async def _hand_over(services: Services, opportunity: Opportunity, chats: list[int]) -> None:
    if chats:
        await services.outbox.send(
            [
                Deliver(v=MESSAGE_VERSION, opportunity_id=opportunity.id, revision=opportunity.revision, chat_id=chat)
                for chat in chats
            ]
        )
