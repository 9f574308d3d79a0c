"""What re-pricings add up to: how much of what was claimed was there, and how often stated odds were right."""

from typing import Literal, Protocol

from msgspec import Struct

from arbedge.domain.appraisal import State, Step
from arbedge.domain.market import Mode

Grouping = Literal["all", "type", "exchanges", "confidence"]


class Realised(Struct, frozen=True):
    """Realised over claimed in one group; the quartiles are of those that have a number.

    `judged` also counts those whose size the books no longer held: nothing of them was left.
    """

    grouping: Grouping
    name: str
    step: Step
    n: int
    judged: int
    median: float | None
    lower_quartile: float | None
    upper_quartile: float | None
    positive_share: float


class Answered(Struct, frozen=True):
    """How many steps ended how; `reason` says why there is no number."""

    step: Step
    state: State
    reason: str | None
    count: int


class Bin(Struct, frozen=True):
    """Alerts whose stated probability lay in [low, high): what was said, and what happened."""

    low: float
    high: float
    n: int
    mean_p: float
    positive_share: float


class Calibration(Struct, frozen=True):
    """Stated probabilities against what happened; `brier` is the mean squared difference, None without any."""

    n: int
    brier: float | None
    bins: list[Bin]


class Totals(Struct, frozen=True):
    realised: list[Realised]
    answered: list[Answered]
    calibration: Calibration


class TrackRecord(Protocol):
    async def sum_up(self, mode: Mode, since: int, rows_max: int) -> Totals:
        """Over the newest claims of one mode since then. Raises `StoreUnavailable` and nothing else."""
        ...
