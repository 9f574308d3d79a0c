"""Vendors the Worker's packages into python_modules by plain pip, for the platform Pyodide runs on.

Standard library only: it runs before anything is installed.
"""

import shutil
import subprocess
from pathlib import Path

from scripts.layout import PYTHON_MODULES, REQUIREMENTS

# Pyodide 314: CPython 3.14 on Emscripten. pip still evaluates environment markers for the host.
TARGET_PLATFORM = (
    *("--only-binary=:all:", "--platform", "pyemscripten_2026_0_wasm32", "--platform", "any"),
    *("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314", "--abi", "none"),
)


def vendor_packages(pip: list[str], destination: Path = PYTHON_MODULES) -> None:
    """Install worker.lock into `destination`, replacing what was there only once all of it is complete."""
    partial = destination.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = [*pip, "install", "-qq", "--target", str(partial), "--no-compile", "--no-deps", "--require-hashes"]
    subprocess.run([*command, *TARGET_PLATFORM, "-r", str(REQUIREMENTS / "worker.lock")], check=True)
    prune(partial)
    shutil.rmtree(destination, ignore_errors=True)
    partial.rename(destination)


def prune(tree: Path) -> None:
    """Drop what a Worker cannot use: console scripts and compiled files of the host."""
    shutil.rmtree(tree / "bin", ignore_errors=True)
    for compiled in list(tree.rglob("__pycache__")):
        shutil.rmtree(compiled, ignore_errors=True)
