"""`make dev`: the whole local world under one supervisor, one calm screen, and one Ctrl-C that ends all of it."""

import hashlib
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import httpx
from rich.console import Console
from rich.table import Table

from scripts.layout import CACHE
from scripts.local_config import load_deployed_config
from scripts.local_database import DatabaseError, migration_files
from scripts.local_stack import LocalStack
from scripts.processes import StartError
from scripts.reachability import Reachability, probe_exchanges
from scripts.seed import PEOPLE, seed_people
from scripts.ticker import Ticker
from scripts.worker_log import follow

STATES = CACHE / "dev"
CRON_INTERVAL_S = 60
WATCH_S = 0.5
REPEAT_S = 300.0
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STYLES = {"warning": "yellow", "error": "red", "note": "dim"}
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


def main() -> None:
    for ending in ENDINGS:
        signal.signal(ending, _interrupt)
    try:
        run()
    except KeyboardInterrupt:
        console.print("\nstopped; nothing is left running")
    except (StartError, DatabaseError) as error:
        console.print(f"cannot go on: {error}", style="red", markup=False)
        sys.exit(1)


def run() -> None:
    """Start everything and watch over it until interrupted, or until a part ends by itself."""
    live, pipelines = (os.environ.get(name, "") not in {"", "0"} for name in ("LIVE", "PIPELINES"))
    market = os.environ.get("MARKET", "synthetic")
    # Each market has data of its own: what one showed must not be taken for what another does.
    state = STATES / ("live" if live else market.replace(":", "-")) / "state"
    state_from_migrations(state)
    stack = LocalStack(
        port=port_from("PORT", 8787),
        sandbox_port=port_from("SANDBOX_PORT", 8790),
        persist_dir=state,
        environment="dev",
        live=live,
        pipelines=pipelines,
        market=market,
        progress=lambda step: console.print(f"  {step}", style="dim"),
    )
    with stack:
        seed_people(stack.database)
        reached = probe_exchanges(load_deployed_config()["vars"]) if live else []
        _show(stack, live=live, reached=reached)
        ticker = Ticker(stack, CRON_INTERVAL_S, lambda text: console.print(f"{_clock()} {text}", style="yellow"))
        ticker.start()
        try:
            _watch(stack, ticker)
        finally:
            ticker.stop()


def port_from(variable: str, default: int) -> int:
    value = os.environ.get(variable) or str(default)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise StartError(f"{variable} is to be a port from 1 to 65535")
    return int(value)


def state_from_migrations(state: Path) -> None:
    """Drop local data that was made by migrations that have changed since; applied files are otherwise never reread."""
    record = state.parent / "migrations.json"
    current = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in migration_files()}
    before: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
    reset = os.environ.get("RESET", "") not in {"", "0"}
    if reset or any(current.get(name) != digest for name, digest in before.items()):
        console.print("  local data starts anew" + ("" if reset else ": a migration has changed"), style="dim")
        shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(current))


def _watch(stack: LocalStack, ticker: Ticker) -> None:
    """Show what goes wrong, as it does; raises `StartError` when a part has ended."""
    position, told = stack.log_path.stat().st_size, False
    shown: dict[str, float] = {}
    while True:
        notes, position = follow(stack.log_path, position)
        for note in notes:
            # The same trouble every ten seconds is one trouble.
            if time.monotonic() - shown.get(note.text, -REPEAT_S) < REPEAT_S and note.severity != "note":
                continue
            shown[note.text] = time.monotonic()
            console.print(f"{_clock()} {note.text}", style=_STYLES[note.severity], markup=False)
        ended = stack.ended_child()
        if ended is not None:
            raise StartError(f"the {ended.name} has ended by itself:\n{ended.log_tail()}")
        if ticker.scans and not told:
            told = True
            _tell_first_scan(stack)
        time.sleep(WATCH_S)


def _tell_first_scan(stack: LocalStack) -> None:
    """After the first scan: which markets are there, and every dependency that is not well."""
    try:
        health = httpx.get(f"{stack.worker_url}/api/v1/health/detailed", timeout=10, trust_env=False).json()["data"]
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        console.print(f"{_clock()} first scan done; its health is not known: {error!r}", style="yellow")
        return
    unwell = [
        f"{exchange} {market}: {feed['state']}"
        for exchange, markets in health.get("exchanges", {}).items()
        for market, feed in markets.items()
        if feed["state"] != "ok"
    ]
    text = "first scan done, all markets are there" if not unwell else "first scan done; unwell: " + ", ".join(unwell)
    console.print(f"{_clock()} {text}", style="yellow" if unwell else "green")


def _show(stack: LocalStack, *, live: bool, reached: list[Reachability]) -> None:
    sandbox: dict[str, Any] = httpx.get(f"{stack.sandbox_url}/_control/state", trust_env=False, timeout=10).json()
    table = Table.grid(padding=(0, 3))
    table.add_row("Worker", f"{stack.worker_url}  [dim]API pages at[/] {stack.worker_url}/api/v1/docs")
    table.add_row("Sandbox", f"{stack.sandbox_url}  [dim]control at[/] {stack.sandbox_url}/_control/state")
    table.add_row("Chat page", f"[bold]{stack.sandbox_url}/chat[/]")
    for index, person in enumerate(PEOPLE):
        rank = person.role if person.role != "user" else person.tier
        table.add_row("People" if index == 0 else "", f"{person.name:<6} {rank:<8} {person.telegram_id}  {person.id}")
    table.add_row("Market", describe_market(sandbox, live=live))
    problems = [f"{host.name} {host.problem}" for host in reached if host.problem]
    if live and not problems:
        problems = ["nothing: all exchanges answer"]
    if not live:
        problems = ["nothing leaves this machine: Telegram and the exchanges are the sandbox's"]
    for index, problem in enumerate(problems):
        table.add_row("Unavailable" if index == 0 and (live or reached) else "Network" if index == 0 else "", problem)
    table.add_row("Logs", f"[dim]{stack.log_path}[/]")
    console.print()
    console.print(table)
    console.print("\nWrite /start on the chat page. Ctrl-C ends everything.\n", style="bold")


def describe_market(sandbox: dict[str, Any], *, live: bool) -> str:
    """Where the prices come from, in a person's words."""
    if live:
        return "the exchanges' public data (LIVE=1); Telegram is the sandbox's"
    listed = sum(sandbox.get("instruments", {}).values())
    return f"{sandbox['source']}, seed {sandbox['seed']}, {listed:,} instruments; modelled: {sandbox['modelled']}"


def _clock() -> str:
    return time.strftime("%H:%M:%S")


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Ends the run once. A second signal, as from an impatient Ctrl-C, must not break off the ending itself."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
