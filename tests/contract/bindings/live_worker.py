"""Starts the contract's own Worker on workerd, with every binding of the contract, for one test session."""

import json
import re
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from scripts.layout import NODE_MODULES, PYTHON_MODULES
from scripts.local_config import DEVELOPMENT_FLAGS, load_deployed_config, write_workerd_launcher
from scripts.node import find_node, find_workerd
from scripts.processes import ChildProcess, free_port
from scripts.runtime_bundle import BUNDLE_DIR, load_bundle
from tests.contract.bindings.suites import queues, ratelimit

HERE = Path(__file__).parent
READY = re.compile(r"Ready on (http\S+)")
READY_S = 90.0
CASE_S = 30.0
# The contract needs the SDK and nothing else of what the product vendors.
SDK_MODULES = ("workers", "_workers_sdk*", "_cloudflare_compat_flags*", "_pyodide_entrypoint_helper*", "asgi.py")


class LiveWorker:
    """The running Worker; `run` answers with the traceback of a case, or nothing when it passed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._port = free_port()
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=CASE_S)
        self._child: ChildProcess | None = None

    def __enter__(self) -> Self:
        config = self._write()
        node = find_node()
        launcher = write_workerd_launcher(find_workerd(), BUNDLE_DIR)
        command = [
            *(str(node.binary), str(NODE_MODULES / "wrangler" / "bin" / "wrangler.js"), "dev", "--config", str(config)),
            *("--ip", "127.0.0.1", "--port", str(self._port), "--inspector-port", "0"),
            *("--persist-to", str(self._directory / "state"), "--show-interactive-dev-session=false"),
        ]
        environment = node.environment() | {"MINIFLARE_WORKERD_PATH": str(launcher)}
        log = self._directory / "worker.log"
        self._child = ChildProcess("contract Worker", command, log, environment, self._directory)
        try:
            self._child.wait_until(lambda: bool(READY.search(log.read_text(errors="replace"))), READY_S)
        except BaseException:
            self._child.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        if self._child is not None:
            self._child.stop()
            # Reaps wrangler itself, whose group is gone by now.
            self._child.has_ended()

    def cases(self) -> list[str]:
        return self._http.get("/cases").raise_for_status().json()

    def run(self, name: str) -> str:
        answer = self._http.get(f"/run/{name}").raise_for_status().json()
        return "" if answer["passed"] else answer["detail"]

    def _write(self) -> Path:
        """Lays out the module root, with the suites in it, and the configuration beside the vendored SDK."""
        modules = self._directory / "module"
        modules.mkdir()
        shutil.copy(HERE / "worker" / "entry.py", modules)
        shutil.copytree(HERE / "suites", modules / "suites", ignore=shutil.ignore_patterns("__pycache__"))
        vendored = self._directory / "python_modules"
        vendored.mkdir()
        for pattern in SDK_MODULES:
            for path in PYTHON_MODULES.glob(pattern):
                # Copies, because wrangler reads a linked folder as if it were a file.
                shutil.copytree(path, vendored / path.name) if path.is_dir() else shutil.copy(path, vendored)
        config = self._directory / "wrangler.json"
        config.write_text(json.dumps(render_config(modules / "entry.py"), indent=2))
        return config


def render_config(main: Path) -> dict[str, Any]:
    """The bindings the suites speak of; date and flags are those of the deployed Worker."""
    deployed = load_deployed_config()
    flags = [*deployed["compatibility_flags"], *(DEVELOPMENT_FLAGS if load_bundle().development else ())]
    consumer = {"max_batch_size": queues.MAX_BATCH_SIZE, "max_batch_timeout": 0, "max_retries": queues.MAX_RETRIES}
    simple = {"limit": ratelimit.LIMIT, "period": ratelimit.PERIOD_S}
    return {
        "name": "binding-contract",
        "main": str(main),
        "compatibility_date": deployed["compatibility_date"],
        "compatibility_flags": flags,
        "d1_databases": [{"binding": "DB", "database_name": "contract", "database_id": "contract"}],
        "kv_namespaces": [{"binding": "KV", "id": "contract"}],
        "r2_buckets": [{"binding": "LAKE", "bucket_name": "contract"}],
        "queues": {
            "producers": [{"binding": "JOBS", "queue": queues.QUEUE}],
            "consumers": [
                {"queue": queues.QUEUE, "dead_letter_queue": queues.DEAD_LETTERS, **consumer},
                {"queue": queues.DEAD_LETTERS, **consumer},
            ],
        },
        "durable_objects": {"bindings": [{"name": "OBJECTS", "class_name": "ContractObject"}]},
        "migrations": [{"tag": "v1", "new_sqlite_classes": ["ContractObject"]}],
        "ratelimits": [{"name": "FLOOD", "namespace_id": "1001", "simple": simple}],
        "analytics_engine_datasets": [{"binding": "ANALYTICS", "dataset": "contract"}],
        "pipelines": [{"binding": "PIPELINE", "stream": "contract"}],
        "vectorize": [{"binding": "VECTORS", "index_name": "contract"}],
    }
