"""The last hour in words: how close an asset came and what kept it out, and what scans said of one opportunity."""

from collections.abc import Mapping, Sequence
from typing import Final

from arbedge.app.hour import AssetHourView, RunView
from arbedge.domain.reasons import EXPLANATIONS
from arbedge.entrypoints.telegram.html import quote
from arbedge.entrypoints.telegram.screens.figures import render_bps, render_time
from arbedge.entrypoints.telegram.screens.waterfall import render_miss

_REASONS_SHOWN: Final = 4
_RUNS_SHOWN: Final = 8
_EXPLANATIONS: Final[Mapping[str, str]] = {**EXPLANATIONS}


def render_reason(reason: str, count: str) -> str:
    """`• fees, 1,200: costs eat all that there is to gain`."""
    words = _EXPLANATIONS.get(reason)
    return f"• <code>{quote(reason, 40)}</code>, {count}" + (f": {quote(words, 120)}" if words else "")


def render_hour(asset: str, view: AssetHourView | None) -> list[str]:
    if view is None or not view.scans or view.since is None:
        return []
    span = f"{_scans(view.scans)} since {render_time(view.since)}"
    if not view.reasons:
        return [f"The last hour, {span}: no pair of {quote(asset)} was among the nearest misses of any."]
    blocks: list[str] = []
    if view.closest and view.closest_at is not None:
        blocks.append(f"The closest of {span} was {render_time(view.closest_at)}:\n{render_miss(view.closest)}")
    shown = list(view.reasons.items())[:_REASONS_SHOWN]
    lines = [render_reason(reason, _scans(count)) for reason, count in shown]
    if rest := view.scans - sum(view.reasons.values()):
        lines.append(f"• nothing, {_scans(rest)}: none of its pairs was among the nearest misses")
    return [*blocks, f"What decided about its nearest pair, {span}:\n" + "\n".join(lines)]


def render_runs(runs: Sequence[RunView]) -> str:
    """The latest last, as it happened."""
    if not runs:
        return ""
    lines = [_render_run(one) for one in runs[-_RUNS_SHOWN:]]
    if earlier := len(runs) - len(lines):
        lines.insert(0, f"• {earlier} earlier changes")
    return "What scans said since it was confirmed, as far as the last hour goes:\n" + "\n".join(lines)


def _render_run(one: RunView) -> str:
    words = f"<code>{quote(one.outcome, 40)}</code>: {quote(one.explanation, 120)}" if one.outcome else one.explanation
    return f"• {render_time(one.from_at, 'T')}, {_scans(one.scans)}{_render_range(one)}\n  {words}"


def _render_range(one: RunView) -> str:
    low, high = one.net_bps_min, one.net_bps_max
    if low is None or high is None:
        return ""
    return f", net {render_bps(low)} bps" if low == high else f", net {render_bps(low)} to {render_bps(high)} bps"


def _scans(count: int) -> str:
    return "1 scan" if count == 1 else f"{count:,} scans"
