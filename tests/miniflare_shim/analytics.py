"""Analytics Engine: keeps the points it is given, and refuses those that production would refuse or cut."""

import math
from dataclasses import dataclass
from typing import Any

from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.conversion import options_of
from tests.miniflare_shim.errors import JsError

BLOBS_MAX = 20
DOUBLES_MAX = 20
INDEXES_MAX = 1
BLOBS_BYTES_MAX = 16 * 1024
INDEX_BYTES_MAX = 96
POINTS_PER_INVOCATION_MAX = 25


@dataclass(frozen=True, slots=True)
class DataPoint:
    at_ms: int
    blobs: tuple[str, ...]
    doubles: tuple[float, ...]
    indexes: tuple[str, ...]


class AnalyticsEngineDataset:
    """The binding. `points` is what a query would find; `begin_invocation` starts a new event's allowance."""

    def __init__(self, *, clock: VirtualClock) -> None:
        self._clock = clock
        self._in_invocation = 0
        self.points: list[DataPoint] = []

    def begin_invocation(self) -> None:
        self._in_invocation = 0

    def writeDataPoint(self, options: dict[str, Any] | None = None, **named: Any) -> None:  # noqa: N802
        """Returns at once and is not awaited."""
        asked = options_of(options, named)
        blobs = _checked(asked.get("blobs", []), "blobs", BLOBS_MAX)
        doubles = _checked(asked.get("doubles", []), "doubles", DOUBLES_MAX)
        indexes = _checked(asked.get("indexes", []), "indexes", INDEXES_MAX)
        if sum(len(blob.encode()) for blob in blobs) > BLOBS_BYTES_MAX:
            raise _refused(f"Blobs exceed {BLOBS_BYTES_MAX} bytes.")
        if any(len(index.encode()) > INDEX_BYTES_MAX for index in indexes):
            raise _refused(f"Size of indexes[0] exceeds {INDEX_BYTES_MAX} bytes.")
        if not all(isinstance(each, (int, float)) and math.isfinite(each) for each in doubles):
            raise _refused("doubles are finite numbers.")
        self._in_invocation += 1
        if self._in_invocation > POINTS_PER_INVOCATION_MAX:
            raise _refused(f"Maximum of {POINTS_PER_INVOCATION_MAX} data points per invocation.")
        self.points.append(DataPoint(self._clock.now_ms(), tuple(blobs), tuple(map(float, doubles)), tuple(indexes)))


def _checked(values: list[Any], name: str, most: int) -> list[Any]:
    if len(values) > most:
        raise _refused(f"Maximum of {most} {name} supported.")
    return values


def _refused(words: str) -> JsError:
    return JsError(f"writeDataPoint(): {words}", name="TypeError")
