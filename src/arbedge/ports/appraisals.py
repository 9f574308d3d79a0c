"""What became of what was alerted: the record of re-pricings, and who sees to it that they happen."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from arbedge.domain.appraisal import Appraisal, Due
from arbedge.domain.budget import Host
from arbedge.domain.instruments import Instrument
from arbedge.ports.store import FeedHealth


class RoundStart(Struct, frozen=True):
    """What is due, oldest first, the instruments of its legs, and what is known of the exchanges to be asked."""

    due: list[Due]
    instruments: list[Instrument]
    feeds: list[FeedHealth]
    hosts: dict[str, Host]


class Appraisals(Protocol):
    """Steps are scheduled with the opportunities they belong to. Every method raises `StoreUnavailable` alone."""

    async def load_due(self, now: int, limit: int) -> RoundStart: ...

    async def load_next(self) -> int | None:
        """When the next step is due that has no answer yet."""
        ...

    async def save(self, answers: Sequence[Appraisal], hosts: Mapping[str, Host], now: int) -> None:
        """Records answers, each step's once: a second answer changes nothing."""
        ...

    async def load(self, opportunity_id: str) -> list[Appraisal]:
        """All steps of an opportunity, in the order in which they are due."""
        ...

    async def load_of(self, opportunity_ids: Sequence[str]) -> dict[str, list[Appraisal]]:
        """The same of several; one without steps is left out."""
        ...


class Appraiser(Protocol):
    """Values again what is due, in its own time and nobody else's."""

    async def wake(self) -> None:
        """Makes sure that it rings for whatever is due next."""
        ...
