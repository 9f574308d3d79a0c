"""The Worker at work on workerd, with real local stores and the sandbox beside it on the same machine.

CPU of a scan is the user and system time of the workerd process over many scans, the queues' work that follows
included, less the same over as many ticks of a cron that starts no job.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple

import httpx

from scripts.bench.isolate_heap import find_inspector, read_heap_mb
from scripts.bench.process_usage import find_wasm_mb, read_cpu_s, read_rss_mb
from scripts.bench.rows import Row, percentile
from scripts.local_stack import LocalStack

AREA = "worker"
SCAN_CRON, IDLE_CRON = "* * * * *", "59 23 31 12 *"  # the second is nobody's
# Scans follow one another no faster than the exchanges' request limits allow.
MOVING_SPACING_S, FROZEN_SPACING_S = 2.0, 0.65
WARM_SCANS = 5
CHATS = 20
FIRST_CHAT = 620_000_001
SCAN_DUE = "at most 10000 ms"
SCAN_WALL, SCAN_CPU = "at most 1000 ms", "at most 150 ms"
PLATFORM_MEMORY = "at most 128 MB"
FLAT = "at most 5 %"
SETTLE_S = 3.0
HEAP_LOOKS = 8


class Memory(NamedTuple):
    """MB of the whole process, of the Wasm memory and of the Worker's V8 heap; None where one cannot be told."""

    process: float
    wasm: float | None
    heap: float | None


class Bench:
    """One stack; what is done to it goes through the doors that everyone has."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self._pid = stack.workerd_pid()
        self._sandbox = httpx.Client(base_url=stack.sandbox_url, timeout=60, trust_env=False)
        self._updates = count(52_000_001)
        self.scans = 0

    def control(self, path: str, **body: Any) -> Any:
        return self._sandbox.post(f"/_control/{path}", json=body).raise_for_status().json()

    def tick(self, cron: str, spacing_s: float) -> float:
        """One tick, then rest for what is left of the spacing; returns the tick's milliseconds."""
        began = time.monotonic()
        outcome = self.stack.tick(cron)["outcome"]
        assert outcome == "ok", outcome
        took_s = time.monotonic() - began
        self.scans += cron == SCAN_CRON
        time.sleep(max(0.0, spacing_s - took_s))
        return took_s * 1000

    def cpu_s_of(self, work: Callable[[], object]) -> float:
        """CPU seconds of the runtime for `work` and for what it leaves behind in the queues."""
        before = read_cpu_s(self._pid)
        work()
        time.sleep(SETTLE_S)
        return read_cpu_s(self._pid) - before

    def memory(self) -> Memory:
        return Memory(read_rss_mb(self._pid), find_wasm_mb(self._pid), self._least_heap_mb())

    def _least_heap_mb(self) -> float | None:
        """The least of several looks during scans: what comes closest to what is kept, since V8 collects late."""
        inspector = find_inspector(self._pid)
        if inspector is None:
            return None
        looks: list[float | None] = []
        with ThreadPoolExecutor(1) as pool:
            for _ in range(HEAP_LOOKS):
                look = pool.submit(read_heap_mb, inspector)
                self.tick(SCAN_CRON, FROZEN_SPACING_S)
                looks.append(look.result())
        return min((look for look in looks if look is not None), default=None)

    def failures(self) -> int:
        """Feeds and books that could not be had: a scan that was held back is not a whole scan."""
        log = self.stack.log_path.read_text(errors="replace")
        return log.count('"message": "feed failed"') + log.count('"message": "book failed"')

    def write(self, chat: int, text: str) -> float:
        """One update; milliseconds from its POST to the bot's call for this chat."""
        update_id = next(self._updates)
        began = time.time() * 1000
        answer = self.control("telegram/update", update=make_update(update_id, chat, text))
        assert answer["status"] == 200, answer
        calls = self._sandbox.get("/_control/telegram/outbox", params={"chat_id": chat, "since": began}).json()["calls"]
        assert calls, f"no answer to {text}"
        return calls[0]["time"] - began


def make_update(update_id: int, chat: int, text: str) -> dict[str, Any]:
    sender = {"id": chat, "is_bot": False, "first_name": "Bench"}
    message = {
        "message_id": update_id % 1_000_000,
        "date": int(time.time()),
        "from": sender,
        "chat": {"id": chat, "type": "private", "first_name": "Bench"},
        "text": text,
        "entities": [{"type": "bot_command", "offset": 0, "length": len(text)}],
    }
    return {"update_id": update_id, "message": message}


def measure_scans(bench: Bench, scans: int) -> list[Row]:
    for _ in range(WARM_SCANS):
        bench.tick(SCAN_CRON, MOVING_SPACING_S)
    walls: list[float] = []
    failed = bench.failures()
    busy_s = bench.cpu_s_of(lambda: walls.extend(bench.tick(SCAN_CRON, MOVING_SPACING_S) for _ in range(scans)))
    failed = bench.failures() - failed
    idle_s = bench.cpu_s_of(lambda: [bench.tick(IDLE_CRON, MOVING_SPACING_S) for _ in range(scans)])
    how = f"{scans} scans of the moving synthetic market; {failed} feeds or books could not be had"
    return [
        Row(area=AREA, name="whole scan, wall p50", figure=percentile(walls, 0.5), unit="ms", aim=SCAN_WALL, note=how),
        Row(
            area=AREA,
            name="whole scan, wall p99",
            figure=percentile(walls, 0.99),
            unit="ms",
            aim=SCAN_DUE,
            note="a scan is due every 10 s; the sandbox shares the cores",
        ),
        Row(
            area=AREA,
            name="whole scan, CPU",
            figure=(busy_s - idle_s) / scans * 1000,
            unit="ms",
            aim=SCAN_CPU,
            note=f"({busy_s:.2f} s over {scans} scans - {idle_s:.2f} s over {scans} idle ticks) / {scans}",
        ),
    ]


def measure_webhook(bench: Bench, rounds: int) -> list[Row]:
    bench.control("telegram/pacing", enforced=False)
    chats = range(FIRST_CHAT, FIRST_CHAT + CHATS)
    for chat in chats:
        bench.write(chat, "/start")
    alone = [bench.write(chats[0], "/opportunities") for _ in range(rounds * 4)]
    together: list[float] = []
    with ThreadPoolExecutor(CHATS) as pool:

        def all_at_once() -> None:
            for _ in range(rounds):
                together.extend(pool.map(lambda chat: bench.write(chat, "/opportunities"), chats))

        cpu_s = bench.cpu_s_of(all_at_once)
    how = f"/opportunities by {CHATS} chats at once, {rounds} rounds; from the update's POST to the Bot API call"
    return [
        Row(area=AREA, name="webhook to reply, one chat, p50", figure=percentile(alone, 0.5), unit="ms"),
        Row(
            area=AREA,
            name=f"webhook to reply, {CHATS} chats, p50",
            figure=percentile(together, 0.5),
            unit="ms",
            note=how,
        ),
        Row(area=AREA, name=f"webhook to reply, {CHATS} chats, p99", figure=percentile(together, 0.99), unit="ms"),
        Row(area=AREA, name="one update, CPU", figure=cpu_s / len(together) * 1000, unit="ms"),
    ]


def measure_memory(bench: Bench, marks: tuple[int, int, int]) -> list[Row]:
    """Memory after so many scans; the market stands still, so that nothing but time could make it grow."""
    bench.control("market", speed=0)
    seen: list[Memory] = []
    for mark in marks:
        while bench.scans < mark:
            bench.tick(SCAN_CRON, FROZEN_SPACING_S)
        seen.append(bench.memory())
    at = " / ".join(map(str, marks))
    rows = [
        Row(
            area=AREA,
            name="memory of the whole runtime",
            figure=seen[-1].process,
            unit="MB",
            note=f"{_list([one.process for one in seen])} at scan {at}; local stores and wrangler's traces grow in it",
        )
    ]
    heaps = [one.heap for one in seen if one.heap is not None]
    if len(heaps) == len(marks):
        note = f"{_list(heaps)} at scan {at}; the least of {HEAP_LOOKS} looks, garbage not yet collected included"
        name = f"V8 heap and buffers of the Worker's isolate after {marks[-1]} scans"
        rows.append(Row(area=AREA, name=name, figure=heaps[-1], unit="MB", note=note))
    wasm = [one.wasm for one in seen if one.wasm is not None]
    if len(wasm) < len(marks):
        return rows
    return [
        *rows,
        Row(
            area=AREA,
            name=f"Wasm memory after {marks[-1]} scans",
            figure=wasm[-1],
            unit="MB",
            aim=PLATFORM_MEMORY,
            note=f"{_list(wasm)} at scan {at}; the platform's limit is for this and the heap together",
        ),
        Row(
            area=AREA,
            name=f"Wasm memory, growth from scan {marks[0]} to {marks[-1]}",
            figure=(wasm[-1] / wasm[0] - 1) * 100,
            unit="%",
            aim=FLAT,
        ),
    ]


def _list(sizes: list[float]) -> str:
    return ", ".join(f"{size:.1f}" for size in sizes)


@contextmanager
def running() -> Iterator[Bench]:
    with LocalStack(seed=7) as stack:
        yield Bench(stack)
        assert not stack.has_crashed(), "the runtime restarted itself during the run"


def measure(*, is_quick: bool = False) -> list[Row]:
    scans, rounds, marks = (10, 2, (20, 30, 60)) if is_quick else (50, 10, (50 + WARM_SCANS, 250, 500))
    with running() as bench:
        return [*measure_scans(bench, scans), *measure_memory(bench, marks), *measure_webhook(bench, rounds)]
