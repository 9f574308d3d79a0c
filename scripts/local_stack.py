"""The local world as one context: the sandbox, and the Worker on workerd with real local D1, KV, R2 and queues.

`make dev`, the worker tests and the benchmarks all start it here.
"""

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from scripts.layout import CACHE, NODE_MODULES, ROOT
from scripts.local_config import (
    LOCAL_BOT_TOKEN,
    LOCAL_METRICS_TOKEN,
    LOCAL_WEBHOOK_SECRET,
    LocalRun,
    write_local_config,
    write_workerd_launcher,
)
from scripts.local_database import LocalDatabase
from scripts.node import find_node, find_workerd
from scripts.processes import ChildProcess, StartError, descendants, free_port, is_port_free, program_of
from scripts.runtime_bundle import BUNDLE_DIR, load_bundle

WORKER_READY_S = 90.0
SANDBOX_READY_S = 30.0
TICK_TIMEOUT_S = 120.0
_READY = re.compile(r"Ready on (http\S+)")


class LocalStack:
    """Sandbox and Worker together; nothing of them is left when the context ends.

    Ports of 0 are chosen freely. `persist_dir` keeps D1, KV and R2 between runs; give each test session its own.
    `extra_vars` overrides the Worker's variables. `with_sandbox=False` starts the Worker alone; `entry` another Worker.
    """

    def __init__(
        self,
        port: int = 0,
        sandbox_port: int = 0,
        persist_dir: Path | None = None,
        extra_vars: dict[str, str] | None = None,
        *,
        with_sandbox: bool = True,
        environment: str = "test",
        live: bool = False,
        pipelines: bool = False,
        market: str = "synthetic",
        seed: int | None = None,
        entry: Path | None = None,
        progress: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self.port = port or free_port()
        self.sandbox_port = sandbox_port or free_port()
        self.worker_url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.bot_token = LOCAL_BOT_TOKEN
        self.webhook_secret = LOCAL_WEBHOOK_SECRET
        self.metrics_token = LOCAL_METRICS_TOKEN
        self.run_dir = CACHE / "runs" / str(self.port)
        self.persist_dir = persist_dir or self.run_dir / "state"
        self.log_path = self.run_dir / "worker.log"
        self.sandbox_log_path = self.run_dir / "sandbox.log"
        self.database = LocalDatabase(self.worker_url)
        self._with_sandbox = with_sandbox
        self._market, self._seed, self._progress = market, seed, progress
        self._run = LocalRun(
            sandbox_url=self.sandbox_url,
            development_bundle=load_bundle().development,
            environment=environment,
            market_mode="replay" if market.startswith("recorded:") else "synthetic",
            live=live,
            pipelines=pipelines,
            extra_vars={"WORKER_URL": self.worker_url} | (extra_vars or {}),
            entry=entry,
        )
        self._children: list[ChildProcess] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start both, apply the migrations that are missing; raises `StartError` with the log's end."""
        for name, port in (("PORT", self.port), ("SANDBOX_PORT", self.sandbox_port)):
            if not is_port_free(port) and (name == "PORT" or self._with_sandbox):
                raise StartError(f"port {port} is taken: end what uses it, or choose another with {name}=...")
        try:
            worker = self._start_worker()
            if self._with_sandbox:
                self._progress("starting the sandbox")
                self._start_sandbox()
            self._progress("starting the Worker")
            worker.wait_until(lambda: bool(_READY.search(self.log_path.read_text(errors="replace"))), WORKER_READY_S)
            self._progress("applying the database's migrations")
            self.database.apply_migrations()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all processes; safe to call twice."""
        while self._children:
            self._children.pop().stop()

    def tick(self, cron: str = "* * * * *", time_ms: int | None = None) -> dict[str, object]:
        """Fire one cron event now, as if scheduled at `time_ms`; returns the platform's `{outcome, noRetry}`.

        The minute's cron has the scanner scan for that time, unless it has done so or is scanning, and waits for it.
        """
        answer = httpx.get(
            f"{self.worker_url}/cdn-cgi/local/scheduled",
            trust_env=False,
            params={"cron": cron, "time": str(time_ms or int(time.time() * 1000)), "format": "json"},
            timeout=TICK_TIMEOUT_S,
        )
        answer.raise_for_status()
        return answer.json()

    def workerd_pid(self) -> int:
        """The process that runs the Worker's Python; its CPU time and memory are the Worker's."""
        found = [pid for child in self._children for pid in descendants(child.pid) if program_of(pid) == "workerd"]
        if not found:
            raise StartError(f"no workerd is running; its log is {self.log_path}")
        return found[-1]

    def ended_child(self) -> ChildProcess | None:
        """A child that ended by itself, if there is one."""
        return next((child for child in self._children if child.has_ended()), None)

    def has_crashed(self) -> bool:
        """Whether the runtime restarted itself, which loses what was in its queues."""
        return "crashed unexpectedly" in self.log_path.read_text(errors="replace")

    def _start_worker(self) -> ChildProcess:
        node = find_node()
        config = write_local_config(self.run_dir, self._run)
        launcher = write_workerd_launcher(find_workerd(), BUNDLE_DIR)
        command = [
            str(node.binary),
            str(NODE_MODULES / "wrangler" / "bin" / "wrangler.js"),
            *("dev", "--config", str(config), "--ip", "127.0.0.1", "--port", str(self.port)),
            *("--inspector-port", "0", "--persist-to", str(self.persist_dir), "--show-interactive-dev-session=false"),
        ]
        environment = node.environment() | {
            "MINIFLARE_WORKERD_PATH": str(launcher),
            # Wrangler would keep these in the home directory, shared by every run on the machine.
            "WRANGLER_LOG_PATH": str(self.run_dir / "wrangler-logs"),
            "WRANGLER_REGISTRY_PATH": str(self.run_dir / "registry"),
        }
        child = ChildProcess("Worker", command, self.log_path, environment, ROOT)
        self._children.append(child)
        return child

    def _start_sandbox(self) -> None:
        command = [sys.executable, "-m", "scripts.sandbox", "--port", str(self.sandbox_port)]
        command += ["--worker-url", self.worker_url, "--bot-token", self.bot_token]
        command += ["--webhook-secret", self.webhook_secret, "--market", self._market]
        if self._seed is not None:
            command += ["--seed", str(self._seed)]
        child = ChildProcess("sandbox", command, self.sandbox_log_path, os.environ | {"PYTHONUNBUFFERED": "1"}, ROOT)
        self._children.append(child)
        child.wait_until(self._sandbox_answers, SANDBOX_READY_S)

    def _sandbox_answers(self) -> bool:
        try:
            return httpx.get(f"{self.sandbox_url}/_control/state", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False
