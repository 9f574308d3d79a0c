"""Names the commit and the machine that figures belong to; without them no two tables can be compared."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct

from scripts.layout import NODE_MODULES, ROOT

BUSY_LOAD_PER_CORE = 0.5


class Machine(Struct, frozen=True):
    """`load` is the one-minute load average before the run; `is_dirty` says that files differed from `commit`."""

    commit: str
    is_dirty: bool
    date: str
    cores: int
    cpu: str
    load: float
    python: str
    ccxt: str
    workerd: str

    @property
    def is_busy(self) -> bool:
        """Whether other work ran beside, so that times are worth less."""
        return self.load > BUSY_LOAD_PER_CORE * self.cores


def read_machine() -> Machine:
    return Machine(
        commit=_git("rev-parse", "--short=12", "HEAD"),
        is_dirty=bool(_git("status", "--porcelain", "--", "src", "scripts", "requirements", "wrangler.toml")),
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        cores=os.cpu_count() or 1,
        cpu=_read_cpu_name(),
        load=os.getloadavg()[0],
        python=sys.version.split()[0],
        ccxt=version("ccxt"),
        workerd=_read_workerd_version(),
    )


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def _read_cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _read_workerd_version() -> str:
    return json.loads((NODE_MODULES / "workerd" / "package.json").read_text())["version"]
