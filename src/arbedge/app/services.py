"""Everything a way in may use, as ports. `bootstrap` fills it for the Worker, for tests and for scripts."""

from collections.abc import Mapping
from dataclasses import dataclass

from arbedge.app.chronicle import Chronicle
from arbedge.app.coin_data import CoinData
from arbedge.app.market_data import MarketData
from arbedge.app.status import Probe
from arbedge.config import Settings
from arbedge.domain.budget import Host
from arbedge.domain.market import ExchangeId
from arbedge.domain.policy import Policy
from arbedge.ports.analytics import Analytics
from arbedge.ports.appraisals import Appraisals, Appraiser
from arbedge.ports.assets import Assets
from arbedge.ports.clock import Timer
from arbedge.ports.exchange import ExchangeMarketData
from arbedge.ports.flood import FloodGate
from arbedge.ports.funding_record import FundingRecord
from arbedge.ports.health import Dependencies
from arbedge.ports.lake import EventLog, Lake, LakeUpkeep, SnapshotCache
from arbedge.ports.learning import Learning
from arbedge.ports.market_documents import Documents
from arbedge.ports.messenger import Messenger
from arbedge.ports.metrics import Metrics
from arbedge.ports.preferences import PreferenceStore
from arbedge.ports.queues import Announce, Deliver, Queue, Recount
from arbedge.ports.retention import Retention
from arbedge.ports.scanner import Scanner
from arbedge.ports.signals import SignalStore
from arbedge.ports.store import (
    DeadLetters,
    Deliveries,
    Instruments,
    Opportunities,
    People,
    Scans,
    Updates,
)
from arbedge.ports.streams import Streams
from arbedge.ports.track_record import TrackRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The ports of one event. Nothing in here outlives the event it was built for, but `hosts`, which is plain data."""

    settings: Settings
    clock: Timer
    policy: Policy
    exchanges: Mapping[ExchangeId, ExchangeMarketData]
    hosts: dict[str, Host]
    scanner: Scanner
    instruments: Instruments
    assets: Assets
    scans: Scans
    snapshots: SnapshotCache
    lake: Lake
    events: EventLog
    lake_upkeep: LakeUpkeep
    chronicle: Chronicle
    market: MarketData
    analytics: Analytics
    metrics: Metrics
    opportunities: Opportunities
    appraisals: Appraisals
    appraiser: Appraiser
    track_record: TrackRecord
    funding_record: FundingRecord
    learning: Learning
    signals: SignalStore
    public_documents: Documents
    announcements: Queue[Announce | Recount]
    people: People
    preferences: PreferenceStore
    deliveries: Deliveries
    outbox: Queue[Deliver]
    messenger: Messenger
    streams: Streams
    updates: Updates
    dead_letters: DeadLetters
    retention: Retention
    dependencies: Dependencies
    flood: FloodGate
    coin_data: CoinData
    probes: Mapping[str, Probe]
