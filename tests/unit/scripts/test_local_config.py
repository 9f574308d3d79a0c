"""A local run differs from the deployed Worker only where it must, and leaves the deployed file as it is."""

import copy
from pathlib import Path

import pytest

from arbedge.config import NAMES, load_settings
from arbedge.errors import ConfigurationError
from scripts.layout import ROOT
from scripts.local_config import (
    EXCHANGE_VARIABLES,
    LocalRun,
    load_deployed_config,
    local_secrets,
    local_vars,
    render_local_config,
    write_workerd_launcher,
)

SANDBOX = "http://127.0.0.1:8790"


def run(**changes: object) -> LocalRun:
    return LocalRun(**({"sandbox_url": SANDBOX, "development_bundle": True} | changes))  # type: ignore[arg-type]


def test_the_deployed_file_carries_nothing_local() -> None:
    deployed = load_deployed_config()

    assert deployed["compatibility_flags"] == ["python_workers", "enable_request_signal"]
    assert deployed["vars"]["ENVIRONMENT"] == "production"
    assert deployed["vars"]["MARKET_MODE"] == "live"
    assert all(value.startswith("https://") for name, value in deployed["vars"].items() if name.endswith("_URL"))
    assert not set(deployed["secrets"]["required"]) & set(deployed["vars"])


def test_every_setting_has_a_place_in_the_deployed_file() -> None:
    text = (ROOT / "wrangler.toml").read_text()

    assert [name for name in NAMES if name not in text] == []


@pytest.mark.parametrize("live", [False, True])
def test_the_worker_accepts_the_settings_of_a_local_run(live: bool) -> None:
    settings = load_settings(local_vars(load_deployed_config()["vars"], run(live=live)) | local_secrets(run()))

    assert settings.environment == "dev"
    assert settings.telegram_api_url == f"{SANDBOX}/telegram"


def test_a_live_run_reads_the_exchanges_themselves_and_nothing_else_of_the_world() -> None:
    deployed = load_deployed_config()["vars"]
    live, sandboxed = local_vars(deployed, run(live=True)), local_vars(deployed, run())

    assert {name: live[name] for name in EXCHANGE_VARIABLES} == {name: deployed[name] for name in EXCHANGE_VARIABLES}
    assert all(sandboxed[name].startswith(SANDBOX) for name in EXCHANGE_VARIABLES)
    assert live["TELEGRAM_API_URL"].startswith(SANDBOX)
    assert (live["MARKET_MODE"], sandboxed["MARKET_MODE"]) == ("live", "synthetic")


def test_extra_variables_win() -> None:
    assert local_vars({}, run(extra_vars={"OKX_URL": "http://127.0.0.1:1"}))["OKX_URL"] == "http://127.0.0.1:1"


def test_the_development_flags_follow_the_bundle() -> None:
    deployed = load_deployed_config()

    assert "python_workers_development" in render_local_config(deployed, run())["compatibility_flags"]
    official = render_local_config(deployed, run(development_bundle=False))
    assert official["compatibility_flags"] == deployed["compatibility_flags"]


def test_paths_are_absolute_and_bindings_are_the_deployed_ones() -> None:
    deployed = load_deployed_config()
    before = copy.deepcopy(deployed)
    local = render_local_config(deployed, run(), root=Path("/somewhere"))

    assert deployed == before
    assert local["main"] == "/somewhere/src/entry.py"
    assert local["d1_databases"][0]["migrations_dir"] == "/somewhere/migrations"
    assert local["assets"]["directory"] == "/somewhere/public"
    assert local["queues"] == deployed["queues"]
    assert [store["binding"] for store in local["kv_namespaces"]] == ["KV"]


def test_every_queue_has_a_consumer_and_a_dead_letter_queue_that_is_consumed_too() -> None:
    queues = load_deployed_config()["queues"]
    consumers = {consumer["queue"]: consumer for consumer in queues["consumers"]}

    for producer in queues["producers"]:
        assert consumers[producer["queue"]]["dead_letter_queue"] in consumers


def test_the_launcher_adds_the_bundle_folder_to_serve_and_to_nothing_else(tmp_path: Path) -> None:
    launcher = write_workerd_launcher(Path("/real/workerd"), Path("/bundles"), tmp_path / "workerd")
    script = launcher.read_text()

    assert launcher.stat().st_mode & 0o111
    assert 'exec "/real/workerd" serve "--pyodide-bundle-disk-cache-dir=/bundles" "$@"' in script
    assert script.rstrip().endswith('exec "/real/workerd" "$@"')


@pytest.mark.parametrize("value", ["4", "301", "0", "-10", "1e1", "ten", "10.5", "٣٠"])
def test_a_scan_interval_out_of_bounds_is_refused(value: str) -> None:
    environment = local_vars(load_deployed_config()["vars"], run()) | local_secrets(run())

    with pytest.raises(ConfigurationError, match="SCAN_INTERVAL_S must be a whole number from 5 to 300"):
        load_settings(environment | {"SCAN_INTERVAL_S": value})


def test_scans_are_ten_seconds_apart_unless_a_deployment_says_otherwise() -> None:
    environment = local_vars(load_deployed_config()["vars"], run()) | local_secrets(run())
    del environment["SCAN_INTERVAL_S"]

    assert load_settings(environment).scan_interval_s == 10
    assert load_settings(environment | {"SCAN_INTERVAL_S": "60"}).scan_interval_s == 60
