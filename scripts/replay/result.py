"""The result of a replay: one canonical line of JSON for everything it came to, and the digest of all lines."""

import hashlib
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from scripts.replay.comparing import encode


class Result:
    """Writes lines into a file, where one is given; without a file only the digest and the count are kept."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.lines = 0
        self._digest = hashlib.sha256()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def add(self, kind: str, **figures: Any) -> None:
        line = encode({"kind": kind, **figures}) + b"\n"
        self._digest.update(line)
        self.lines += 1
        if self._file is not None:
            self._file.write(line)
