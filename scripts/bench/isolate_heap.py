"""Reads how much of V8's heap the Worker's own isolate uses, beside its Wasm memory and without any code in it.

The process also runs the local stores, each in an isolate of its own, so its memory as a whole says little about the
Worker.
"""

import json
import subprocess
from pathlib import Path

import httpx

from scripts.bench.process_usage import MB
from scripts.node import find_node

ISOLATE = "core:user:arbedge"
ASKING = Path(__file__).with_suffix(".mjs")
LISTENING = "0A"


def find_inspector(pid: int) -> str | None:
    """The address of the process's inspector: the one of its listening ports that lists isolates."""
    for port in _listening_ports(pid):
        address = f"127.0.0.1:{port}"
        try:
            answer = httpx.get(f"http://{address}/json", timeout=2, trust_env=False)
        except httpx.TransportError:
            continue
        if ISOLATE in answer.text:
            return address
    return None


def read_heap_mb(inspector: str) -> float | None:
    """Objects and buffers in use, garbage not yet collected included; None when the isolate was idle."""
    command = [str(find_node().binary), str(ASKING), inspector, ISOLATE]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    if done.returncode:
        return None
    usage = json.loads(done.stdout)
    return (usage["usedSize"] + usage["backingStorageSize"]) / MB


def _listening_ports(pid: int) -> list[int]:
    sockets: dict[str, int] = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == LISTENING:
            sockets[f"socket:[{fields[9]}]"] = int(fields[1].rpartition(":")[2], 16)
    links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()]
    return [sockets[link] for link in links if link in sockets]
