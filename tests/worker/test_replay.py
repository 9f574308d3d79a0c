"""What the running Worker recorded, replayed on CPython: the same opportunities and messages."""

import os
import re
import subprocess
import sys

from tests.worker.world import FIONA, World

COUNTS = re.compile(
    r"^ +(opportunities|decisions|messages|pages of people)\D*?([\d,]+) +([\d,]+) +([\d,]+)", re.MULTILINE
)


def run_replay(worker: World, **given: str) -> tuple[int, str]:
    environment = os.environ | {"PYTHONPATH": "src", "PORT": str(worker.stack.port), **given}
    command = [sys.executable, "-m", "scripts.replay"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def read_counts(screen: str) -> dict[str, list[int]]:
    """Equal, different and not recorded, by what was compared."""
    return {name: [int(count.replace(",", "")) for count in counts] for name, *counts in COUNTS.findall(screen)}


def test_what_ran_on_workerd_comes_out_the_same_on_this_machine(worker: World):
    worker.say(FIONA, "/start")
    asset = worker.take_asset()
    with worker.gap(asset):
        worker.scan_until_open(asset)
        worker.until(lambda: worker.alerts(FIONA, asset), f"an alert about {asset}")
    worker.scan(2)

    def replay() -> dict[str, list[int]] | None:
        code, screen = run_replay(worker, LAST="1h", TWICE="1")
        counts = read_counts(screen)
        assert code == 0, screen
        assert "the same bytes" in screen
        return counts if counts["messages"][0] else None

    counts = worker.until(replay, "messages in the lake", timeout_s=120)
    assert set(counts) == {"opportunities", "decisions", "messages", "pages of people"}
    assert all(equal > 0 and different == not_recorded == 0 for equal, different, not_recorded in counts.values()), (
        counts
    )


def test_a_time_without_scans_and_a_malformed_one_are_told_apart(worker: World):
    code, screen = run_replay(worker, FROM="2020-01-01T00:00", TO="2020-01-01T00:01")
    assert (code, "no scan is recorded" in screen) == (2, True)
    code, screen = run_replay(worker, FROM="yesterday")
    assert (code, "write 2026-11-23T01:00" in screen) == (2, True)
