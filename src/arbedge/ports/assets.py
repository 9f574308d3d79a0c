"""What is known of the assets behind the tickers."""

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from arbedge.domain.identity import Naming

AssetState = Literal["matched", "ambiguous", "unknown"]


class Asset(Struct, frozen=True):
    """An asset and the coin it is at CoinMarketCap, if that is certain; else the coins it may be."""

    id: str
    state: AssetState
    cmc_id: int | None = None
    cmc_candidates: list[int] = []
    name: str | None = None
    chain: str | None = None
    contract: str | None = None


class Assets(Protocol):
    """Raises `StoreUnavailable` and nothing else."""

    async def save(self, assets: Sequence[Asset], now: int) -> None:
        """Writes what changed. A match stays while its coin is still among the candidates."""
        ...

    async def save_namings(self, namings: Sequence[Naming]) -> None:
        """Makes these the stored tickers that are not their asset's own name."""
        ...

    async def load(self, asset_id: str) -> Asset | None: ...

    async def load_namings(self, asset_id: str) -> list[Naming]:
        """What the exchanges call an asset where it is not its own name."""
        ...

    async def count(self) -> dict[AssetState, int]: ...
