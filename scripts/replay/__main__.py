"""`make replay FROM=... TO=...` or `LAST=10m`: the same code on recorded scans, compared with what was recorded.

Ends with 1 when anything differs, 2 when there is nothing to replay.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from arbedge.adapters.cloudflare.lake.objects import Objects
from arbedge.adapters.cloudflare.lake.reader import LakeReader
from arbedge.errors import StoreUnavailable
from scripts.layout import CACHE
from scripts.local_config import load_deployed_config
from scripts.replay.result import Result
from scripts.replay.run import Run
from scripts.replay.spans import Span, SpanError, read_span
from scripts.replay.stores import FolderObjects, KeptObjects, ListedOnce, RunningObjects, is_answering
from scripts.replay.table import show

RESULTS = CACHE / "replay"
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


def main() -> None:
    try:
        span = read_span(os.environ, time.time_ns() // 1_000_000)
        objects, place = open_objects()
        sys.exit(asyncio.run(replay(objects, place, span)))
    except (SpanError, StoreUnavailable) as error:
        console.print(f"cannot replay: {error}", style="red", markup=False)
        sys.exit(2)


def open_objects() -> tuple[Objects, str]:
    """LAKE=<folder>, else the local stack's bucket: of the Worker that runs, or as the last one left it."""
    bucket = load_deployed_config()["r2_buckets"][0]["bucket_name"]
    if folder := os.environ.get("LAKE"):
        if not Path(folder).is_dir():
            raise SpanError(f"there is no folder {folder}")
        return FolderObjects(Path(folder)), folder
    worker_url = f"http://127.0.0.1:{os.environ.get('PORT') or 8787}"
    if is_answering(worker_url):
        return RunningObjects(worker_url, bucket), f"the R2 of {worker_url}"
    market = os.environ.get("MARKET") or "synthetic"
    state = CACHE / "dev" / market.replace(":", "-") / "state"
    if not (state / "v3" / "r2").is_dir():
        raise SpanError("nothing is recorded here yet: run `make dev`, or name a folder with LAKE=")
    return KeptObjects(state, bucket), "the R2 that `make dev` left"


async def replay(objects: Objects, place: str, span: Span) -> int:
    path = RESULTS / f"{span.file_name}.ndjson"
    objects = ListedOnce(objects)
    run, result, elapsed_s = await run_once(objects, span, path)
    show(console, place, run, result, elapsed_s)
    if run.report.scans == 0:
        return 2
    is_repeatable = True
    if os.environ.get("TWICE", "") not in {"", "0"}:
        _, again, _ = await run_once(objects, span, None)
        is_repeatable = again.sha256 == result.sha256
        verdict = "the same bytes" if is_repeatable else f"[red]other bytes: sha256 {again.sha256}[/]"
        console.print(f"replayed a second time: {verdict}")
    return 0 if is_repeatable and not run.comparison.different else 1


async def run_once(objects: Objects, span: Span, path: Path | None) -> tuple[Run, Result, float]:
    """One replay with its progress on the screen; returns it with its result and how long it took, in seconds."""
    columns = (TextColumn("replaying"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress, Result(path) as result:
        task = progress.add_task("replaying", total=span.to_ms - span.from_ms)
        run = Run(LakeReader(objects), span, lambda at: progress.update(task, completed=max(0, at - span.from_ms)))
        began = time.monotonic()
        await run.replay(result)
        return run, result, time.monotonic() - began


if __name__ == "__main__":
    main()
