"""`make bench`: measures everything, shows the table, and keeps it as JSON and in docs/bench.md."""

import argparse
import os
import signal
import sys
from collections.abc import Callable

from rich.console import Console

from scripts.bench import (
    costing,
    detecting,
    filling,
    finding,
    indicating,
    parsing,
    reading,
    replaying,
    starting,
    worker,
)
from scripts.bench.machine import read_machine
from scripts.bench.report import DOCUMENT, JSON_PATH, Report, show, write_document, write_json
from scripts.bench.rows import Row
from scripts.layout import ROOT

Measure = Callable[[], list[Row]]


def find_areas(*, is_quick: bool) -> dict[str, Measure]:
    """What is measured in this process comes first, while no server runs beside it."""
    runs = 3 if is_quick else 15
    return {
        "parsing": lambda: parsing.measure(runs),
        "detection": lambda: detecting.measure(runs),
        "indicators": indicating.measure,
        "replay": replaying.measure,
        "start": lambda: starting.measure(is_quick=is_quick),
        "worker": lambda: worker.measure(is_quick=is_quick),
        "reads": lambda: reading.measure(is_quick=is_quick),
        "cost": lambda: costing.measure(is_quick=is_quick),
        "workerd": lambda: finding.measure(is_quick=is_quick),
        "lake": lambda: filling.measure(is_quick=is_quick),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")), help="a short run")
    parser.add_argument("--only", action="append", help="only this area; may be repeated; docs/bench.md stays as it is")
    arguments = parser.parse_args()
    # Ended from outside, it still ends the servers it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    areas = find_areas(is_quick=arguments.quick)
    machine = read_machine()
    rows: list[Row] = []
    for name in arguments.only or areas:
        with console.status(f"measuring: {name}"):
            rows += areas[name]()
    report = Report(machine, arguments.quick, rows)
    show(report, console)
    write_json(report)
    console.print(f"[dim]{JSON_PATH.relative_to(ROOT)}[/]")
    if not arguments.quick and not arguments.only:
        write_document(report)
        console.print(f"[dim]{DOCUMENT.relative_to(ROOT)}[/]")
    if machine.is_busy:
        console.print("[yellow]Other work runs on this machine: wall times are worse than on a quiet one.[/]")


if __name__ == "__main__":
    main()
