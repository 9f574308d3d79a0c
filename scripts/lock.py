"""Regenerates every lock from its input: exact versions and hashes, no addresses, so any registry may serve them."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.layout import REQUIREMENTS, ROOT
from scripts.node import find_node
from scripts.vendor import TARGET_PLATFORM

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
# Machines beside the one that makes the lock, whose wheels it also admits where a registry has them.
OTHER_PYTHONS = ("3.11", "3.12", "3.13")
OTHER_ARCHITECTURES = ("x86_64", "aarch64")


_MISSING = re.compile(r"No matching distribution found for (\S+)")


class UnlockableError(RuntimeError):
    """pip cannot resolve the input, or its report lacks what a lock needs."""


def collect_pins(report: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Name -> (version, sha256) of everything pip would install."""
    pins: dict[str, tuple[str, str]] = {}
    for item in report["install"]:
        name = str(item["metadata"]["name"]).lower().replace("_", "-").replace(".", "-")
        archive = item["download_info"].get("archive_info", {})
        digest = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").removeprefix("sha256=")
        if not digest:
            raise UnlockableError(f"{name}: the registry gave no sha256 for it")
        pins[name] = (str(item["metadata"]["version"]), digest)
    return pins


def render_lock(pins: dict[str, tuple[str, str]], others: list[dict[str, tuple[str, str]]]) -> str:
    """One line a package, sorted; hashes of other machines' files of the same version are added to it."""
    lines: list[str] = []
    for name, (version, digest) in sorted(pins.items()):
        same = (other[name] for other in others if name in other)
        more = sorted({found for found_version, found in same if found_version == version} - {digest})
        lines.append(" ".join([f"{name}=={version}", *(f"--hash=sha256:{value}" for value in [digest, *more])]))
    return "\n".join(lines) + "\n"


def resolve(arguments: list[str]) -> dict[str, tuple[str, str]]:
    """What pip would install; raises `UnlockableError` with pip's own words when it cannot."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        command = [*PIP, "install", "--quiet", "--dry-run", "--ignore-installed", "--target", directory]
        done = subprocess.run(
            [*command, "--report", str(report), *arguments], check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise UnlockableError(done.stderr[-4000:])
        return collect_pins(json.loads(report.read_text()))


def lock_worker() -> None:
    pins = resolve([*TARGET_PLATFORM, "-r", str(REQUIREMENTS / "worker.in")])
    (REQUIREMENTS / "worker.lock").write_text(render_lock(pins, []))


def lock_dev() -> None:
    pins = resolve(["-r", str(REQUIREMENTS / "dev.in")])
    exact = [f"{name}=={version}" for name, (version, _) in pins.items()]
    machines = [(python, architecture) for python in OTHER_PYTHONS for architecture in OTHER_ARCHITECTURES]
    others = [resolve_elsewhere(exact, python, architecture) for python, architecture in machines]
    (REQUIREMENTS / "dev.lock").write_text(render_lock(pins, others))


def resolve_elsewhere(exact: list[str], python: str, architecture: str) -> dict[str, tuple[str, str]]:
    """The same versions for another machine; a package without a wheel there is named and left out of the answer."""
    platforms = [f"manylinux_2_{minor}_{architecture}" for minor in range(39, 4, -1)]
    platforms += [f"manylinux2014_{architecture}", f"manylinux1_{architecture}", f"linux_{architecture}", "any"]
    target = ["--only-binary=:all:", "--no-deps", "--python-version", python, "--implementation", "cp"]
    target += [argument for platform in platforms for argument in ("--platform", platform)]
    target += [argument for abi in (f"cp{python.replace('.', '')}", "abi3", "none") for argument in ("--abi", abi)]
    wanted = list(exact)
    while True:
        try:
            return resolve([*target, *wanted])
        except UnlockableError as error:
            missing = set(_MISSING.findall(str(error))) & set(wanted)
            if not missing:
                raise
            print(f"  no wheel for Python {python} on {architecture}: {', '.join(missing)}", flush=True)
            wanted = [pin for pin in wanted if pin not in missing]


def lock_node() -> None:
    node = find_node()
    flags = ["--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund"]
    command = [str(node.binary), str(node.npm_cli), "install", *flags]
    subprocess.run(command, cwd=ROOT, env=os.environ | node.environment(), check=True)


def main() -> None:
    print("worker.lock", flush=True)
    lock_worker()
    print("dev.lock", flush=True)
    lock_dev()
    print("package-lock.json", flush=True)
    lock_node()


if __name__ == "__main__":
    main()
