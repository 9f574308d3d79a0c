"""A person sees what went wrong, once and in one line, and none of the daily course."""

import json
from pathlib import Path

import pytest

from scripts.worker_log import follow, read_line


def structured(level: str, **fields: object) -> str:
    return json.dumps({"at": 1, "level": level, "logger": "x", "message": "what happened", "request_id": "r"} | fields)


@pytest.mark.parametrize(
    "line",
    [
        "",
        structured("INFO"),
        structured("DEBUG"),
        "{not json",
        "[wrangler:info] GET /api/x 200 OK (3ms)",
        "env.KV (local-kv)   KV Namespace   local",
    ],
)
def test_the_daily_course_is_not_shown(line: str) -> None:
    assert read_line(line) is None


@pytest.mark.parametrize(
    ("line", "severity", "text"),
    [
        (structured("WARNING", exchange="okx"), "warning", "what happened  exchange=okx"),
        (
            structured("ERROR", trace=["Traceback", "  line\n", "ValueError: no\n"]),
            "error",
            "what happened  ValueError: no",
        ),
        ("✘ [ERROR] Uncaught Error: PythonError", "error", "✘ [ERROR] Uncaught Error: PythonError"),
        ("workerd crashed unexpectedly", "error", "workerd crashed unexpectedly"),
        ("⎔ Reloading local server...", "note", "the Worker was reloaded"),
    ],
)
def test_what_went_wrong_is_shown(line: str, severity: str, text: str) -> None:
    assert read_line(line) == (severity, text)


def test_following_reads_each_whole_line_once(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text(structured("ERROR") + "\n" + structured("ERROR") + "\n" + structured("WARNING"))

    notes, position = follow(log, 0)
    assert [note.severity for note in notes] == ["error"]

    with log.open("a") as more:
        more.write("\n")
    notes, position = follow(log, position)
    assert [note.severity for note in notes] == ["warning"]
    assert follow(log, position) == ([], position)
