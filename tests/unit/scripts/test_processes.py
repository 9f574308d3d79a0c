"""A child ends with all it started, its end is noticed, and its log is told without noise."""

import os
import sys
from pathlib import Path

import pytest

from scripts.processes import ChildProcess, StartError, descendants, group_lives

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def child(tmp_path: Path, *command: str) -> ChildProcess:
    return ChildProcess("child", list(command), tmp_path / "log", dict(os.environ), tmp_path)


def test_stopping_ends_the_whole_group_and_may_be_repeated(tmp_path: Path) -> None:
    started = child(tmp_path, "sh", "-c", "sleep 60 & sleep 60")
    started.wait_until(lambda: len(descendants(started.pid)) == 2, 10)

    started.stop()
    started.stop()

    assert started.has_ended()
    assert not group_lives(started.pid)


def test_a_child_that_ignores_the_request_is_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.processes.STOP_S", 0.3)
    started = child(tmp_path, sys.executable, "-c", STUBBORN)
    started.wait_until(lambda: "up" in started.log_tail(), 10)

    started.stop()

    assert not group_lives(started.pid)


def test_a_child_that_ends_early_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    started = child(tmp_path, "sh", "-c", "echo why; exit 3")

    with pytest.raises(StartError, match=r"the child ended with code 3:\nwhy"):
        started.wait_until(lambda: False, 10)


def test_a_child_that_is_never_ready_is_told(tmp_path: Path) -> None:
    started = child(tmp_path, "sleep", "60")

    with pytest.raises(StartError, match="was not ready after"):
        started.wait_until(lambda: False, 0.2)
    started.stop()


def test_the_log_is_told_without_colours_and_frames(tmp_path: Path) -> None:
    log = '\x1b[31mred\x1b[0m\n    at null.<anonymous> (x:1)\n\n  {"timestamp":1}\nlast\n'
    started = child(tmp_path, "printf", "%s", log)
    started.wait_until(started.has_ended, 10)

    assert started.log_tail() == "red\nlast"
