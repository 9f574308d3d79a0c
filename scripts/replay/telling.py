"""Who was told what: recorded people through the same layers, and the same messages rendered at the same moments."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec

from arbedge.domain.eligibility import check_eligibility, get_alert_setting
from arbedge.domain.gauge import choose_gauge
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.person import Person, Preferences, Session
from arbedge.domain.policy import OpportunityType, Policy
from arbedge.domain.revaluation import Reading, Valuations, read
from arbedge.ports.lake.event_records import DeliveryRecord, DistributionRecord, PersonDecision
from scripts.replay.comparing import encode

# A version that has been replaced may still be on its way to somebody for this long.
REPLACED_KEPT_MS: Final = 900_000
Version = tuple[int, int]  # revision and time of update

_decoder: Final = msgspec.json.Decoder(Opportunity)


class Versions:
    """Every state that an opportunity had in the replay, as long as someone may be told of it."""

    def __init__(self) -> None:
        self._documents: defaultdict[str, dict[Version, bytes]] = defaultdict(dict)

    def add(self, opportunities: Iterable[Opportunity]) -> None:
        for one in opportunities:
            self._documents[one.id][one.revision, one.updated_at] = encode(one)

    def find(self, opportunity_id: str, revision: int, updated_at: int) -> Opportunity | None:
        document = self._documents.get(opportunity_id, {}).get((revision, updated_at))
        return None if document is None else _decoder.decode(document)

    def forget(self, before_ms: int) -> None:
        """Lets go of versions that were replaced before then; the newest of each opportunity stays."""
        for id_, versions in self._documents.items():
            newest = max(versions)
            self._documents[id_] = {
                version: document
                for version, document in versions.items()
                if version == newest or version[1] >= before_ms - REPLACED_KEPT_MS
            }


def decide_again(record: DistributionRecord, opportunity: Opportunity, policy: Policy) -> list[PersonDecision]:
    """The same people at the same moment, judged anew."""
    valuations = Valuations(opportunity, policy)
    return [_judge(one, opportunity, record.at, policy, valuations) for one in record.people]


def _judge(
    recorded: PersonDecision, opportunity: Opportunity, at: int, policy: Policy, valuations: Valuations
) -> PersonDecision:
    person = _rebuild(recorded)
    reason = check_eligibility(person, opportunity, at, policy, valuations)
    is_silent = get_alert_setting(person, opportunity) == "silent"
    return msgspec.structs.replace(recorded, reason=reason, is_silent=is_silent)


def read_again(record: DeliveryRecord, opportunity: Opportunity, policy: Policy) -> Reading:
    """The opportunity as the message's reader had chosen to see it."""
    minimum: dict[OpportunityType, float] = {} if record.min_net_bps is None else {opportunity.type: record.min_net_bps}
    preferences = Preferences({}, minimum, record.size_quote, record.horizon_h)
    return read(opportunity, choose_gauge(preferences, policy), policy)


def _rebuild(recorded: PersonDecision) -> Person:
    """A person as far as decisions look at one; who it is is not recorded."""
    session = None
    if recorded.session is not None and recorded.session_expires_at is not None:
        session = Session(recorded.session, opened_at=0, last_active_at=0, expires_at=recorded.session_expires_at)
    return Person(
        id=recorded.person,
        telegram_id=0,
        name="",
        role=recorded.role,
        tier=recorded.tier,
        session=session,
        preferences=Preferences(recorded.alerts, recorded.min_net_bps, recorded.size_quote, recorded.horizon_h),
        is_reachable=recorded.is_reachable,
    )
