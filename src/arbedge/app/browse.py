"""What people can look up: the list, one opportunity, why something was or was not told."""

from msgspec import Struct

from arbedge.app.identity_views import NameView, QuarantineView, load_name, view_quarantine
from arbedge.app.own_list import OwnPage, list_own, view_left_out
from arbedge.app.valued import GaugeView, view_gauge
from arbedge.app.views import MissView, OpportunityDetail, view_miss, view_opportunity
from arbedge.domain.eligibility import Withheld, check_eligibility
from arbedge.domain.gauge import Gauge, choose_gauge
from arbedge.domain.market import Mode
from arbedge.domain.permissions import is_allowed
from arbedge.domain.person import Person
from arbedge.domain.policy import PREMIUM_TYPES, Policy, is_premium
from arbedge.domain.revaluation import read
from arbedge.ports.appraisals import Appraisals
from arbedge.ports.assets import Assets
from arbedge.ports.store import Deliveries, Delivery, Opportunities, OpportunityFilter, ScanReport, Scans

CLOSEST_SHOWN = 5
# Bad data is no near miss: a mistaken identity would top every list.
_BAD_DATA = frozenset({"crossed_book", "stale", "skew", "identity"})

# What lacks nothing but a further look; such a pair is worth as much as an opportunity.
_ONLY_UNSEEN = frozenset({"unconfirmed", "not_shortlisted", "book_unavailable"})


class ScanView(Struct, frozen=True):
    """The scan behind an answer: how old it is and what it looked at; `age_ms` is None before the first scan."""

    age_ms: int | None
    mode: Mode | None
    instruments: int
    drop_counts: dict[str, int]


class ListView(Struct, frozen=True):
    """A page of open opportunities; `closest` holds the nearest misses, best first.

    `left_out` counts what is open and does not reach the reader's own minimum at their own size; `is_cut` says that
    more is open than is valued at a size of one's own.
    """

    items: list[OpportunityDetail]
    next_cursor: str | None
    closest: list[MissView]
    scan: ScanView
    gauge: GaugeView | None = None
    left_out: int = 0
    is_cut: bool = False


class WhyView(Struct, frozen=True):
    """Why something is or is not in the list, with the numbers that decided.

    `own_reason` is the person's own reason for not being alerted, recomputed now; `delivery` what their chat got.
    """

    open: list[OpportunityDetail]
    misses: list[MissView]
    scan: ScanView
    own_reason: Withheld | None = None
    delivery: Delivery | None = None
    quarantine: QuarantineView | None = None
    name: NameView | None = None


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
    left_out = [lack for lack in page.left_out if may_see_premium or not lack.opportunity.is_premium]
    report = await scans.load_latest()
    nearest = report.nearest if report else []
    closest = [
        drop
        for drop in nearest
        if drop.reason not in _BAD_DATA
        and (wanted.type is None or drop.candidate.type == wanted.type)
        and (wanted.asset is None or drop.candidate.asset == wanted.asset)
        and wanted.exchange in {None, *(leg.exchange for leg in drop.candidate.legs)}
    ]
    misses = [view_miss(drop) for drop in closest]
    if not may_see_premium or wanted.is_premium is False:
        misses = hide_premium(misses)
    misses = [*map(view_left_out, left_out[:CLOSEST_SHOWN]), *misses]
    return ListView(
        items=[view_opportunity(item, now, reading=reading) for item, reading in page.items],
        next_cursor=page.next_cursor,
        closest=misses[:CLOSEST_SHOWN],
        scan=view_scan(report, now),
        gauge=view_gauge(gauge),
        left_out=len(left_out),
        is_cut=page.is_cut,
    )


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
    return OwnPage(items, page.next_cursor, [], is_cut=False)


def hide_premium(misses: list[MissView]) -> list[MissView]:
    """Without what would be a premium opportunity, for those who may not see one."""
    return [
        miss
        for miss in misses
        if miss.type not in PREMIUM_TYPES
        and not (miss.reason in _ONLY_UNSEEN and is_premium(miss.type, miss.numbers.get("net_bps", miss.net_bps)))
    ]


async def get_opportunity(
    opportunities: Opportunities, appraisals: Appraisals, opportunity_id: str, now: int, gauge: Gauge, policy: Policy
) -> OpportunityDetail | None:
    """One opportunity by the reader's gauge, with what became of it."""
    found = await opportunities.load(opportunity_id)
    if found is None:
        return None
    reading = read(found, gauge, policy, with_curve=True)
    return view_opportunity(found, now, await appraisals.load(opportunity_id), reading)


async def is_visible(deliveries: Deliveries, person: Person | None, view: OpportunityDetail) -> bool:
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
    gauge: Gauge,
    policy: Policy,
) -> WhyView:
    """Everything the latest scan decided about an asset, what is kept out of scans, and what its name means."""
    page = await opportunities.list_open(OpportunityFilter(asset=asset), CLOSEST_SHOWN, None)
    report = await scans.load_latest()
    misses = [drop for drop in (report.nearest if report else []) if drop.candidate.asset == asset]
    return WhyView(
        open=[view_opportunity(item, now, reading=read(item, gauge, policy)) for item in page.items],
        misses=[view_miss(drop) for drop in misses],
        scan=view_scan(report, now),
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
    reading = read(found, choose_gauge(person.preferences, policy), policy, with_curve=True)
    return WhyView(
        open=[view_opportunity(found, now, await appraisals.load(opportunity_id), reading)],
        misses=[view_miss(drop) for drop in misses],
        scan=view_scan(report, now),
        own_reason=check_eligibility(person, found, now, policy),
        delivery=await deliveries.load(opportunity_id, person.telegram_id),
    )
