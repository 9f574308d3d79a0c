"""Puts the application together from bindings, settings, a transport and a clock; the one place that knows them all.

The Worker, the tests and the scripts all start here. Building opens nothing and takes well under a millisecond.
"""

from collections.abc import Mapping

import httpx
from msgspec import structs

from arbedge.adapters.cloudflare.analytics import EngineAnalytics
from arbedge.adapters.cloudflare.bindings import Bindings
from arbedge.adapters.cloudflare.coin_cache import KvCoinCache
from arbedge.adapters.cloudflare.d1.appraisals import D1Appraisals
from arbedge.adapters.cloudflare.d1.assets import D1Assets
from arbedge.adapters.cloudflare.d1.cmc_quota import D1CmcQuota
from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.dead_letters import D1DeadLetters
from arbedge.adapters.cloudflare.d1.deliveries import D1Deliveries
from arbedge.adapters.cloudflare.d1.dependencies import D1Dependencies
from arbedge.adapters.cloudflare.d1.funding_record import D1FundingRecord
from arbedge.adapters.cloudflare.d1.instruments import D1Instruments, KeptCatalogue
from arbedge.adapters.cloudflare.d1.learning import D1Learning
from arbedge.adapters.cloudflare.d1.market_reads import D1ReadCounts
from arbedge.adapters.cloudflare.d1.metrics import D1Metrics
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.adapters.cloudflare.d1.people import D1People
from arbedge.adapters.cloudflare.d1.preferences import D1Preferences
from arbedge.adapters.cloudflare.d1.retention import D1Retention
from arbedge.adapters.cloudflare.d1.scans import D1Scans
from arbedge.adapters.cloudflare.d1.signals import D1Signals
from arbedge.adapters.cloudflare.d1.streams import D1Streams
from arbedge.adapters.cloudflare.d1.track_record import D1TrackRecord
from arbedge.adapters.cloudflare.d1.updates import D1Updates
from arbedge.adapters.cloudflare.durable import DurableAppraiser, DurableScanner
from arbedge.adapters.cloudflare.kv import KvCatalogueCache, KvDocuments, KvSnapshotCache
from arbedge.adapters.cloudflare.lake.r2_lake import R2Lake
from arbedge.adapters.cloudflare.lake.stream import Stream
from arbedge.adapters.cloudflare.lake.stream_lake import StreamLake
from arbedge.adapters.cloudflare.lake.upkeep import R2LakeUpkeep
from arbedge.adapters.cloudflare.queues import BindingQueue
from arbedge.adapters.cloudflare.r2 import R2Documents
from arbedge.adapters.cloudflare.ratelimit import BindingFloodGate
from arbedge.adapters.coinmarketcap import CoinMarketCap
from arbedge.adapters.exchanges import build_exchanges
from arbedge.adapters.telegram.client import BotApi
from arbedge.app.chronicle import Chronicle
from arbedge.app.coin_data import OFF, CoinData
from arbedge.app.market_data import MarketData
from arbedge.app.recording import DEPENDENCY as LAKE
from arbedge.app.services import Services
from arbedge.app.status import LISTS, Probe, judge_lists
from arbedge.config import Settings
from arbedge.domain.budget import Host
from arbedge.domain.market import ExchangeId
from arbedge.domain.policy import Policy
from arbedge.ports.clock import Clock, Timer
from arbedge.ports.exchange import ExchangeMarketData
from arbedge.ports.health import Dependencies, DependencyHealth
from arbedge.ports.queues import Announce, Deliver, Happened, Recount
from arbedge.ports.store import Instruments


def build(
    bindings: Bindings,
    settings: Settings,
    transport: httpx.AsyncBaseTransport,
    clock: Timer,
    hosts: dict[str, Host] | None = None,
    kept: KeptCatalogue | None = None,
) -> Services:
    """The ports of one event. `transport` reaches the exchanges and Telegram.

    `hosts` is what is known of the exchanges' hosts; whoever asks them in more than one event keeps it between them.
    `kept` spares an instance the decoding of instruments that it has read before.
    """
    client = httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
    database, hosts = Database(bindings.DB), {} if hosts is None else hosts
    dependencies, exchanges = D1Dependencies(database), _build_exchanges(settings, transport, clock, hosts)
    instruments = D1Instruments(database, KvCatalogueCache(bindings.KV), kept or KeptCatalogue())
    scans, snapshots, lake = D1Scans(database), KvSnapshotCache(bindings.KV), _build_lake(bindings, settings, client)
    near, far, reads = KvDocuments(bindings.KV), R2Documents(bindings.LAKE), D1ReadCounts(database)
    chronicle = Chronicle(BindingQueue[Happened](bindings.EVENTS), settings.pseudonym_key)
    return Services(
        settings=settings,
        clock=clock,
        policy=Policy(),
        exchanges=exchanges,
        instruments=instruments,
        assets=D1Assets(database),
        scans=scans,
        snapshots=snapshots,
        lake=lake,
        events=lake,
        lake_upkeep=R2LakeUpkeep(bindings.LAKE),
        chronicle=chronicle,
        market=MarketData(
            clock, settings.market_mode, exchanges, instruments, scans, snapshots, lake, near, far, reads
        ),
        hosts=hosts,
        scanner=DurableScanner(bindings.SCANNER),
        analytics=EngineAnalytics(bindings.ANALYTICS),
        metrics=D1Metrics(database),
        opportunities=D1Opportunities(database),
        appraisals=D1Appraisals(database),
        learning=D1Learning(database),
        signals=D1Signals(database),
        track_record=D1TrackRecord(database),
        funding_record=D1FundingRecord(database),
        public_documents=near,
        appraiser=DurableAppraiser(bindings.APPRAISER),
        announcements=BindingQueue[Announce | Recount](bindings.OPPORTUNITIES),
        people=D1People(database),
        preferences=D1Preferences(database),
        deliveries=D1Deliveries(database),
        outbox=BindingQueue[Deliver](bindings.DELIVERIES),
        messenger=BotApi(client, settings.telegram_api_url, settings.telegram_bot_token),
        streams=D1Streams(database),
        updates=D1Updates(database),
        dead_letters=D1DeadLetters(database),
        retention=D1Retention(database),
        dependencies=dependencies,
        flood=BindingFloodGate(bindings.FLOOD),
        coin_data=_build_coin_data(bindings, database, settings, client, clock, chronicle),
        probes=_build_probes(bindings, database, dependencies, instruments, clock, settings),
    )


def _build_exchanges(
    settings: Settings, transport: httpx.AsyncBaseTransport, clock: Clock, hosts: dict[str, Host]
) -> Mapping[ExchangeId, ExchangeMarketData]:
    return build_exchanges(
        transport,
        clock,
        hosts,
        binance_spot_url=settings.binance_spot_url,
        binance_futures_url=settings.binance_futures_url,
        bybit_url=settings.bybit_url,
        okx_url=settings.okx_url,
    )


def _build_lake(bindings: Bindings, settings: Settings, client: httpx.AsyncClient) -> R2Lake | StreamLake:
    if settings.pipeline_ingest_url and settings.pipeline_token:
        stream = Stream(client, settings.pipeline_ingest_url, settings.pipeline_token)
        return StreamLake(bindings.LAKE, stream)
    return R2Lake(bindings.LAKE)


def _build_coin_data(
    bindings: Bindings,
    database: Database,
    settings: Settings,
    client: httpx.AsyncClient,
    clock: Clock,
    chronicle: Chronicle,
) -> CoinData:
    """Without a key there is no source, and every read says so."""
    source = None
    if settings.cmc_url and settings.cmc_api_key:
        source = CoinMarketCap(client, clock, url=settings.cmc_url, api_key=settings.cmc_api_key)
    return CoinData(source, D1CmcQuota(database), KvCoinCache(bindings.KV), clock, settings.market_mode, chronicle)


def _build_probes(
    bindings: Bindings,
    database: Database,
    dependencies: Dependencies,
    instruments: Instruments,
    clock: Clock,
    settings: Settings,
) -> Mapping[str, Probe]:
    """How each dependency is asked: the stores directly, the rest through what was recorded last."""

    async def ask_kv() -> None:
        await bindings.KV.get("probe")

    async def ask_r2() -> None:
        await bindings.LAKE.get("probe")

    async def read_queues() -> DependencyHealth | None:
        return await dependencies.load_queue_lag(clock.now_ms())

    async def read_lists() -> DependencyHealth:
        return judge_lists(await instruments.load_list_times(), clock.now_ms())

    async def read_record(name: str) -> DependencyHealth:
        never = DependencyHealth(name, "degraded", "not asked yet", checked_at=0, last_success_at=None)
        return await dependencies.load(name) or never

    async def read_coin_data() -> DependencyHealth:
        if settings.cmc_api_key is not None:
            return await read_record("cmc")
        return DependencyHealth("cmc", "degraded", OFF, checked_at=clock.now_ms(), last_success_at=None)

    async def read_lake() -> DependencyHealth:
        """Each scan says how its record went; one that is not due yet is no silence."""
        known, now = await read_record(LAKE), clock.now_ms()
        is_due = known.checked_at and now - known.checked_at > 3 * settings.scan_interval_s * 1000
        return known if is_due else structs.replace(known, checked_at=now)

    return {
        "d1": database.probe,
        "kv": ask_kv,
        "r2": ask_r2,
        "queues": read_queues,
        LISTS: read_lists,
        "telegram": lambda: read_record("telegram"),
        "cmc": read_coin_data,
        "lake": read_lake,
    }
