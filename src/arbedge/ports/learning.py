"""Where outcomes become experience: the examples to learn from, and what has been learned."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from arbedge.domain.confidence import Example, Learned, Model
from arbedge.domain.market import Mode


class Outcome(NamedTuple):
    """An example with the pair that it is counted for."""

    pair: str
    example: Example


class Learning(Protocol):
    """Kept per mode, never mixed. Every method raises `StoreUnavailable` and nothing else."""

    async def load_outcomes(self, mode: Mode, limit: int) -> Sequence[Outcome]:
        """The newest alerts that were judged at the first step."""
        ...

    async def load(self, mode: Mode) -> Learned | None: ...

    async def save(self, learned: Learned, trained: Model | None, forget_before: int) -> None:
        """Keeps what was learned and the model that was trained, whether or not it is in use; forgets old outcomes."""
        ...
