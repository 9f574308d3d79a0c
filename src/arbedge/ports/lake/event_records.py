"""The records of what happened beside the scans, version 1: who was told, what was shown, who came, what was computed.

People are pseudonyms here (`person`, `actor`): no id of Telegram, no name and no chat is in any record.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from arbedge.domain.appraisal import Appraisal
from arbedge.domain.eligibility import Withheld
from arbedge.domain.indicators import Reading
from arbedge.domain.intervals import Interval
from arbedge.domain.lead_lag import LeadLag
from arbedge.domain.market import ExchangeId, Market, Mode, Source, Symbol
from arbedge.domain.person import AlertSetting, Role, SessionState, Tier
from arbedge.domain.policy import OpportunityType
from arbedge.domain.regime import Regime
from arbedge.ports.coin_data import CoinQuote, FearAndGreed, GlobalMetrics
from arbedge.ports.lake.scan_records import Count, EpochMs, Name, Record, Text

# HMAC-SHA256 of the person's id under the deployment's key, its first half in hex.
Pseudonym = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
PEOPLE_PER_RECORD = 250  # at most some 90 kB of text, so that a queue's message holds a record

DeliveryOutcome = Literal[
    "sent", "withheld", "throttled", "unknown_outcome", "refused", "unreachable", "gone", "rejected"
]
SessionChange = Literal["opened", "extended", "expired", "ended"]
CoinTopic = Literal["quotes", "listings", "global", "fear_and_greed"]


class PersonDecision(Struct, frozen=True, array_like=True):
    """All that decided about one person, and the decision: a reason, or None for someone who is told."""

    person: Pseudonym
    role: Role
    tier: Tier
    session: SessionState | None
    session_expires_at: EpochMs | None
    alerts: dict[OpportunityType, AlertSetting]
    min_net_bps: dict[OpportunityType, float]
    is_reachable: bool
    reason: Withheld | None
    is_silent: bool
    size_quote: Decimal | None = None  # None where the system's default holds, and in older records
    horizon_h: int | None = None


class DistributionRecord(Record, tag="distribution", frozen=True):
    """One page of people, in order, decided at one moment; `page` is the pseudonym of the person before the page."""

    at: EpochMs
    mode: Mode
    opportunity_id: Name
    revision: int
    opportunity_updated_at: EpochMs
    page: Pseudonym | None
    part: Count
    people: Annotated[list[PersonDecision], Meta(max_length=PEOPLE_PER_RECORD)]


class DeliveryRecord(Record, tag="delivery", frozen=True):
    """One attempt to show one chat one state of an opportunity; without contents it was decided not to show it.

    `outcomes` is what the message says became of it, without the ages of the books.
    """

    at: EpochMs  # when it was rendered or withheld
    mode: Mode
    opportunity_id: Name
    revision: int
    opportunity_updated_at: EpochMs
    person: Pseudonym
    is_first: bool
    is_silent: bool
    content_sha256: Digest | None
    outcome: DeliveryOutcome
    error: Name | None
    outcomes: Annotated[list[Appraisal], Meta(max_length=3)] = field(default_factory=list[Appraisal])
    size_quote: Decimal | None = None  # what the person had chosen when it was rendered; None for the default
    horizon_h: int | None = None
    min_net_bps: float | None = None  # of the opportunity's type


class SessionRecord(Record, tag="session", frozen=True):
    """A change of a person's session; `command` is the command's name without what followed it.

    An expired session may be met more than once: the same `expires_at` is the same end.
    """

    at: EpochMs
    person: Pseudonym
    change: SessionChange
    via: Literal["telegram", "api"]
    command: Name | None
    expires_at: EpochMs


class AuditRecord(Record, tag="audit", frozen=True):
    """Who did what to which thing; the system itself has no pseudonym. A person as the thing is a pseudonym too."""

    at: EpochMs
    actor: Pseudonym | None
    action: Name
    subject_kind: Name
    subject: Name
    details: dict[Name, Text] = field(default_factory=dict[Name, Text])


class SeriesRef(Struct, frozen=True):
    """The candles behind an analysis."""

    exchange: ExchangeId
    market: Market
    symbol: Symbol
    asset: Symbol
    quote: Symbol
    bars: Count
    gaps: Count
    source: Source
    age_ms: int
    mode: Mode


class AnalysisRecord(Record, tag="analysis", frozen=True):
    """Indicators that were computed for a reader: the last closed bar's, and the regime."""

    at: EpochMs
    series: SeriesRef
    interval: Interval
    readings: Count
    last: Reading | None
    regime: Regime | None


class CorrelationRecord(Record, tag="correlation", frozen=True):
    """A correlation that was computed for a reader."""

    at: EpochMs
    first: SeriesRef
    second: SeriesRef
    interval: Interval
    step_ms: int
    pairs: Count
    pearson: float | None
    lag_steps_max: Count
    lead_lag: LeadLag | None


class CoinRecord(Record, tag="coin", frozen=True):
    """What the source of coin data answered; `topic` says which of the values is there."""

    at: EpochMs
    mode: Mode
    topic: CoinTopic
    credits: int | None
    quotes: Annotated[list[CoinQuote], Meta(max_length=100)] | None = None
    global_metrics: GlobalMetrics | None = None
    fear_and_greed: FearAndGreed | None = None


EventRecord = (
    DistributionRecord | DeliveryRecord | SessionRecord | AuditRecord | AnalysisRecord | CorrelationRecord | CoinRecord
)
EVENT_KINDS: tuple[str, ...] = ("distribution", "delivery", "session", "audit", "analysis", "correlation", "coin")
