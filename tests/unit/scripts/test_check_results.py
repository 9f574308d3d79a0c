"""The verdict of a run: what failed, what was skipped and why, and that nothing counts as passing without having run."""

from pathlib import Path

import pytest

from scripts.check_results import CheckResult, closing_line, exit_code, kinds_of_tests, read_junit

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="one"/>
<testcase classname="a" name="one"/>
<testcase classname="a" name="two"><failure message="x"/></testcase>
<testcase classname="a" name="three"><error message="set-up"/></testcase>
<testcase classname="a" name="four"><skipped message="no browser here"/></testcase>
</testsuite></testsuites>"""


def of_tests(name: str, **counts: int) -> CheckResult:
    return CheckResult(name, counts.pop("exit_code", 0), 1.0, is_tests=True, **counts)  # type: ignore[arg-type]


def check(code: int = 0) -> CheckResult:
    return CheckResult("lint", code, 1.0)


def test_counts_and_reasons_come_from_the_report(tmp_path: Path) -> None:
    report = tmp_path / "unit.xml"
    report.write_text(REPORT)

    counts = read_junit(report)

    assert counts == {"passed": 2, "failed": 2, "skipped": 1, "skip_reasons": {"no browser here": 1}}


@pytest.mark.parametrize(
    ("results", "code", "line"),
    [
        ([check(), of_tests("unit", passed=3)], 0, "3 passed, 0 failed, 0 skipped"),
        (
            [check(), of_tests("unit", passed=3, skipped=1), of_tests("web", passed=2)],
            0,
            "5 passed, 0 failed, 1 skipped",
        ),
        ([check(1), of_tests("unit", passed=3)], 1, "3 passed, 0 failed, 0 skipped"),
        ([of_tests("unit", passed=3, failed=2, exit_code=1)], 1, "3 passed, 2 failed, 0 skipped"),
        ([of_tests("unit", exit_code=5)], 1, "0 passed, 1 failed, 0 skipped"),
        ([of_tests("unit", skipped=4)], 1, "0 passed, 1 failed, 4 skipped"),
        ([of_tests("unit", passed=3, exit_code=3)], 1, "3 passed, 1 failed, 0 skipped"),
        ([check()], 1, "0 passed, 0 failed, 0 skipped"),
    ],
)
def test_the_verdict(results: list[CheckResult], code: int, line: str) -> None:
    assert (exit_code(results), closing_line(results)) == (code, line)


def test_kinds_are_the_folders_that_hold_tests(tmp_path: Path) -> None:
    for path in (
        "web/test_a.py",
        "unit/domain/test_b.py",
        "miniflare_shim/d1.py",
        "other/test_c.py",
        "proof/test_d.py",
        "test_top.py",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()

    assert kinds_of_tests(tmp_path) == ["unit", "web", "other"], "what is long is run by its own target"
