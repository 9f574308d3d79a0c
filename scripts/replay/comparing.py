"""Compares what was recorded with what the replay came to: counts by kind, and the first differences to read."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

Kind = Literal["opportunity", "decision", "checkpoint", "distribution", "message"]
Verdict = Literal["equal", "different", "not_recorded"]
KINDS: Final[tuple[Kind, ...]] = ("opportunity", "decision", "checkpoint", "distribution", "message")
SHOWN_MAX: Final = 12
ABSENT: Final = "nothing"


class Difference(Struct, frozen=True):
    """One place where the two disagree: `path` leads to it inside the thing that `what` names."""

    kind: Kind
    what: str
    path: str
    recorded: str
    replayed: str


class Comparison:
    """Counts every thing once as equal, different or not recorded, and keeps the first differences."""

    def __init__(self) -> None:
        self.counts: dict[Kind, Counter[Verdict]] = {kind: Counter() for kind in KINDS}
        self.shown: list[Difference] = []

    @property
    def different(self) -> int:
        return sum(counts["different"] for counts in self.counts.values())

    @property
    def not_recorded(self) -> int:
        return sum(counts["not_recorded"] for counts in self.counts.values())

    def compare(self, kind: Kind, what: str, recorded: Any, replayed: Any) -> bool:
        """Equal when the canonical JSON is; None stands for a thing that is not there."""
        if encode(recorded) == encode(replayed):
            self.counts[kind]["equal"] += 1
            return True
        self.counts[kind]["different"] += 1
        if len(self.shown) < SHOWN_MAX:
            places = find_differences(to_plain(recorded), to_plain(replayed))
            path, ours, theirs = next(places, ("", recorded, replayed))
            more = sum(1 for _ in places)
            path += f" (and {more} more)" if more else ""
            self.shown.append(Difference(kind, what, path, shorten(ours), shorten(theirs)))
        return False

    def miss(self, kind: Kind, count: int = 1) -> None:
        """Counts things that cannot be compared, since something they were made of is not recorded."""
        if count:
            self.counts[kind]["not_recorded"] += count


def encode(thing: Any) -> bytes:
    """Canonical JSON: the same bytes for the same thing."""
    return msgspec.json.encode(thing, order="deterministic")


def to_plain(thing: Any) -> Any:
    return msgspec.json.decode(encode(thing))


def find_differences(recorded: Any, replayed: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each place where two plain documents disagree as (path, recorded, replayed), in order of path."""
    if isinstance(recorded, dict) and isinstance(replayed, dict):
        for name in sorted(recorded.keys() | replayed.keys()):
            inner = f"{path}.{name}" if path else str(name)
            yield from find_differences(recorded.get(name, ABSENT), replayed.get(name, ABSENT), inner)
    elif isinstance(recorded, list) and isinstance(replayed, list):
        for index in range(max(len(recorded), len(replayed))):
            pair = [side[index] if index < len(side) else ABSENT for side in (recorded, replayed)]
            yield from find_differences(pair[0], pair[1], f"{path}[{index}]")
    elif recorded != replayed or type(recorded) is not type(replayed):
        yield path, recorded, replayed


def shorten(thing: Any) -> str:
    if thing is None or thing == ABSENT:
        return ABSENT
    text = thing if isinstance(thing, str) else encode(thing).decode()
    return text if len(text) <= 120 else f"{text[:117]}..."
