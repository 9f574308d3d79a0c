"""Reads the Worker's log as a person wants it: what went wrong, in one line each, and nothing of the daily course."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

Severity = Literal["warning", "error", "note"]
_LEVELS: dict[str, Severity] = {"WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}
_HIDDEN_FIELDS = {"at", "level", "logger", "message", "request_id", "trace", "error"}
_ERROR_MARKS = ("[ERROR]", "[wrangler:error]", "crashed unexpectedly", "Uncaught", "PythonError", "Error: ")
_QUIET_WARNINGS = ("update available", "development purposes")


class LogNote(NamedTuple):
    """Something worth a person's eye."""

    severity: Severity
    text: str


def read_line(line: str) -> LogNote | None:
    """What a line of the log says to a person; None for the daily course."""
    line = line.strip()
    if line.startswith("{"):
        return _read_structured(line)
    if any(mark in line for mark in _ERROR_MARKS):
        return LogNote("error", line)
    if "[WARNING]" in line and not any(quiet in line for quiet in _QUIET_WARNINGS):
        return LogNote("warning", line)
    if "Reloading local server" in line or "Local server updated" in line:
        return LogNote("note", "the Worker was reloaded")
    return None


def follow(path: Path, position: int) -> tuple[list[LogNote], int]:
    """The notes of the whole lines written since `position`, and the position to go on from."""
    with path.open("rb") as log:
        log.seek(position)
        fresh = log.read()
    end = fresh.rfind(b"\n") + 1
    return list(_notes(fresh[:end].decode(errors="replace"))), position + end


def _notes(text: str) -> Iterator[LogNote]:
    last: LogNote | None = None
    for line in text.splitlines():
        note = read_line(line)
        if note is not None and note != last:
            yield note
        last = note or last


def _read_structured(line: str) -> LogNote | None:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return None
    severity = _LEVELS.get(str(entry.get("level")))
    if severity is None:
        return None
    details = [f"{name}={value}" for name, value in entry.items() if name not in _HIDDEN_FIELDS and value is not None]
    if entry.get("trace"):
        details.append(str(entry["trace"][-1]).strip())
    return LogNote(severity, "  ".join([str(entry.get("message", "")), *details]))
