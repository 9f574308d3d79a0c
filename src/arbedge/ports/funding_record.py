"""The record of what settlements really charged, by perpetual and day."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from arbedge.domain.funding_record import ChargedFunding, FundingDay, PerpKey
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Mode


class FundingRead(Struct, frozen=True):
    """One attempt to read a perpetual's settlements; without `read_at` the exchange gave no answer."""

    exchange: ExchangeId
    symbol: str
    asked_at: int
    read_at: int | None
    days: Sequence[FundingDay]


class FundingRecord(Protocol):
    """Kept per mode, never mixed. Every method raises `StoreUnavailable` and nothing else."""

    async def find_next(self, mode: Mode, asked_before: int, turn_at: int) -> list[Instrument]:
        """One perpetual of each exchange that has not had its turn at `turn_at` yet: of those not asked for since
        `asked_before` one that an open position would hold, else who has waited longest.
        """
        ...

    async def save(self, mode: Mode, reads: Sequence[FundingRead], forget_before: int) -> None:
        """Adds days, or replaces them by fuller ones; forgets days before that moment."""
        ...

    async def load(self, mode: Mode, keys: Collection[PerpKey], since: int) -> Mapping[PerpKey, ChargedFunding]:
        """The days that began at `since` or later, for those of the perpetuals that have any."""
        ...
