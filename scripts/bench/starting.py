"""What a cold Worker costs: CPU of its imports inside workerd and on this machine's CPython, and its first answers.

An isolate starts before it may serve anything, and the platform allows 1 s of CPU for it. Inside workerd it is the
CPU of the runtime from its start to its first answer, less the same for a Worker that imports nothing but the SDK.
What is heavy is told apart on CPython, where the modules can be timed one by one.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx

from scripts.bench.process_usage import read_cpu_s
from scripts.bench.rows import Row
from scripts.layout import PYTHON_MODULES, ROOT
from scripts.local_stack import LocalStack

AREA = "start"
STARTUP_AIM = "at most 1 s"
HEAVIEST = 8
EMPTY_WORKER = '''"""Answers and imports nothing: what the runtime itself costs."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(None, status=401)
'''
# The runtime's own modules do not exist outside it; their names are all that an import needs.
STUBS = {
    "js.py": "def __getattr__(name): return None\n",
    "pyodide/__init__.py": "",
    "pyodide/ffi.py": "class JsException(Exception): ...\ndef to_js(value, **options): ...\n",
    "workers.py": "class Response: ...\nclass WorkerEntrypoint: ...\nclass asgi: ...\n",
}
# What this machine has beyond the Worker's packages must look absent, or libraries would load more than they do there.
REFUSE_THE_REST = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {refused!r}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Refuse())
"""
_IMPORT_TIME = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*(\S+)")


def time_imports(module: str, already: str = "") -> Counter[str]:
    """Milliseconds by outermost package that importing `module` takes on CPython, beyond what `already` imports."""
    with tempfile.TemporaryDirectory() as directory:
        for name, text in STUBS.items():
            path = Path(directory, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([directory, str(ROOT / "src")])}

        vendored = {path.name.partition(".")[0] for path in PYTHON_MODULES.iterdir()}
        prelude = REFUSE_THE_REST.replace("{refused!r}", repr(set(packages_distributions()) - vendored))

        def run(code: str) -> Counter[str]:
            command = [sys.executable, "-X", "importtime", "-c", f"{prelude}\n{code}"]
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            found = [line for line in map(_IMPORT_TIME.match, done.stderr.splitlines()) if line]
            return Counter({one[2]: int(one[1]) for one in found})

        known = set(run(f"import {already}" if already else "pass"))
        modules = run(f"import {already or 'sys'}; import {module}")
    packages: Counter[str] = Counter()
    for name, microseconds in modules.items():
        if name not in known:
            packages[_package(name)] += microseconds
    return Counter({name: round(microseconds / 1000, 1) for name, microseconds in packages.items()})  # type: ignore[arg-type]


def _package(module: str) -> str:
    """Our own packages one level deeper: it says which part to look at."""
    parts = module.split(".")
    depth = 2 if parts[0] == "arbedge" else 1
    return ".".join(parts[:depth]).lstrip("_")


def import_row(name: str, module: str, already: str = "") -> Row:
    """The run with the least sum of three."""
    packages = min((time_imports(module, already) for _ in range(3)), key=lambda one: sum(one.values()))
    heaviest = ", ".join(f"{package} {ms:.0f}" for package, ms in packages.most_common(HEAVIEST))
    total_s = sum(packages.values()) / 1000
    return Row(area=AREA, name=name, figure=total_s, unit="s", note=f"heaviest first, ms: {heaviest}")


def start_cpu_s(entry: Path | None) -> tuple[float, float]:
    """CPU seconds of the runtime until it answered once, and wall seconds of `wrangler dev` until then."""
    began = time.monotonic()
    with LocalStack(with_sandbox=False, entry=entry) as stack:
        answer = httpx.post(f"{stack.worker_url}/webhook/telegram", timeout=60, trust_env=False)
        assert answer.status_code == 401, answer.text
        return read_cpu_s(stack.workerd_pid()), time.monotonic() - began


def measure_first_answers() -> list[Row]:
    """What the first person meets after a deployment; the API's part is imported when it is first asked for."""
    rows: list[Row] = []
    with LocalStack(with_sandbox=False) as stack:
        secret = {"X-Telegram-Bot-Api-Secret-Token": stack.webhook_secret}
        pid = stack.workerd_pid()
        for name, method, path in (
            ("first answer of the webhook", "POST", "/webhook/telegram"),
            ("first answer of the API, which imports FastAPI and pydantic", "GET", "/api/v1/health"),
            ("second answer of the API", "GET", "/api/v1/health"),
        ):
            cpu_s, began = read_cpu_s(pid), time.monotonic()
            body = {"update_id": 1} if method == "POST" else None
            answer = httpx.request(
                method, stack.worker_url + path, json=body, headers=secret, timeout=60, trust_env=False
            )
            assert answer.is_success, answer.text
            wall_ms = (time.monotonic() - began) * 1000
            note = f"{read_cpu_s(pid) - cpu_s:.2f} s of CPU"
            rows.append(Row(area=AREA, name=name, figure=wall_ms, unit="ms", note=note))
    return rows


def measure(*, is_quick: bool = False) -> list[Row]:
    runs = 1 if is_quick else 3
    with tempfile.TemporaryDirectory() as directory:
        empty = Path(directory, "entry.py")
        empty.write_text(EMPTY_WORKER)
        ours = [start_cpu_s(None) for _ in range(runs)]
        bare = [start_cpu_s(empty) for _ in range(runs)]
    ours_s, bare_s = min(cpu for cpu, _ in ours), min(cpu for cpu, _ in bare)
    return [
        Row(
            area=AREA,
            name="imports of the Worker inside workerd, CPU",
            figure=ours_s - bare_s,
            unit="s",
            aim=STARTUP_AIM,
            note=f"{ours_s:.2f} s until the first answer, less {bare_s:.2f} s of a Worker that imports nothing; "
            f"no snapshot, which a deployment has; best of {runs}",
        ),
        import_row("imports of the Worker on CPython", "arbedge.worker"),
        import_row("imports of the first API request on CPython", "arbedge.entrypoints.http.api", "arbedge.worker"),
        Row(
            area=AREA,
            name="process start to first answer",
            figure=min(wall for _, wall in ours),
            unit="s",
            note=f"wall, wrangler and migrations included; an empty Worker {min(wall for _, wall in bare):.1f} s",
        ),
        *measure_first_answers(),
    ]
