"""Shows one chat the newest state of one opportunity: one message, edited from then on.

A message whose sending Telegram answered is never sent twice. After an unknown outcome it is sent again once.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from arbedge.app.chronicle.people import record_delivery
from arbedge.app.services import Services
from arbedge.domain.appraisal import Appraisal
from arbedge.domain.eligibility import Withheld, check_eligibility
from arbedge.domain.gauge import choose_gauge
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.person import Person, Preferences
from arbedge.domain.revaluation import Reading, Valuations, read
from arbedge.errors import (
    MessageGone,
    MessageInvalid,
    MessengerRejected,
    MessengerThrottled,
    MessengerUnavailable,
    RecipientUnreachable,
    StoreUnavailable,
)
from arbedge.ports.lake.event_records import DeliveryOutcome
from arbedge.ports.messenger import Screen
from arbedge.ports.queues import Deliver
from arbedge.ports.store import Delivery

log = logging.getLogger(__name__)

CLAIM_MS = 30_000  # a claim older than this belongs to a consumer that died
UNKNOWN_OUTCOME = "unknown_outcome"
RECORD_ATTEMPTS = 4

RenderAlert = Callable[[Opportunity, int, Sequence[Appraisal], Reading], Screen]


async def deliver(services: Services, message: Deliver, render: RenderAlert) -> int | None:
    """Delivers, or returns in how many seconds the queue should bring this message again."""
    now = services.clock.now_ms()
    # In a private chat, and there are no others yet, the chat is the person; an edit too is by what they chose last.
    opportunity, delivery, person = await asyncio.gather(
        services.opportunities.load(message.opportunity_id),
        services.deliveries.load(message.opportunity_id, message.chat_id),
        services.people.load_by_telegram(message.chat_id),
    )
    if opportunity is None or delivery is None:
        raise MessageInvalid(f"delivery of {message.opportunity_id} is not recorded")
    if delivery.state in {"failed", "withheld"}:
        return None
    outcomes = await _load_outcomes(services, opportunity)
    is_outcome_news = bool(outcomes) and delivery.message_id is not None and not delivery.shows_outcome
    if delivery.revision >= opportunity.revision and not is_outcome_news:
        return None
    valuations = Valuations(opportunity, services.policy)
    if delivery.message_id is None and (reason := _find_objection(services, opportunity, person, now, valuations)):
        await services.deliveries.settle(delivery, "withheld", now, error=reason)
        await _tell(services, opportunity, delivery, None, now, "withheld", reason)
        return None
    if delivery.state == "sending" and now - delivery.updated_at < CLAIM_MS:
        return CLAIM_MS // 1000
    if not await services.deliveries.claim(delivery, now):
        return CLAIM_MS // 1000
    return await _show(services, opportunity, delivery, person, outcomes, valuations, render)


async def _load_outcomes(services: Services, opportunity: Opportunity) -> list[Appraisal]:
    """What became of an ended opportunity, once all of it is known: one edit for that is enough."""
    if opportunity.is_open:
        return []
    steps = await services.appraisals.load(opportunity.id)
    return [] if any(one.state == "scheduled" for one in steps) else steps


def _find_objection(
    services: Services, opportunity: Opportunity, person: Person | None, now: int, valuations: Valuations
) -> Withheld | None:
    """Why this person should not be told after all: a message may have waited long for its turn."""
    return "no_session" if person is None else check_eligibility(person, opportunity, now, services.policy, valuations)


async def _show(
    services: Services,
    opportunity: Opportunity,
    delivery: Delivery,
    person: Person | None,
    outcomes: Sequence[Appraisal],
    valuations: Valuations,
    render: RenderAlert,
) -> int | None:
    clock, deliveries = services.clock, services.deliveries
    is_first = delivery.message_id is None
    before = "queued" if is_first else "sent"
    rendered_at = clock.now_ms()
    preferences = person.preferences if person else Preferences()
    reading = read(opportunity, choose_gauge(preferences, services.policy), services.policy, valuations)
    screen = render(opportunity, rendered_at, outcomes, reading)
    tell = partial(
        _tell, services, opportunity, delivery, screen, rendered_at, outcomes=outcomes, preferences=preferences
    )
    message_id = delivery.message_id
    try:
        if message_id is None:
            message_id = await services.messenger.send(delivery.chat_id, screen, is_silent=delivery.is_silent)
        else:
            await services.messenger.edit(delivery.chat_id, message_id, screen)
    except MessengerThrottled as error:
        await deliveries.settle(delivery, before, clock.now_ms(), error=error.code)
        await tell("throttled", error.code)
        return error.retry_after_s
    except MessengerUnavailable as error:
        await tell("refused" if error.is_refused else "unknown_outcome", error.code)
        return await _after_outage(services, delivery, error)
    except RecipientUnreachable as error:
        await deliveries.settle(delivery, "failed", clock.now_ms(), error=error.code)
        await services.people.mark_unreachable(delivery.chat_id, str(error), clock.now_ms())
        await tell("unreachable", error.code)
        return None
    except (MessageGone, MessengerRejected) as error:
        # A person may delete a message; a malformed one is our mistake.
        level = logging.INFO if isinstance(error, MessageGone) else logging.ERROR
        log.log(level, "alert not shown", extra={"opportunity_id": opportunity.id, "error": error.code})
        await deliveries.settle(delivery, "failed", clock.now_ms(), error=error.code)
        await tell("gone" if isinstance(error, MessageGone) else "rejected", error.code)
        return None
    try:
        await _record_sent(services, delivery, opportunity.revision, message_id, shows_outcome=bool(outcomes))
    finally:
        await tell("sent")
    return None


async def _tell(
    services: Services,
    opportunity: Opportunity,
    delivery: Delivery,
    screen: Screen | None,
    at: int,
    outcome: DeliveryOutcome,
    error: str | None = None,
    *,
    outcomes: Sequence[Appraisal] = (),
    preferences: Preferences | None = None,
) -> None:
    chronicle = services.chronicle
    record = record_delivery(chronicle, opportunity, delivery, screen, at, outcome, error, outcomes, preferences)
    await chronicle.tell(record)


async def _record_sent(
    services: Services, delivery: Delivery, revision: int, message_id: int, *, shows_outcome: bool
) -> None:
    """Tries again at once when the record fails: without it the next attempt could not know that this one succeeded."""
    for attempt in range(RECORD_ATTEMPTS):
        try:
            await services.deliveries.settle(
                delivery,
                "sent",
                services.clock.now_ms(),
                revision=revision,
                message_id=message_id,
                shows_outcome=shows_outcome,
            )
        except StoreUnavailable:
            if attempt == RECORD_ATTEMPTS - 1:
                raise
        else:
            return


async def _after_outage(services: Services, delivery: Delivery, error: MessengerUnavailable) -> int | None:
    """An edit can always be repeated; a first send only when nothing was sent, or once after an unknown outcome."""
    now = services.clock.now_ms()
    is_first = delivery.message_id is None
    if is_first and not error.is_refused:
        if delivery.error == UNKNOWN_OUTCOME:
            await services.deliveries.settle(delivery, "failed", now, error=UNKNOWN_OUTCOME)
            return None
        await services.deliveries.settle(delivery, "queued", now, error=UNKNOWN_OUTCOME)
    else:
        await services.deliveries.settle(delivery, "queued" if is_first else "sent", now, error=error.code)
    return retry_delay_s(delivery.attempts)


def retry_delay_s(attempts: int) -> int:
    """min(60 * 2^n, 3600) seconds for the n-th failure, beginning with 5 s since most outages are short."""
    return 5 if attempts == 0 else min(60 * 2 ** (attempts - 1), 3600)
