"""The scan loop on the real runtime: once a cron has woken it, it goes on by itself, on the grid."""

import time
from itertools import pairwise
from typing import Any

import pytest

from scripts.local_stack import LocalStack
from scripts.processes import StartError

INTERVAL_S = 5
WAIT_S_MAX = 60


def read_scans(stack: LocalStack) -> list[dict[str, Any]]:
    return stack.database.query("SELECT id, started_at, finished_at FROM scans ORDER BY id")


def wait_for_scans(stack: LocalStack, number: int) -> list[int]:
    """The ids of the finished scans of the loop, once there are so many."""
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        done = [int(row["id"]) for row in read_scans(stack) if row["finished_at"]]
        loop = [id_ for id_ in done if id_ % (INTERVAL_S * 1000) == 0]
        if len(loop) >= number:
            return loop
        if time.monotonic() > deadline:
            raise StartError(f"{len(loop)} scans within {WAIT_S_MAX} s:\n{stack.log_path.read_text()[-2000:]}")
        time.sleep(0.5)


@pytest.fixture(scope="module")
def woken(tmp_path_factory: pytest.TempPathFactory):
    with LocalStack(
        seed=7, persist_dir=tmp_path_factory.mktemp("state"), extra_vars={"SCAN_INTERVAL_S": str(INTERVAL_S)}
    ) as stack:
        yield stack


def test_one_tick_wakes_a_loop_that_scans_every_interval_and_a_doubled_one_changes_nothing(woken: LocalStack):
    assert read_scans(woken) == []
    off_the_grid = int(time.time()) * 1000 + 1
    assert woken.tick(time_ms=off_the_grid)["outcome"] == "ok"
    assert next(int(row["id"]) for row in read_scans(woken)) == off_the_grid, "the tick itself has scanned"
    found = wait_for_scans(woken, 3)
    apart = {later - one for one, later in pairwise(found)}
    assert min(apart) >= INTERVAL_S * 1000, "never twice for one time"
    assert max(apart) <= 3 * INTERVAL_S * 1000, "a slow machine may skip, but the loop goes on"

    latest = found[-1]
    before = woken.database.query("SELECT started_at FROM scans WHERE id = ?", (str(latest),))
    assert woken.tick(time_ms=latest)["outcome"] == "ok"
    assert woken.database.query("SELECT started_at FROM scans WHERE id = ?", (str(latest),)) == before, "doubled"
