"""Starts child processes in groups of their own and ends a whole group, so that no run leaves anything behind."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

STOP_S = 8.0
POLL_S = 0.05


_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r'\s*(at |\{"timestamp"|[│├└┌]|env\.|Runtime stderr:|If you think|🪵)')


class StartError(RuntimeError):
    """A child did not come up; the message carries the end of its log."""


class ChildProcess:
    """One program in its own process group, writing to one log file."""

    def __init__(self, name: str, command: list[str], log: Path, env: dict[str, str], cwd: Path) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def log_tail(self, lines: int = 25) -> str:
        """The end of the log without colours, stack frames inside the runtime and repetitions for machines."""
        text = _COLOUR.sub("", self.log.read_text(errors="replace"))
        told = [line for line in text.splitlines() if line.strip() and not _NOISE.match(line)]
        return "\n".join(told[-lines:])

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Raise `StartError` when the child ends or the time is up before `ready` answers true."""
        deadline = time.monotonic() + timeout_s
        while True:
            ended = self.has_ended()  # asked before `ready`: what it did right before its end still counts
            if ready():
                return
            if ended:
                raise StartError(f"the {self.name} ended with code {self._process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise StartError(f"the {self.name} was not ready after {timeout_s:.0f} s:\n{self.log_tail()}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Ask the group to end, then insist; returns when no process of the group is left."""
        for ending in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, ending)
            deadline = time.monotonic() + STOP_S
            while time.monotonic() < deadline:
                self._process.poll()
                if not group_lives(self.pid):
                    self._process.wait()  # it may have become a zombie since it was polled
                    return
                time.sleep(POLL_S)


def group_lives(group: int) -> bool:
    """Whether any process but a zombie is left in the group."""
    return any(_group_of(pid) == group for pid in _process_ids())


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, nearest first."""
    children: dict[int, list[int]] = {}
    for candidate in _process_ids():
        children.setdefault(_stat_field(candidate, 1), []).append(candidate)
    found = list(children.get(pid, []))
    for known in found:
        found.extend(children.get(known, []))
    return found


def program_of(pid: int) -> str:
    """The file name of the program a process runs; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/exe").readlink().name
    except OSError:
        return ""


def is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _process_ids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat_field(pid: int, index: int) -> int:
    """A number of /proc/PID/stat, counted from the state (0); -1 when the process has ended or is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return -1
    return -1 if fields[0] == "Z" else int(fields[index])


def _group_of(pid: int) -> int:
    return _stat_field(pid, 2)
