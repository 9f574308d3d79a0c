"""Where public market data that somebody asked for is kept, and how often each place could answer."""

from collections.abc import Mapping
from typing import Literal, Protocol

from msgspec import Struct

from arbedge.domain.market import Source

Kind = Literal["feed", "book", "candles", "funding_history", "instruments"]
Served = Source | Literal["nobody"]


class Documents(Protocol):
    """Texts by key. Raises `StoreUnavailable` and nothing else."""

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, document: bytes) -> None: ...


class Reads(Struct, frozen=True):
    """How many reads of a kind were served by whom."""

    kind: Kind
    served: Served
    reads: int


class ReadCounts(Protocol):
    """Reads by the hour. Raises `StoreUnavailable` and nothing else."""

    async def add(self, counts: Mapping[tuple[Kind, Served], int], now: int) -> None: ...

    async def load(self, since: int) -> list[Reads]: ...
