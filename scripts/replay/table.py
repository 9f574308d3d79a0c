"""The replay on the screen: what was replayed, what came out equal, what did not and where."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from arbedge.adapters.cloudflare.lake.keys import HOUR_MS
from scripts.layout import ROOT
from scripts.replay.comparing import KINDS, Comparison
from scripts.replay.result import Result
from scripts.replay.run import Report, Run
from scripts.replay.spans import render_time

NAMES = {
    "opportunity": "opportunities, every changed state",
    "decision": "decisions: candidates and drops by reason",
    "checkpoint": "checkpoints on the way",
    "distribution": "pages of people",
    "message": "messages",
}
SHOWN_MAX = 8


def show(console: Console, place: str, run: Run, result: Result, elapsed_s: float) -> None:
    report = run.report
    modes = ", ".join(f"{mode} ({count} scans)" for mode, count in sorted(report.modes.items())) or "nothing"
    console.print(f"[bold]Replay[/] of {report.span}, from {escape(place)}; the market recorded: {modes}")
    if report.scans == 0:
        console.print("no scan is recorded in this time", style="yellow")
        return
    begin = "none" if report.exact_from is None else render_time(report.exact_from)
    hours = report.covered_ms / HOUR_MS
    console.print(
        f"  {report.scans:,} scans, {report.quotes:,} quotes, exact from the scan of {begin}\n"
        f"  {hours:.2f} recorded hours in {elapsed_s:.1f} s: {hours / elapsed_s * 60:.1f} a minute",
        style="dim",
    )
    console.print(_counts(run.comparison))
    _show_trouble(console, report)
    for difference in run.comparison.shown:
        console.print(f"  {difference.kind} {difference.what}", style="red", markup=False)
        path = f"{difference.path}: " if difference.path else ""
        console.print(f"    {path}{difference.recorded} -> {difference.replayed}", markup=False)
    if run.comparison.different > len(run.comparison.shown):
        console.print(f"  and {run.comparison.different - len(run.comparison.shown)} more", style="dim")
    path = result.path
    where = "not kept" if path is None else path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    console.print(f"result: {where}, {result.lines:,} lines, sha256 {result.sha256}", style="dim")


def _counts(comparison: Comparison) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2))
    table.add_column("")
    for name in ("equal", "different", "not recorded"):
        table.add_column(name, justify="right")
    for kind in KINDS:
        counts = comparison.counts[kind]
        different = f"[red]{counts['different']:,}[/]" if counts["different"] else "0"
        table.add_row(NAMES[kind], f"{counts['equal']:,}", different, f"{counts['not_recorded']:,}")
    return table


def _show_trouble(console: Console, report: Report) -> None:
    def tell(lines: list[str]) -> None:
        for line in lines[:SHOWN_MAX]:
            console.print(f"  {line}", style="yellow", markup=False)
        if len(lines) > SHOWN_MAX:
            console.print(f"  and {len(lines) - SHOWN_MAX} more", style="yellow")

    tell(
        [
            f"gap: scans are missing between {render_time(gap.after)} and {render_time(gap.before)}"
            for gap in report.gaps
        ]
    )
    words = {
        "after_gap": "not replayed: after a gap, until the next checkpoint",
        "undecided": "recorded without a decision: deciding or keeping it had failed",
        "no_policy": "recorded without its rules",
    }
    tell([f"{count} scans {words[why]}" for why, count in sorted(report.skipped.items())])
    tell([f"not readable: {one.key}: {one.problem}" for one in report.bad])
    if report.without_books:
        tell([f"{report.without_books} order books of candidates are not recorded"])
    for version, changes in sorted(report.policies.items()):
        if changes:
            tell([f"rules {version} were in force; this code has others, so results may rightly differ:"])
            tell([f"  {change}" for change in changes])
        else:
            console.print(f"  rules {version}, as in this code", style="dim")
