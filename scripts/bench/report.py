"""Shows the figures: a table on the screen, JSON for programs, and docs/bench.md for readers."""

from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from scripts.bench.machine import Machine
from scripts.bench.rows import Row, Verdict
from scripts.layout import ROOT

JSON_PATH = ROOT / "build" / "bench.json"
DOCUMENT = ROOT / "docs" / "bench.md"
MARKS: dict[Verdict, str] = {"met": "met", "missed": "**missed**", "no aim": ""}
STYLES: dict[Verdict, str] = {"met": "green", "missed": "red", "no aim": "dim"}
WRITTEN_BY = (
    "Written by `make bench`; `make bench QUICK=1` is a short run that leaves this page alone. How often claims held "
    "on recorded markets is in [calibration.md](calibration.md)."
)
HOW = """\
## How it is measured
- **Parsing, detection, indicators**: in this process on CPython, the least CPU time of several runs, garbage
  collection off. ccxt parses the same bytes in the same run with its own `parse_tickers` and `parse_funding_rate`, its
  markets already loaded; the ratio is its time over ours. The scanner that detection is compared with parses spot
  tickers with ccxt and compares each symbol on each pair of exchanges; ours begins with the same bytes.
- **Detection in workerd**: CPU of the workerd process for one event that detects many times over the newest snapshot,
  less that of one that only loads it; copies of the market's assets under other names make the larger market.
- **Replay**: recorded scans in memory, ten seconds apart, unpacked, decoded, decided and compared; the least CPU time.
- **Start**: CPU of the workerd process until the first answer, less that of a Worker that imports nothing but the SDK.
  Locally there is no memory snapshot; a deployment restores one, and the platform's limit of 1 s counts when it is
  made. Which imports are heavy is told by `-X importtime` on CPython with names in place of the runtime's own modules.
- **Worker**: the real Worker on workerd with local D1, KV, R2 and queues; sandbox, wrangler and this script share the
  machine's cores with it, so wall times are upper bounds. CPU is user and system time of the workerd process, local
  stores included, over the scans less that over as many ticks of a cron that starts no job.
- **Reads**: candles over the API, each symbol asked when nobody has it, again when KV has it, and once more after its
  copy in KV is gone. Wall times of one request at a time, the routing included.
- **Cost**: the deployed Worker's own code behind an entry that counts every call of a binding and D1's own count of
  rows, on workerd. Prices are those of the Workers Paid plan (its 5 $ a month not included), 30 days, nobody
  registered, without the hour's look at the exchanges' lists. An alarm is one request of the object and one row.
- **Lake**: one event of the Worker on workerd writes a scan's snapshot again and again under other ids, one object
  after the other; megabytes are those of the records before they are compressed.
- **Wasm memory**: the writable part of the Wasm memory's reservation in the process's memory map. It never shrinks, so
  equal sizes mean that nothing is kept from scan to scan. V8's heap is asked of the Worker's own isolate through
  workerd's inspector. The memory of the whole runtime also holds the code and the local stores with their own heaps.
"""


class Report(Struct, frozen=True):
    machine: Machine
    is_quick: bool
    rows: list[Row]


def render_figure(figure: float, unit: str) -> str:
    if unit == "$":
        return f"{figure:,.2f} $"
    digits = 0 if abs(figure) >= 100 else 1 if abs(figure) >= 10 else 2
    return f"{figure:,.{digits}f} {unit}".rstrip()


def render_peer(row: Row) -> str:
    if row.peer is None or row.ratio is None:
        return ""
    return f"{render_figure(row.peer, row.unit)} {row.peer_name}: {row.ratio:.1f} x"


def show(report: Report, console: Console) -> None:
    for area in dict.fromkeys(row.area for row in report.rows):
        rows = [row for row in report.rows if row.area == area]
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, title=area, title_justify="left")
        for justify in ("left", "right", "left", "left"):
            table.add_column(justify=justify)
        for row in rows:
            aim = f"[{STYLES[row.verdict]}]{row.aim}: {row.verdict}[/]" if row.aim else ""
            table.add_row(row.name, render_figure(row.figure, row.unit), render_peer(row), aim)
        console.print(table)
        for row in rows:
            if row.note:
                console.print(f"  {row.name}: {row.note}", style="dim", markup=False)
        console.print()


def write_json(report: Report, path: Path = JSON_PATH) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [msgspec.to_builtins(row) | {"ratio": row.ratio, "verdict": row.verdict} for row in report.rows]
    document = {"machine": report.machine, "is_quick": report.is_quick, "rows": rows}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document)))


def write_document(report: Report, path: Path = DOCUMENT) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_document(report))


def render_document(report: Report) -> str:
    machine = report.machine
    lines = [
        "# Measurements",
        "",
        WRITTEN_BY,
        "",
        "| | |",
        "|---|---|",
        f"| commit | `{machine.commit}`{' with changes' if machine.is_dirty else ''} |",
        f"| date | {machine.date} |",
        f"| machine | {machine.cores} cores, {machine.cpu}, load {machine.load:.1f} before the run |",
        f"| versions | CPython {machine.python} here and 3.14 in workerd {machine.workerd}, ccxt {machine.ccxt} |",
        "",
    ]
    if machine.is_busy:
        lines += ["Other work ran on the machine at the same time: wall times are worse than on a quiet one.", ""]
    lines += render_aims(report.rows)
    for area in dict.fromkeys(row.area for row in report.rows):
        lines += [f"## {area.capitalize()}", "", "| what | figure | peer | aim | |", "|---|---:|---|---|---|"]
        for row in report.rows:
            if row.area == area:
                cells = (row.name, render_figure(row.figure, row.unit), render_peer(row), row.aim or "")
                lines.append(f"| {' | '.join(cells)} | {MARKS[row.verdict]} |")
        # Rows of one measurement against several peers share their note.
        notes = dict.fromkeys(f"- {row.name}: {row.note}." for row in report.rows if row.area == area and row.note)
        lines += ["", *notes, ""] if notes else [""]
    return "\n".join([*lines, HOW])


def render_aims(rows: list[Row]) -> list[str]:
    missed = [row.name for row in rows if row.verdict == "missed"]
    met = [row.name for row in rows if row.verdict == "met"]
    lines = [f"Aims met: {'; '.join(met) or 'none'}.", ""]
    return [*lines, f"Aims missed: {'; '.join(missed) or 'none'}.", ""]
