"""Records of people, who are pseudonyms in them: who is told, what they were shown, how their sessions go."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from arbedge.app.accounts import Access
from arbedge.app.chronicle import Chronicle
from arbedge.domain.appraisal import Appraisal
from arbedge.domain.eligibility import Withheld, get_alert_setting
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.person import Person, Preferences
from arbedge.limits import SESSION_MS
from arbedge.ports.lake.event_records import (
    PEOPLE_PER_RECORD,
    AuditRecord,
    DeliveryOutcome,
    DeliveryRecord,
    DistributionRecord,
    PersonDecision,
    SessionChange,
    SessionRecord,
)
from arbedge.ports.lake.scan_records import RECORD_VERSION
from arbedge.ports.messenger import Screen
from arbedge.ports.store import Delivery

API_SESSION_NOTED_MS = 60_000  # a program that asks ten times a second is one activity


def digest_screen(screen: Screen) -> str:
    """SHA-256 of a message's text and buttons in their canonical form."""
    return hashlib.sha256(msgspec.json.encode(screen, order="deterministic")).hexdigest()


def record_distribution(
    chronicle: Chronicle,
    opportunity: Opportunity,
    after_user_id: str,
    decided: Sequence[tuple[Person, Withheld | None]],
    now: int,
) -> list[DistributionRecord]:
    """One page of people with all that decided about each of them, in parts that a message holds."""
    rows = [_decide(chronicle, opportunity, person, reason) for person, reason in decided]
    starts = range(0, max(1, len(rows)), PEOPLE_PER_RECORD)
    return [
        DistributionRecord(
            v=RECORD_VERSION,
            at=now,
            mode=opportunity.mode,
            opportunity_id=opportunity.id,
            revision=opportunity.revision,
            opportunity_updated_at=opportunity.updated_at,
            page=chronicle.name(after_user_id) if after_user_id else None,
            part=part,
            people=rows[start : start + PEOPLE_PER_RECORD],
        )
        for part, start in enumerate(starts)
    ]


def _decide(chronicle: Chronicle, opportunity: Opportunity, person: Person, reason: Withheld | None) -> PersonDecision:
    return PersonDecision(
        person=chronicle.name(person.id),
        role=person.role,
        tier=person.tier,
        session=person.session.state if person.session else None,
        session_expires_at=person.session.expires_at if person.session else None,
        alerts=person.preferences.alerts,
        min_net_bps=person.preferences.min_net_bps,
        is_reachable=person.is_reachable,
        reason=reason,
        is_silent=get_alert_setting(person, opportunity) == "silent",
        size_quote=person.preferences.size_quote,
        horizon_h=person.preferences.horizon_h,
    )


def record_delivery(
    chronicle: Chronicle,
    opportunity: Opportunity,
    delivery: Delivery,
    screen: Screen | None,
    at: int,
    outcome: DeliveryOutcome,
    error: str | None = None,
    outcomes: Sequence[Appraisal] = (),
    preferences: Preferences | None = None,
) -> DeliveryRecord:
    """One attempt to show one person a state of an opportunity; without a screen it was decided not to.

    `outcomes` are kept with what they were shown in: the books they were valued on are in no record. `preferences`
    are those the message was rendered by.
    """
    own = preferences or Preferences()
    return DeliveryRecord(
        v=RECORD_VERSION,
        at=at,
        mode=opportunity.mode,
        opportunity_id=opportunity.id,
        revision=opportunity.revision,
        opportunity_updated_at=opportunity.updated_at,
        person=chronicle.name(delivery.user_id),
        is_first=delivery.message_id is None,
        is_silent=delivery.is_silent,
        content_sha256=None if screen is None else digest_screen(screen),
        outcome=outcome,
        error=error,
        outcomes=[replace(one, ages=()) for one in outcomes],
        size_quote=own.size_quote,
        horizon_h=own.horizon_h,
        min_net_bps=own.min_net_bps.get(opportunity.type),
    )


def record_access(
    chronicle: Chronicle, access: Access, via: Literal["telegram", "api"], command: str | None, now: int
) -> list[SessionRecord]:
    """What coming in did to the person's session: nothing for a stranger."""
    person = access.person
    session = person.session if person else None
    if person is None or session is None:
        return []
    change: SessionChange
    if access.verdict == "allowed":
        change = "opened" if session.opened_at == now else "extended"
        if via == "api" and change == "extended" and now - session.last_active_at < API_SESSION_NOTED_MS:
            return []
    elif session.state == "active":
        change = "expired"
    else:
        return []
    expires_at = session.expires_at if change == "expired" else now + SESSION_MS
    return [
        SessionRecord(
            v=RECORD_VERSION,
            at=now,
            person=chronicle.name(person.id),
            change=change,
            via=via,
            command=command,
            expires_at=expires_at,
        )
    ]


def record_act(
    actor: str | None,
    action: str,
    subject_kind: str,
    subject: str,
    now: int,
    details: Mapping[str, str] | None = None,
) -> AuditRecord:
    """Who did what to which thing; `actor`, and a person as `subject`, are pseudonyms by now."""
    return AuditRecord(
        v=RECORD_VERSION,
        at=now,
        actor=actor,
        action=action,
        subject_kind=subject_kind,
        subject=subject,
        details=dict(details or {}),
    )
