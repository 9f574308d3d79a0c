"""How much one invocation can write to the lake, and whether its own CPU or the store limits that."""

import tempfile
from pathlib import Path

import httpx

from scripts.bench.costing import write_counting_worker
from scripts.bench.rows import Row
from scripts.bench.worker import MOVING_SPACING_S, SCAN_CRON, Bench
from scripts.local_stack import LocalStack

AREA = "lake"
CPU_S_MAX = 30  # of one invocation, by default


def measure(*, is_quick: bool = False) -> list[Row]:
    objects = 10 if is_quick else 60
    with (
        tempfile.TemporaryDirectory() as directory,
        LocalStack(seed=7, entry=write_counting_worker(Path(directory))) as stack,
    ):
        bench = Bench(stack)
        bench.tick(SCAN_CRON, MOVING_SPACING_S)
        fill(stack, 5)
        told: list[dict[str, float]] = []
        cpu_s = bench.cpu_s_of(lambda: told.append(fill(stack, objects)))
    mb, wall_s = told[0]["mb"], told[0]["wall_ms"] / 1000
    note = f"{mb:.1f} MB as {objects} objects in {wall_s:.2f} s, {cpu_s:.2f} s of it CPU, the local store's included"
    room_mb = mb / cpu_s * CPU_S_MAX
    limit = "the Worker's CPU (encoding, compressing)" if cpu_s > wall_s / 2 else "waiting for the store and for a core"
    return [
        Row(area=AREA, name="records one invocation writes", figure=mb / wall_s, unit="MB/s", note=note),
        Row(
            area=AREA,
            name="records written by a second of CPU",
            figure=mb / cpu_s,
            unit="MB",
            note=f"{room_mb:,.0f} MB in the {CPU_S_MAX} s an invocation has; what limits it here: {limit}",
        ),
    ]


def fill(stack: LocalStack, objects: int) -> dict[str, float]:
    answer = httpx.get(f"{stack.worker_url}/api/fill/{objects}", trust_env=False, timeout=120)
    return answer.raise_for_status().json()
