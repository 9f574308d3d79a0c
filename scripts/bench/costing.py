"""What a scan uses of the platform, counted at the bindings of the Worker on workerd, and what a month of it costs.

Nobody is registered in this run: deliveries come on top. So does the hour's look at the exchanges' lists.
"""

import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from scripts.bench.prices import price_gross, price_net
from scripts.bench.rows import Row
from scripts.bench.worker import IDLE_CRON, MOVING_SPACING_S, SCAN_CRON, SETTLE_S, WARM_SCANS, Bench
from scripts.layout import ROOT
from scripts.local_stack import LocalStack

AREA = "cost"
COUNTING_ENTRY = Path(__file__).with_name("counting_entry.py")
HOUR_S = 3_600
MONTH_S = 30 * 86_400
MINUTES = MONTH_S // 60
INTERVALS_S = (10, 60)
OBJECT_GB = 0.128
GB = 1e9
QUEUE_OPERATIONS = 3  # of one message: written, read, deleted
SCAN_ROWS = (
    ("requests to the exchanges", "requests sent"),
    ("KV reads", "kv reads"),
    ("KV writes", "kv writes"),
    ("D1 batches", "d1 batches"),
    ("D1 statements", "d1 statements"),
    ("D1 rows read", "d1 rows read"),
    ("D1 rows written", "d1 rows written"),
    ("R2 class A operations", "r2 class A"),
    ("R2 class B operations", "r2 class B"),
    ("queue messages", "queue messages"),
)

Used = dict[str, dict[str, float]]


def write_counting_worker(directory: Path) -> Path:
    """The Worker's source with the counting entry in the place of its own."""
    source = directory / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    return Path(shutil.copyfile(COUNTING_ENTRY, source / "entry.py"))


def count_scans(scans: int) -> tuple[Used, float, float]:
    """What all events used by kind of event, then CPU ms and wall seconds of one scan with its queues' work."""
    with (
        tempfile.TemporaryDirectory() as directory,
        LocalStack(seed=7, entry=write_counting_worker(Path(directory))) as stack,
    ):
        bench = Bench(stack)
        for _ in range(WARM_SCANS):
            bench.tick(SCAN_CRON, MOVING_SPACING_S)
        time.sleep(SETTLE_S)
        ask_used(stack)
        walls_ms: list[float] = []
        busy_s = bench.cpu_s_of(lambda: walls_ms.extend(bench.tick(SCAN_CRON, MOVING_SPACING_S) for _ in range(scans)))
        used = ask_used(stack)
        idle_s = bench.cpu_s_of(lambda: [bench.tick(IDLE_CRON, MOVING_SPACING_S) for _ in range(scans)])
        return used, (busy_s - idle_s) / scans * 1000, sum(walls_ms) / scans / 1000


def ask_used(stack: LocalStack) -> Used:
    return httpx.get(f"{stack.worker_url}/api/used", trust_env=False, timeout=30).raise_for_status().json()


def add_up(
    scan: Mapping[str, float], minute: Mapping[str, float], cpu_ms: float, wall_s: float, interval_s: int
) -> dict[str, float]:
    """A month's use, by the names of the price list, from what one scan and one minute's cron use.

    A scan is one alarm of the object, which sets the next: one row written. Every minute's tick asks the object too.
    """
    scans = MONTH_S / interval_s

    def month(what: str) -> float:
        return scan.get(what, 0) * scans + minute.get(what, 0) * MINUTES

    return {
        "requests": scan.get("queue events", 0) * scans + MINUTES,
        "CPU ms": cpu_ms * scans,
        "object requests": scans + MINUTES,
        "object GB-s": wall_s * OBJECT_GB * scans,
        "object rows written": scans,
        "KV reads": month("kv reads"),
        "KV writes": month("kv writes"),
        "D1 rows read": month("d1 rows read"),
        "D1 rows written": month("d1 rows written"),
        "R2 class A": month("r2 class A"),
        "R2 class B": month("r2 class B"),
        "R2 GB stored": month("r2 bytes written") / GB,
        "queue operations": month("queue messages") * QUEUE_OPERATIONS,
    }


def measure(*, is_quick: bool = False) -> list[Row]:
    scans = 8 if is_quick else 30
    used, cpu_ms, wall_s = count_scans(scans)
    done = used["scan"]["events"]
    queues = used.get("queue", {})
    # What the queues' consumers do follows from a scan, so it is a part of it.
    scan = {what: (used["scan"].get(what, 0) + queues.get(what, 0)) / done for what in {*used["scan"], *queues}}
    scan["queue events"] = queues.get("events", 0) / done
    ticks = used["cron"]["events"]
    minute = {what: amount / ticks for what, amount in used["cron"].items()}
    rows = [Row(area=AREA, name=f"one scan: {name}", figure=scan.get(what, 0), unit="") for name, what in SCAN_ROWS]
    rows += [
        Row(area=AREA, name="one scan: to the lake", figure=scan.get("r2 bytes written", 0) / 1000, unit="kB"),
        Row(
            area=AREA,
            name="an hour at 10 s: to the lake",
            figure=scan.get("r2 bytes written", 0) / 1e6 * HOUR_S / INTERVALS_S[0],
            unit="MB",
            note="compressed, before an hour's objects are merged",
        ),
        Row(
            area=AREA,
            name="one scan: CPU with the queues' work",
            figure=cpu_ms,
            unit="ms",
            note="local stores included",
        ),
        Row(area=AREA, name="one scan: the object's time", figure=wall_s * OBJECT_GB, unit="GB-s"),
    ]
    for interval_s in INTERVALS_S:
        month = add_up(scan, minute, cpu_ms, wall_s, interval_s)
        for kind, bill in (("all that is used", price_gross(month)), ("beyond what is included", price_net(month))):
            dearest = sorted(bill.items(), key=lambda item: -item[1])
            note = ", ".join(f"{name} {dollars:.2f}" for name, dollars in dearest if dollars >= 0.005)
            name = f"a month at {interval_s} s, {kind}"
            rows.append(Row(area=AREA, name=name, figure=sum(bill.values()), unit="$", note=note or "nothing"))
    return rows
