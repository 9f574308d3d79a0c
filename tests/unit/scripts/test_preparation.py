"""Preparation repeats a step only when it must, and knows a Node that is too old."""

from pathlib import Path

import httpx
import pytest

from scripts.local_database import DatabaseError, migration_files
from scripts.node import NODE_MIN, parse_node_version
from scripts.reachability import PROBES, probe_exchanges
from scripts.stamps import digest_inputs, is_current, mark_current
from scripts.vendor import prune


def test_a_step_is_current_until_its_inputs_or_its_result_are_gone(tmp_path: Path) -> None:
    lock, result, stamps = tmp_path / "lock", tmp_path / "result", tmp_path / "stamps"
    lock.write_text("a")
    result.touch()
    assert not is_current("step", digest_inputs(lock), result, stamps)

    mark_current("step", digest_inputs(lock), stamps)
    assert is_current("step", digest_inputs(lock), result, stamps)

    lock.write_text("b")
    assert not is_current("step", digest_inputs(lock), result, stamps)
    mark_current("step", digest_inputs(lock), stamps)
    result.unlink()
    assert not is_current("step", digest_inputs(lock), result, stamps)


def test_inputs_that_only_join_differently_have_different_digests() -> None:
    assert digest_inputs("ab", "c") != digest_inputs("a", "bc")


@pytest.mark.parametrize(
    ("text", "is_enough"), [("v20.20.2\n", False), ("v22.11.0", False), ("v22.12.0", True), ("v24.19.0", True)]
)
def test_node_versions(text: str, is_enough: bool) -> None:
    version = parse_node_version(text)
    assert version is not None
    assert (version >= NODE_MIN) is is_enough


def test_what_is_no_version_is_none() -> None:
    assert parse_node_version("node: not found") is None


def test_the_vendored_tree_keeps_packages_and_loses_what_is_the_hosts(tmp_path: Path) -> None:
    for name in ("bin/tool", "pkg/__init__.py", "pkg/__pycache__/x.pyc", "pkg/sub/__pycache__/y.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    prune(tmp_path)

    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()] == ["pkg/__init__.py"]


def test_migrations_come_in_order(tmp_path: Path) -> None:
    for name in ("0002_more.sql", "0001_first.sql", "notes.md"):
        (tmp_path / name).touch()

    assert [path.name for path in migration_files(tmp_path)] == ["0001_first.sql", "0002_more.sql"]


@pytest.mark.parametrize("names", [("1_first.sql",), ("0001_a.sql", "0001_b.sql")])
def test_migrations_that_break_the_rule_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).touch()

    with pytest.raises(DatabaseError):
        migration_files(tmp_path)


def test_each_exchange_is_told_apart_when_probed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "bybit":
            return httpx.Response(403, text="<html>")
        if request.url.host == "okx":
            raise httpx.ConnectError("no route")
        return httpx.Response(200, json={})

    addresses = {name: f"https://{name.split('_')[0].lower()}" for name in PROBES}
    found = probe_exchanges(addresses, httpx.MockTransport(answer))

    assert {host.name: host.problem for host in found} == {
        "Binance spot": "",
        "Binance USD-M futures": "",
        "Bybit": "refuses this location (HTTP 403)",
        "OKX": "cannot be reached from here (ConnectError)",
    }
