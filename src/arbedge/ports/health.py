"""How the things we depend on do, where asking them each time would cost too much."""

from typing import Protocol

from msgspec import Struct

from arbedge.domain.market import FeedState


class DependencyHealth(Struct, frozen=True):
    """What a dependency said when it was asked at `checked_at`."""

    name: str
    state: FeedState
    error: str | None
    checked_at: int
    last_success_at: int | None


class Dependencies(Protocol):
    """Raises `StoreUnavailable` and nothing else."""

    async def save(self, health: DependencyHealth) -> None:
        """Records a check; the last success is kept when this one failed."""
        ...

    async def load(self, name: str) -> DependencyHealth | None: ...

    async def load_queue_lag(self, now: int) -> DependencyHealth:
        """The queues as the records show them: whether what was announced has been distributed since."""
        ...
