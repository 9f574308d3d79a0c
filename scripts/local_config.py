"""Generates the configuration of a local run from wrangler.toml, so that the deployed file carries nothing local.

Added: the flags of the assembled Pyodide bundle, absolute paths, ids for the local stores, addresses in the sandbox.
"""

import json
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.layout import CACHE, PYTHON_MODULES, ROOT

# Spoken out loud in the values themselves: none of these opens anything outside this machine.
LOCAL_BOT_TOKEN = "700000001:LOCAL-SANDBOX-TOKEN-NOT-A-REAL-ONE_"
LOCAL_WEBHOOK_SECRET = "local-sandbox-webhook-secret-not-a-real-one"
LOCAL_CMC_API_KEY = "10ca1000-5a4d-4b0c-8000-not-a-real-key"
LOCAL_METRICS_TOKEN = "local-sandbox-metrics-token-not-a-real-one"
LOCAL_PSEUDONYM_KEY = "local-pseudonym-key-not-a-real-one-000000"
LOCAL_PIPELINE_TOKEN = "local-sandbox-pipeline-token-not-a-real-one"
LOCAL_SECRETS = {
    "TELEGRAM_BOT_TOKEN": LOCAL_BOT_TOKEN,
    "TELEGRAM_WEBHOOK_SECRET": LOCAL_WEBHOOK_SECRET,
    "CMC_API_KEY": LOCAL_CMC_API_KEY,
    "METRICS_TOKEN": LOCAL_METRICS_TOKEN,
    "PSEUDONYM_KEY": LOCAL_PSEUDONYM_KEY,
}
# The sandbox's coins have the sandbox's prices: beside a live market they would be another market's figures.
SYNTHETIC_SECRETS = ("CMC_API_KEY",)
LOCAL_DATABASE_ID = "arbedge-local"
DEVELOPMENT_FLAGS = ("python_workers_development", "experimental")
SANDBOX_PATHS = {
    "BINANCE_SPOT_URL": "/binance",
    "BINANCE_FUTURES_URL": "/binance-futures",
    "BYBIT_URL": "/bybit",
    "OKX_URL": "/okx",
    "TELEGRAM_API_URL": "/telegram",
    "CMC_URL": "/cmc",
}
PIPELINE_PATH = "/pipelines/lake"
EXCHANGE_VARIABLES = ("BINANCE_SPOT_URL", "BINANCE_FUTURES_URL", "BYBIT_URL", "OKX_URL")


@dataclass(frozen=True, slots=True)
class LocalRun:
    """What distinguishes one local run from another; `live` leaves the exchanges' public addresses in place.

    `entry` is another Worker to run on the same runtime, which benchmarks compare with.
    """

    sandbox_url: str
    development_bundle: bool
    environment: str = "dev"
    market_mode: str = "synthetic"
    live: bool = False
    pipelines: bool = False  # the lake behind the sandbox's stream instead of R2 alone
    extra_vars: dict[str, str] = field(default_factory=dict[str, str])
    entry: Path | None = None


def load_deployed_config(path: Path = ROOT / "wrangler.toml") -> dict[str, Any]:
    return tomllib.loads(path.read_text())


def local_vars(deployed: dict[str, str], run: LocalRun) -> dict[str, str]:
    """The Worker's variables for this run; `extra_vars` wins over everything else. Secrets travel apart."""
    reached_directly = EXCHANGE_VARIABLES if run.live else ()
    return (
        deployed
        | {
            "ENVIRONMENT": run.environment,
            "MARKET_MODE": "live" if run.live else run.market_mode,
            # Tests start scans by cron ticks of their own; the alarm would only come between them.
            "SCAN_INTERVAL_S": "10" if run.environment == "dev" else "300",
            "LOG_LEVEL": "INFO",
        }
        | ({"PIPELINE_INGEST_URL": run.sandbox_url + PIPELINE_PATH} if run.pipelines else {})
        | {name: run.sandbox_url + path for name, path in SANDBOX_PATHS.items() if name not in reached_directly}
        | {name: value for name, value in run.extra_vars.items() if name not in LOCAL_SECRETS}
    )


def local_secrets(run: LocalRun) -> dict[str, str]:
    """A live run is without what only the sandbox knows, unless it is given."""
    known = {name: value for name, value in LOCAL_SECRETS.items() if not (run.live and name in SYNTHETIC_SECRETS)}
    known |= {"PIPELINE_TOKEN": LOCAL_PIPELINE_TOKEN} if run.pipelines else {}
    return known | {name: value for name, value in run.extra_vars.items() if name in LOCAL_SECRETS}


def render_local_config(deployed: dict[str, Any], run: LocalRun, root: Path = ROOT) -> dict[str, Any]:
    """The whole local wrangler configuration; every path in it is absolute."""
    flags = [*deployed["compatibility_flags"], *(DEVELOPMENT_FLAGS if run.development_bundle else ())]
    database = deployed["d1_databases"][0]
    local: dict[str, Any] = deployed | {
        "main": str(run.entry or root / deployed["main"]),
        "compatibility_flags": flags,
        "vars": local_vars(deployed["vars"], run),
        # Wrangler hands a local Worker no secret but these.
        "secrets": {"required": list(local_secrets(run))},
        "d1_databases": [
            database | {"database_id": LOCAL_DATABASE_ID, "migrations_dir": str(root / database["migrations_dir"])}
        ],
        "kv_namespaces": [
            namespace | {"id": "local-" + namespace["binding"].lower()} for namespace in deployed["kv_namespaces"]
        ],
        "assets": deployed["assets"] | {"directory": str((root / deployed["assets"]["directory"]).resolve())},
    }
    return local


def write_local_config(directory: Path, run: LocalRun) -> Path:
    """Write the configuration, its secrets and the link wrangler needs beside it; return the configuration's path."""
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "wrangler.json"
    config.write_text(json.dumps(render_local_config(load_deployed_config(), run), indent=2))
    secrets = directory / ".dev.vars"
    secrets.write_text("".join(f'{name}="{value}"\n' for name, value in local_secrets(run).items()))
    link = directory / "python_modules"
    if not link.is_symlink():
        link.symlink_to(PYTHON_MODULES)
    return config


def write_workerd_launcher(workerd: Path, bundle_dir: Path, path: Path = CACHE / "workerd") -> Path:
    """Write what wrangler starts as workerd: it adds the bundle's folder, for which wrangler has no option."""
    script = f"""#!/bin/sh
if [ "$1" = serve ]; then
  shift
  exec "{workerd}" serve "--pyodide-bundle-disk-cache-dir={bundle_dir}" "$@"
fi
exec "{workerd}" "$@"
"""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != script:
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(script)
        partial.chmod(0o755)
        partial.rename(path)
    return path
