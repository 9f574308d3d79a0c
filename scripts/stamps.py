"""Remembers what each preparation step was made from, so that a step runs again only when its inputs changed."""

import hashlib
from pathlib import Path

from scripts.layout import CACHE


def digest_inputs(*inputs: Path | str) -> str:
    """One digest over the content of files and over plain strings, in the order given."""
    digest = hashlib.sha256()
    for item in inputs:
        content = item.read_bytes() if isinstance(item, Path) else item.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def is_current(step: str, digest: str, result: Path, stamps: Path = CACHE / "stamps") -> bool:
    """Whether `result` exists and was made from inputs of this digest."""
    stamp = stamps / step
    return result.exists() and stamp.exists() and stamp.read_text() == digest


def mark_current(step: str, digest: str, stamps: Path = CACHE / "stamps") -> None:
    stamps.mkdir(parents=True, exist_ok=True)
    (stamps / step).write_text(digest)
