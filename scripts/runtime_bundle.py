"""Provides the Pyodide bundle that workerd runs Python on.

The official one where its host answers, else one assembled from npm, which is the
runtime's own development path: it serves local runs and CI and is never deployed.
"""

import base64
import hashlib
import importlib
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from scripts.layout import CACHE, NODE_MODULES, ROOT
from scripts.pyodide_glue import adapt_glue
from scripts.stamps import digest_inputs

BUNDLE_DIR = CACHE / "pyodide"
OFFICIAL_NAME = "pyodide_314.0.6_2026-08-17_11.capnp.bin"
OFFICIAL_URL = f"https://pyodide-capnp-bin.edgeworker.net/{OFFICIAL_NAME}"
# The integrity that workerd itself demands of that file.
OFFICIAL_SHA256 = base64.b64decode("NItCLHMj/EjOzDcedzbUDicMYO9n9q0loNUX4scRvbE=").hex()
OFFICIAL_TIMEOUT_S = 4
DEVELOPMENT_NAME = "pyodide_dev.capnp.bin"
PYODIDE_VERSION = "314.0.6"


@dataclass(frozen=True, slots=True)
class RuntimeBundle:
    """A bundle on disk that was verified; `development` asks for the local compatibility flags."""

    path: Path
    sha256: str
    development: bool


def bundle_inputs() -> str:
    """A digest of what an assembled bundle is made of."""
    own = [ROOT / "scripts" / name for name in ("pyodide_glue.py", "pyodide_bundle.capnp")]
    return digest_inputs(*own, NODE_MODULES / "pyodide" / "package.json", OFFICIAL_SHA256)


def cached_bundle(inputs: str) -> RuntimeBundle | None:
    """The bundle on disk, if it was made from these inputs and its content still has the recorded hash."""
    record = BUNDLE_DIR / "bundle.json"
    if not record.exists():
        return None
    recorded = json.loads(record.read_text())
    path = BUNDLE_DIR / recorded["file"]
    if recorded["inputs"] != inputs or not path.exists() or _sha256(path) != recorded["sha256"]:
        return None
    return RuntimeBundle(path, recorded["sha256"], recorded["development"])


def make_bundle(inputs: str) -> RuntimeBundle:
    """Obtain the bundle and record its hash."""
    BUNDLE_DIR.mkdir(parents=True, exist_ok=True)
    bundle = _download_official() or _assemble()
    content = {"file": bundle.path.name, "sha256": bundle.sha256, "development": bundle.development, "inputs": inputs}
    (BUNDLE_DIR / "bundle.json").write_text(json.dumps(content))
    return bundle


def load_bundle() -> RuntimeBundle:
    """Return the bundle that the preparation left; raises when there is none."""
    recorded = json.loads((BUNDLE_DIR / "bundle.json").read_text())
    return RuntimeBundle(BUNDLE_DIR / recorded["file"], recorded["sha256"], recorded["development"])


def _download_official() -> RuntimeBundle | None:
    """None where the host cannot be reached within the time a person would wait for it."""
    try:
        with urllib.request.urlopen(OFFICIAL_URL, timeout=OFFICIAL_TIMEOUT_S) as response:
            content = response.read()
    except (urllib.error.URLError, TimeoutError, OSError):
        return None
    digest = hashlib.sha256(content).hexdigest()
    if digest != OFFICIAL_SHA256:
        print(f"the official Pyodide bundle has the hash {digest}, not the expected one; assembling it instead")
        return None
    path = BUNDLE_DIR / OFFICIAL_NAME
    path.write_bytes(content)
    return RuntimeBundle(path, digest, development=False)


def _assemble() -> RuntimeBundle:
    pyodide = NODE_MODULES / "pyodide"
    version = json.loads((pyodide / "package.json").read_text())["version"]
    if version != PYODIDE_VERSION:
        raise RuntimeError(f"pyodide {version} is installed; this workerd runs {PYODIDE_VERSION}")
    # Imported here, since only this path needs it and it is not installed while the environment is being made.
    capnp = importlib.import_module("capnp")
    schema = capnp.load(str(ROOT / "scripts" / "pyodide_bundle.capnp"))
    bundle = schema.Bundle.new_message()
    modules = bundle.init("modules", 3)
    contents = (
        ("pyodide.asm", "src", adapt_glue((pyodide / "pyodide.asm.mjs").read_text()).encode()),
        ("pyodide.asm.wasm", "wasm", (pyodide / "pyodide.asm.wasm").read_bytes()),
        ("python_stdlib.zip", "data", (pyodide / "python_stdlib.zip").read_bytes()),
    )
    for module, (name, kind, content) in zip(modules, contents, strict=True):
        module.name = f"pyodideRuntime-internal:{name}"
        module.type = "internal"
        setattr(module, kind, content)
    path = BUNDLE_DIR / DEVELOPMENT_NAME
    partial = path.with_suffix(".partial")
    partial.write_bytes(bundle.to_bytes())
    partial.rename(path)
    return RuntimeBundle(path, _sha256(path), development=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


if __name__ == "__main__":
    make_bundle(bundle_inputs())
