"""Detection inside workerd: CPU of the runtime for many detections in one event, less that of the same without any."""

import tempfile
from pathlib import Path

import httpx

from scripts.bench.costing import write_counting_worker
from scripts.bench.rows import Row
from scripts.bench.worker import MOVING_SPACING_S, SCAN_CRON, Bench
from scripts.local_stack import LocalStack

AREA = "detection in workerd"
DETECTION_AIM = "at most 60 ms"
COPIES = 4  # of the market's assets: about 10,000 instruments
ROUNDS = 3


def measure(*, is_quick: bool = False) -> list[Row]:
    runs = 10 if is_quick else 50
    with (
        tempfile.TemporaryDirectory() as directory,
        LocalStack(seed=7, entry=write_counting_worker(Path(directory))) as stack,
    ):
        bench = Bench(stack)
        bench.tick(SCAN_CRON, MOVING_SPACING_S)
        ask(stack, 5, 1)
        return [measure_market(bench, runs, 1, DETECTION_AIM), measure_market(bench, runs // 2, COPIES, None)]


def measure_market(bench: Bench, runs: int, copies: int, aim: str | None) -> Row:
    """The least of a few rounds: what else the runtime does meanwhile is not detection."""
    told: dict[str, int] = {}
    rounds: list[float] = []
    for _ in range(ROUNDS):
        idle_s = bench.cpu_s_of(lambda: ask(bench.stack, 0, copies))
        busy_s = bench.cpu_s_of(lambda: told.update(ask(bench.stack, runs, copies)))
        rounds.append((busy_s - idle_s) / runs * 1000)
    each = ", ".join(f"{one:.1f}" for one in rounds)
    return Row(
        area=AREA,
        name=f"every type over {told['quotes']:,} instruments, CPU",
        figure=min(rounds),
        unit="ms",
        aim=aim,
        note=f"{told['candidates']} candidates; {runs} detections in one event took {each} ms each",
    )


def ask(stack: LocalStack, runs: int, copies: int) -> dict[str, int]:
    answer = httpx.get(f"{stack.worker_url}/api/detect/{runs}/{copies}", trust_env=False, timeout=120)
    return answer.raise_for_status().json()
