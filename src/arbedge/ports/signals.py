"""Where technical signals and the record of their rules are kept."""

from typing import Protocol

from arbedge.domain.market import Mode
from arbedge.domain.technical.signals import Signals


class SignalStore(Protocol):
    """Kept per mode, never mixed. Every method raises `StoreUnavailable` and nothing else."""

    async def load(self, mode: Mode) -> Signals | None:
        """The newest batch, whole; None before the first."""
        ...

    async def save(self, mode: Mode, signals: Signals, minimum_bps: float, forget_before: int) -> None:
        """Adds a batch, with the reason against each rule at that minimum; forgets batches that are older."""
        ...
