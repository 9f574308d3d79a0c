"""Locks carry versions and hashes and no addresses, and are the same whatever order pip answers in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.bootstrap import select_requirements
from scripts.layout import REQUIREMENTS, ROOT
from scripts.lock import UnlockableError, collect_pins, render_lock

names = st.sampled_from(["anyio", "httpx", "httpx-extra", "idna", "pip", "pip-tools"])
digests = st.integers(0, 9).map(lambda digit: f"{digit:064x}")
pins = st.dictionaries(names, st.tuples(st.sampled_from(["1.0", "2.1.3"]), digests), max_size=8)


def entry(name: str, version: str, archive: dict[str, Any]) -> dict[str, Any]:
    address = f"https://registry.invalid/{name}.whl"
    return {"metadata": {"name": name, "version": version}, "download_info": {"url": address, "archive_info": archive}}


def test_pins_are_read_from_either_form_of_pips_report() -> None:
    report = {
        "install": [
            entry("Typing_Extensions", "4.16.0", {"hashes": {"sha256": "aa"}}),
            entry("zope.thing", "1.0", {"hash": "sha256=bb"}),
        ]
    }

    assert collect_pins(report) == {"typing-extensions": ("4.16.0", "aa"), "zope-thing": ("1.0", "bb")}


def test_a_package_without_a_hash_cannot_be_locked() -> None:
    with pytest.raises(UnlockableError, match="thing"):
        collect_pins({"install": [entry("thing", "1.0", {})]})


@given(pins, st.lists(pins, max_size=3))
def test_a_lock_is_sorted_and_complete_and_never_mixes_versions(
    own: dict[str, tuple[str, str]], others: list[dict[str, tuple[str, str]]]
) -> None:
    lines = render_lock(own, others).splitlines()

    assert [line.split("==")[0] for line in lines if line] == sorted(own)
    for line in filter(None, lines):
        name, _, rest = line.partition("==")
        version, *hashes = rest.split(" --hash=sha256:")
        assert (version, hashes[0]) == own[name]
        assert set(hashes[1:]) == {o[name][1] for o in others if o.get(name, ("",))[0] == version} - {hashes[0]}


def test_only_the_packages_asked_for_are_selected() -> None:
    lock = "pip==26.3 --hash=sha256:aa\npip-tools==1 --hash=sha256:bb\nruff==1 --hash=sha256:cc\n"

    assert select_requirements(lock, ["pip", "ruff"]) == "pip==26.3 --hash=sha256:aa\nruff==1 --hash=sha256:cc\n"


@pytest.mark.parametrize("path", [REQUIREMENTS / "dev.lock", REQUIREMENTS / "worker.lock"], ids=lambda path: path.name)
def test_the_committed_locks_pin_everything_and_name_no_host(path: Any) -> None:
    for line in path.read_text().splitlines():
        name, *hashes = line.split(" ")
        assert "==" in name
        assert hashes
        assert all(value.startswith("--hash=sha256:") for value in hashes)


def test_the_node_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
