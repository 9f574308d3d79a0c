"""`make calibrate`: runs the recorded markets and the seeded one, shows what came of it, writes docs/calibration.md."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from arbedge.domain.appraisal import STEPS
from scripts.bench.machine import read_machine
from scripts.calibration.course import Course
from scripts.calibration.document import (
    DOCUMENT,
    STEP_NAMES,
    name_brier,
    render_conclusion,
    render_document,
    write_document,
)
from scripts.calibration.figures import Finding, add_up
from scripts.calibration.markets import Task, list_recorded, list_synthetic
from scripts.layout import ROOT
from scripts.sandbox.config import SEED_DEFAULT, fixtures_directory
from scripts.sandbox.market.recordings import MissingFixturesError


def run_all(tasks: Sequence[Task], progress: Progress) -> list[Finding]:
    findings: list[Finding] = []
    for tape, rules in tasks:
        bar = progress.add_task(f"{tape.about.name}: {rules.title}", total=len(tape.moments))
        course = Course(tape, rules, lambda done, _, bar=bar: progress.update(bar, completed=done))
        findings.append(add_up(tape.about, rules, asyncio.run(course.run())))
    return findings


def show(title: str, findings: Sequence[Finding], console: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), title=title, title_justify="left")
    for name in ("market", "rules"):
        table.add_column(name)
    for name in ("scans", "claims", "best net", "", "judged", "median realised/claimed", "Brier (base rate)"):
        table.add_column(name, justify="right")
    for one in findings:
        best = max((bps for kind, bps in one.found.best_bps.items() if kind in one.about.types), default=None)
        for step in STEPS[:2]:
            judged = next((row for row in one.realised if (row.grouping, row.step) == ("all", step)), None)
            valued = one.answered[step]["valued"]
            is_judged_here = step == one.rules.judged_step
            first = step == STEPS[0]
            table.add_row(
                one.about.name if first else "",
                one.rules.title if first else "",
                f"{one.found.scans:,}" if first else "",
                f"{len(one.found.claims):,}" if first else "",
                "" if best is None or not first else f"{best:,.1f} bps",
                STEP_NAMES[step],
                f"{valued:,}" if one.found.claims else "",
                f"{judged.median:.3f}" if judged and judged.median is not None else "",
                name_brier(one) if is_judged_here and one.found.claims else "",
            )
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.calibration", description=__doc__)
    parser.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")), help="little of it")
    parser.add_argument("--only", action="append", help="only this market; may be repeated; the page stays as it is")
    arguments = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    fixtures = fixtures_directory()
    try:
        recorded = list_recorded(fixtures)
    except MissingFixturesError as error:
        console.print(f"[red]{error}[/]")
        sys.exit(2)
    tasks = [*recorded, *list_synthetic(SEED_DEFAULT, is_quick=arguments.quick)]
    if arguments.only:
        tasks = [task for task in tasks if task.tape.about.name in arguments.only]
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console) as progress:
        findings = run_all(tasks, progress)
    real = [one for one in findings if one.found.mode == "replay"]
    made = [one for one in findings if one.found.mode == "synthetic"]
    for title, group in (("recorded markets", real), ("synthetic market (made up, never mixed)", made)):
        if group:
            show(title, group, console)
            console.print()
    console.print("\n".join(render_conclusion(real)), soft_wrap=False)
    if not (arguments.quick or arguments.only):
        write_document(render_document(read_machine(), real, made))
        console.print(f"[dim]{DOCUMENT.relative_to(ROOT)}[/]")


if __name__ == "__main__":
    main()
