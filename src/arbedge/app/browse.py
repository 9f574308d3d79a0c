"""What people can look up: the list, one opportunity, why something was or was not told."""

from msgspec import Struct
from msgspec.structs import replace

from arbedge.app.charged import load_charged
from arbedge.app.hour import AssetHourView, RunView, load_hour, load_runs
from arbedge.app.identity_views import NameView, QuarantineView, load_name, view_quarantine
from arbedge.app.own_list import LeftOut, OwnPage, lack_edge, list_own, view_left_out
from arbedge.app.valued import GaugeView, view_gauge
from arbedge.app.views import MissView, OpportunityDetail, view_miss, view_opportunity
from arbedge.domain.categories import ARBITRAGE, CATEGORIES, Category
from arbedge.domain.detection.candidates import Drop
from arbedge.domain.eligibility import Withheld, check_eligibility
from arbedge.domain.funding_record import PerpKey
from arbedge.domain.gauge import Gauge, choose_gauge
from arbedge.domain.market import Mode
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.permissions import is_allowed
from arbedge.domain.person import Person
from arbedge.domain.policy import Policy
from arbedge.domain.reasons import BAD_DATA
from arbedge.domain.revaluation import Valuations, read
from arbedge.domain.verdicts import is_premium_miss
from arbedge.ports.appraisals import Appraisals
from arbedge.ports.assets import Assets
from arbedge.ports.funding_record import FundingRecord
from arbedge.ports.store import Deliveries, Delivery, Opportunities, OpportunityFilter, ScanReport, Scans

CLOSEST_SHOWN = 5


class ScanView(Struct, frozen=True):
    """The scan behind an answer: how old it is and what it looked at; `age_ms` is None before the first scan."""

    age_ms: int | None
    mode: Mode | None
    instruments: int
    drop_counts: dict[str, int]


class ListView(Struct, frozen=True):
    """A page of open opportunities; `closest` holds the nearest misses, best first.

    `hidden` counts those that the reader may not see. `left_out` counts what is open and does not reach the reader's
    own minimum at their own size; `is_cut` says that more is open than is valued at a size of one's own.
    """

    items: list[OpportunityDetail]
    next_cursor: str | None
    closest: list[MissView]
    scan: ScanView
    gauge: GaugeView | None = None
    left_out: int = 0
    is_cut: bool = False
    hidden: int = 0


class WhyView(Struct, frozen=True):
    """Why something is or is not in the list, with the numbers that decided.

    `own_reason` is the person's own reason for not being alerted, recomputed now; `delivery` what their chat got.
    `hour` is what scans of the last hour said of an asset, `runs` what they said of one opportunity.
    """

    open: list[OpportunityDetail]
    misses: list[MissView]
    scan: ScanView
    own_reason: Withheld | None = None
    delivery: Delivery | None = None
    quarantine: QuarantineView | None = None
    name: NameView | None = None
    hour: AssetHourView | None = None
    runs: list[RunView] = []


def view_scan(report: ScanReport | None, now: int) -> ScanView:
    if report is None:
        return ScanView(age_ms=None, mode=None, instruments=0, drop_counts={})
    return ScanView(
        age_ms=max(0, now - report.finished_at),
        mode=report.mode,
        instruments=report.instruments,
        drop_counts=report.drop_counts,
    )


async def list_opportunities(
    opportunities: Opportunities,
    scans: Scans,
    wanted: OpportunityFilter,
    limit: int,
    cursor: str | None,
    now: int,
    *,
    may_see_premium: bool,
    gauge: Gauge,
    policy: Policy,
) -> ListView:
    """Open opportunities by the reader's gauge, best first. Raises `ValueError` for a cursor this list did not give.

    Without `may_see_premium` the nearest misses are those of what the reader may see.
    """
    page = await _list_by(gauge, opportunities, wanted, limit, cursor, policy, now)
    report = await scans.load_latest()
    nearest = report.nearest if report else []
    closest = [
        drop
        for drop in nearest
        if drop.reason not in BAD_DATA
        and wanted.type in {None, drop.candidate.type}
        and (wanted.asset is None or drop.candidate.asset == wanted.asset)
        and wanted.exchange in {None, *(leg.exchange for leg in drop.candidate.legs)}
        and _may_stand_among(drop, wanted)
    ]
    misses = [view_miss(drop) for drop in closest]
    if not may_see_premium or wanted.is_premium is False:
        misses = hide_premium(misses)
    left_out = page.left_out
    if not page.items and cursor is None and wanted.min_edge_bps is not None:
        left_out = [*await _find_below(wanted.min_edge_bps, gauge, opportunities, wanted, policy, now), *left_out]
    misses = [*map(view_left_out, left_out[:CLOSEST_SHOWN]), *misses]
    return ListView(
        items=[view_opportunity(item, now, reading=reading) for item, reading in page.items],
        next_cursor=page.next_cursor,
        closest=misses[:CLOSEST_SHOWN],
        scan=view_scan(report, now),
        gauge=view_gauge(gauge),
        left_out=len(page.left_out),
        is_cut=page.is_cut,
        hidden=page.hidden,
    )


async def _find_below(
    minimum_bps: float, gauge: Gauge, opportunities: Opportunities, wanted: OpportunityFilter, policy: Policy, now: int
) -> list[LeftOut]:
    """What is open and lacks nothing but the edge that was asked for."""
    page = await _list_by(gauge, opportunities, replace(wanted, min_edge_bps=None), CLOSEST_SHOWN, None, policy, now)
    lacks = (lack_edge(item, reading.sighting.edge, minimum_bps, gauge) for item, reading in page.items)
    return [lack for lack in lacks if lack is not None]


def _may_stand_among(drop: Drop, wanted: OpportunityFilter) -> bool:
    """Near misses are of the types that the list can hold: no forecasts among arbitrage, nor the other way round."""
    if wanted.category is not None:
        return drop.candidate.type in CATEGORIES[wanted.category].types
    return drop.candidate.type == wanted.type if wanted.type else drop.candidate.type in ARBITRAGE


async def _list_by(
    gauge: Gauge,
    opportunities: Opportunities,
    wanted: OpportunityFilter,
    limit: int,
    cursor: str | None,
    policy: Policy,
    now: int,
) -> OwnPage:
    """Whoever chose nothing is served in the order that the database knows."""
    if not gauge.is_default:
        return await list_own(opportunities, wanted, limit, cursor, gauge, policy, now)
    page = await opportunities.list_open(wanted, limit, cursor)
    items = [(item, read(item, gauge, policy)) for item in page.items if item.is_live(now)]
    return OwnPage(items, page.next_cursor, [], is_cut=False, hidden=page.hidden)


def hide_premium(misses: list[MissView]) -> list[MissView]:
    """Without what would be a premium opportunity, for those who may not see one."""
    return [
        miss
        for miss in misses
        if not is_premium_miss(miss.type, miss.reason, miss.numbers.get("net_bps", miss.net_bps))
    ]


async def count_categories(opportunities: Opportunities, *, with_premium: bool) -> dict[Category, int]:
    """How many are open in each category, those of none included."""
    counts = await opportunities.count_categories(with_premium=with_premium)
    return {category: counts.get(category, 0) for category in CATEGORIES}


async def get_opportunity(
    opportunities: Opportunities,
    appraisals: Appraisals,
    record: FundingRecord,
    opportunity_id: str,
    now: int,
    gauge: Gauge,
    policy: Policy,
) -> OpportunityDetail | None:
    """One opportunity by the reader's gauge, with what became of it and what its perpetuals charged before."""
    found = await opportunities.load(opportunity_id)
    if found is None:
        return None
    reading = read(found, gauge, policy, with_curve=True)
    view = view_opportunity(found, now, await appraisals.load(opportunity_id), reading)
    perps: list[PerpKey | None] = [(leg.exchange, leg.symbol) if leg.market == "perp" else None for leg in view.legs]
    charged = await load_charged(record, found.mode, {key for key in perps if key}, now)
    return replace(view, charged=[key and charged.get(key) for key in perps])


async def is_visible(deliveries: Deliveries, person: Person | None, view: OpportunityDetail | Opportunity) -> bool:
    """Whether a person may see an opportunity: by their rights, or since they have been told of it already.

    `person` is None where everyone may be reading.
    """
    if not view.is_premium:
        return True
    if person is None:
        return False
    if is_allowed(person, "opportunities.premium"):
        return True
    delivery = await deliveries.load(view.id, person.telegram_id)
    return delivery is not None and delivery.message_id is not None


async def explain_asset(
    opportunities: Opportunities,
    scans: Scans,
    assets: Assets,
    asset: str,
    now: int,
    mode: Mode,
    seen_by: OpportunityFilter,
    gauge: Gauge,
    policy: Policy,
) -> WhyView:
    """Everything the latest scan decided about an asset, the hour before it, and what its name means.

    `seen_by` leaves out what the reader may not see.
    """
    page = await opportunities.list_open(replace(seen_by, asset=asset, is_mixed=True), CLOSEST_SHOWN, None)
    report = await scans.load_latest()
    misses = [view_miss(drop) for drop in (report.nearest if report else []) if drop.candidate.asset == asset]
    with_premium = seen_by.is_premium is not False
    return WhyView(
        open=[view_opportunity(item, now, reading=read(item, gauge, policy)) for item in page.items],
        misses=misses if with_premium else hide_premium(misses),
        scan=view_scan(report, now),
        hour=await load_hour(scans, mode, asset, now, with_premium=with_premium),
        quarantine=view_quarantine(await scans.load_watch(mode), asset),
        name=await load_name(assets, asset),
    )


async def explain_opportunity(
    opportunities: Opportunities,
    scans: Scans,
    deliveries: Deliveries,
    appraisals: Appraisals,
    opportunity_id: str,
    person: Person,
    now: int,
    policy: Policy,
) -> WhyView | None:
    """Why this person was or was not told about one opportunity, and what the latest scan says of it now."""
    found = await opportunities.load(opportunity_id)
    if found is None:
        return None
    report = await scans.load_latest()
    misses = [drop for drop in (report.nearest if report else []) if drop.candidate.key == found.key]
    valuations = Valuations(found, policy)
    reading = read(found, choose_gauge(person.preferences, policy), policy, valuations, with_curve=True)
    return WhyView(
        open=[view_opportunity(found, now, await appraisals.load(opportunity_id), reading)],
        misses=[view_miss(drop) for drop in misses],
        scan=view_scan(report, now),
        own_reason=check_eligibility(person, found, now, policy, valuations),
        delivery=await deliveries.load(opportunity_id, person.telegram_id),
        runs=await load_runs(scans, found, now),
    )
