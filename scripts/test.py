"""`make test` and `make check`: lint, types, import contracts, every kind of test, and one table of what came out."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scripts.check_results import LONG_KINDS, CheckResult, closing_line, exit_code, kinds_of_tests, read_junit
from scripts.layout import CACHE, NODE_MODULES, ROOT
from scripts.node import find_node

REPORTS = CACHE / "reports"
BIN = Path(sys.executable).parent
FAST_KINDS = ("unit",)
# Two processes each: these start no servers that could get into each other's way.
KIND_OPTIONS = {"unit": ("-n", "2", "--disable-socket", "--allow-unix-socket"), "integration": ("-n", "2")}
console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.test", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="only what takes less than a minute")
    parser.add_argument("--kind", action="append", help="only this kind of test, and no other check; may be repeated")
    arguments = parser.parse_args()
    REPORTS.mkdir(parents=True, exist_ok=True)
    for old in [*REPORTS.glob("*.xml"), *REPORTS.glob(".coverage*")]:
        old.unlink()
    kinds = arguments.kind or [
        kind for kind in kinds_of_tests(ROOT / "tests") if not arguments.fast or kind in FAST_KINDS
    ]
    results = [] if arguments.kind else run_checks()
    results += [run_tests(kind, with_coverage=not arguments.fast and kind not in LONG_KINDS) for kind in kinds]
    _show(results, coverage_total())
    print(closing_line(results), flush=True)
    sys.exit(exit_code(results))


def run_checks() -> list[CheckResult]:
    """The checks that read the code without running it."""
    node = find_node()
    pyright = [str(node.binary), str(NODE_MODULES / "pyright" / "index.js"), "--pythonpath", sys.executable]
    return [
        _run_check("lint", [str(BIN / "ruff"), "check", "--quiet", "."]),
        _run_check("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
        _run_check("types", pyright, node.environment()),
        _run_check("import contracts", [str(BIN / "lint-imports"), "--no-logo"], os.environ | {"PYTHONPATH": "src"}),
    ]


def run_tests(kind: str, *, with_coverage: bool) -> CheckResult:
    """Run one kind in a process of its own; its coverage is kept for the sum over all kinds."""
    console.rule(f"{kind} tests", align="left", style="dim")
    report = REPORTS / f"{kind}.xml"
    command = [sys.executable, "-m", "pytest", f"tests/{kind}", "-q", "--junitxml", str(report)]
    command += KIND_OPTIONS.get(kind, ())
    command += ["--cov", "--cov-report="] if with_coverage else []
    started = time.monotonic()
    environment = os.environ | {"COVERAGE_FILE": str(REPORTS / f".coverage.{kind}")}
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    counts: dict[str, Any] = read_junit(report) if report.exists() else {}
    return CheckResult(kind, code, time.monotonic() - started, is_tests=True, **counts)


def coverage_total() -> str:
    """Lines and branches of src reached by any kind, in percent; empty when nothing was measured."""
    if not list(REPORTS.glob(".coverage.*")):
        return ""
    environment = os.environ | {"COVERAGE_FILE": str(REPORTS / ".coverage")}
    coverage = [sys.executable, "-m", "coverage"]
    combine = [*coverage, "combine", "--quiet", str(REPORTS)]
    subprocess.run(combine, cwd=ROOT, env=environment, check=True)
    report = [*coverage, "report", "--format=total", "--precision=1"]
    return subprocess.run(report, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def _run_check(name: str, command: list[str], env: dict[str, str] | None = None) -> CheckResult:
    """A check that passes is silent; what a failing one says is shown."""
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        console.rule(name, align="left", style="red")
        console.print(done.stdout, markup=False)
    return CheckResult(name, done.returncode, time.monotonic() - started)


def _show(results: list[CheckResult], coverage: str) -> None:
    table = Table(title_justify="left", box=None, padding=(0, 2))
    for column in ("", "passed", "failed", "skipped", "time", ""):
        table.add_column(column, justify="left" if not column else "right")
    for row in results:
        counts = (str(row.passed), str(row.failed), str(row.skipped)) if row.is_tests else ("", "", "")
        verdict = f"[red]{row.problem}[/]" if row.problem else "[green]ok[/]"
        table.add_row(row.name, *counts, f"{row.seconds:.0f} s", verdict)
    console.print()
    console.print(table)
    for row in results:
        for reason, count in sorted(row.skip_reasons.items()):
            console.print(f"  skipped in {row.name}: {count} x {reason}", markup=False)
    if coverage:
        console.print(f"  coverage of src, lines and branches: {coverage} %")
    console.print()


if __name__ == "__main__":
    main()
