"""The last hour of an asset or an opportunity: what each scan said, put together."""

from typing import Final

from msgspec import Struct

from arbedge.app.views import MissView, view_miss
from arbedge.domain.market import Mode
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.reasons import EXPLANATIONS
from arbedge.domain.verdicts import Closest, Run, find_runs, sum_hour
from arbedge.limits import SCANS_KEPT_MS
from arbedge.ports.store import Scans

_EXPLANATIONS: Final[dict[str | None, str]] = {
    **EXPLANATIONS,
    "confirmed": "seen again, and worth it after every cost",
    "held": "not looked at: other order books came first",
    None: "none of the nearest misses",
}


class AssetHourView(Struct, frozen=True):
    """An asset over the scans since `since`.

    `closest` is the nearest miss of all of them, `closest_at` when that was. `reasons` counts scans by what decided
    in them about the asset's nearest pair; in the rest none of its pairs was among the nearest.
    """

    scans: int
    since: int | None
    closest: MissView | None
    closest_at: int | None
    reasons: dict[str, int]


class RunView(Struct, frozen=True):
    """Consecutive scans that said the same; `outcome` None: nothing, since it was none of the nearest misses.

    `confirmed` is an open opportunity that was seen again, `held` one that was not looked at closely. The edges are
    the lowest and the highest net edge, where there was something to count with.
    """

    outcome: str | None
    explanation: str
    scans: int
    from_at: int
    to_at: int
    net_bps_min: float | None
    net_bps_max: float | None


async def load_hour(scans: Scans, mode: Mode, asset: str, now: int, *, with_premium: bool) -> AssetHourView:
    """An asset's last hour; what would be premium opportunities counts for those only who may see it."""
    hour = sum_hour(await scans.load_accounts(mode, asset, now - SCANS_KEPT_MS), with_premium=with_premium)
    closest = await _load_miss(scans, hour.closest) if hour.closest else None
    at = hour.closest.at if hour.closest and closest else None
    return AssetHourView(hour.scans, hour.since, closest, at, hour.reasons)


async def _load_miss(scans: Scans, closest: Closest) -> MissView | None:
    """The miss as its scan's report has it; None where there were no numbers, or the report is gone."""
    report = await scans.load(closest.scan_id)
    wanted = (closest.verdict.key, closest.verdict.outcome)
    drops = report.nearest if report else []
    return next((view_miss(drop) for drop in drops if (drop.candidate.key, drop.reason) == wanted), None)


async def load_runs(scans: Scans, opportunity: Opportunity, now: int) -> list[RunView]:
    """What each scan since the confirmation, and of the last hour, said of one opportunity; oldest first."""
    confirmed_at = next((step.at for step in opportunity.transitions if step.status == "active"), now)
    accounts = await scans.load_accounts(opportunity.mode, opportunity.asset, now - SCANS_KEPT_MS)
    return [view_run(run) for run in find_runs((one for one in accounts if one.at >= confirmed_at), opportunity.key)]


def view_run(run: Run) -> RunView:
    return RunView(
        outcome=run.outcome,
        explanation=_EXPLANATIONS[run.outcome],
        scans=run.scans,
        from_at=run.from_at,
        to_at=run.to_at,
        net_bps_min=run.net_bps_min,
        net_bps_max=run.net_bps_max,
    )
