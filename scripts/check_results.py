"""What a run of checks and tests came to: counts per kind, and the verdict that follows from them."""

from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

LONG_KINDS = {"proof"}  # run by their own target only


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One row of the summary: a check such as the linter, or one kind of tests when `is_tests`."""

    name: str
    exit_code: int
    seconds: float
    is_tests: bool = False
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    skip_reasons: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def problem(self) -> str:
        """Why this row fails the run; empty when it does not."""
        if self.failed:
            return f"{self.failed} failed"
        if self.is_tests and not self.passed:
            return "no test was executed"
        return f"ended with code {self.exit_code}" if self.exit_code else ""


def read_junit(path: Path) -> dict[str, int | dict[str, int]]:
    """Counts from pytest's report; a test that errs in set-up or tear-down is a failed one."""
    passed = failed = skipped = 0
    reasons: dict[str, int] = {}
    for case in ET.parse(path).iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is not None:
            skipped += 1
            reason = skip.get("message", "no reason given")
            reasons[reason] = reasons.get(reason, 0) + 1
        else:
            passed += 1
    return {"passed": passed, "failed": failed, "skipped": skipped, "skip_reasons": reasons}


def closing_line(results: list[CheckResult]) -> str:
    """The plain line that ends a run; a kind that broke before it could count is one failure."""
    tests = [result for result in results if result.is_tests]
    failed = sum(result.failed or (1 if result.problem else 0) for result in tests)
    return f"{sum(r.passed for r in tests)} passed, {failed} failed, {sum(r.skipped for r in tests)} skipped"


def exit_code(results: list[CheckResult]) -> int:
    """Zero only when every row is well and there is at least one row of tests."""
    return int(any(result.problem for result in results) or not any(result.is_tests for result in results))


def kinds_of_tests(tests: Path) -> list[str]:
    """The folders of `tests` that hold tests, cheapest kind first; an unknown kind comes last and is not forgotten."""
    order = ["unit", "contract", "integration", "simulation", "worker", "api", "web"]
    found = {path.relative_to(tests).parts[0] for path in tests.rglob("test_*.py") if path.parent != tests} - LONG_KINDS
    return sorted(found, key=lambda kind: (order.index(kind) if kind in order else len(order), kind))
