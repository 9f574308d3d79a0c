"""Coins as a whole rather than on one exchange: what they are, what they cost, and how the market feels.

The source is metered, so it comes with a ledger of what was spent and with a cache of what was said last.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from arbedge.domain.market import Mode
from arbedge.domain.quota import Account, Ledger, Pause, Refusal

T = TypeVar("T")


class CoinIdentity(Struct, frozen=True):
    """A coin by the id that never changes. Many coins share a symbol; `rank` 1 is the largest, None is unranked."""

    id: int
    symbol: str
    name: str
    slug: str
    rank: int | None
    is_active: bool
    platform: str | None = None  # the chain's slug, for tokens
    token_address: str | None = None


class CoinQuote(Struct, frozen=True):
    """One coin's figures in US dollars across all exchanges; changes and dominance in percent. None is not known."""

    id: int
    symbol: str
    name: str
    slug: str
    rank: int | None
    price: Decimal
    volume_24h: Decimal | None
    market_cap: Decimal | None
    change_1h_percent: float | None
    change_24h_percent: float | None
    change_7d_percent: float | None
    dominance_percent: float | None
    quoted_at: int


class GlobalMetrics(Struct, frozen=True):
    """The whole market in US dollars; dominance and changes in percent."""

    market_cap: Decimal
    volume_24h: Decimal
    market_cap_change_24h_percent: float | None
    altcoin_market_cap: Decimal | None
    defi_market_cap: Decimal | None
    stablecoin_volume_24h: Decimal | None
    btc_dominance_percent: float
    eth_dominance_percent: float
    active_coins: int
    active_exchanges: int
    updated_at: int


class FearAndGreed(Struct, frozen=True):
    """Sentiment from 0 (fear) to 100 (greed), with the source's own word for it."""

    value: int
    classification: str
    updated_at: int


class Paid(Struct, Generic[T], frozen=True):
    """An answer, what it says it cost, and when its last byte arrived."""

    value: T
    credits: int | None
    received_at: int


class CoinSource(Protocol):
    """Asks the metered source. Every method raises a `CoinDataError` and nothing else when it has no answer."""

    async def fetch_quotes(self, ids: Sequence[int]) -> Paid[list[CoinQuote]]:
        """Quotes by id; a coin without a price or unknown to the source is left out."""
        ...

    async def fetch_quotes_by_symbol(self, symbols: Sequence[str]) -> Paid[list[CoinQuote]]:
        """Every coin that has one of the symbols, the largest of each symbol first: for finding ids only."""
        ...

    async def fetch_listings(self, limit: int) -> Paid[list[CoinQuote]]:
        """The largest coins by market capitalisation, largest first."""
        ...

    async def fetch_global_metrics(self) -> Paid[GlobalMetrics]: ...

    async def fetch_fear_and_greed(self) -> Paid[FearAndGreed]: ...

    async def fetch_map(self, limit: int) -> Paid[list[CoinIdentity]]:
        """Ids and symbols of active coins by rank, with the contract's address where there is one."""
        ...

    async def fetch_account(self) -> Paid[Account]: ...


class Grant(Struct, frozen=True):
    """Leave to make one call, paid in advance until it is settled."""

    id: str
    credits: int


class CreditLedger(Protocol):
    """What was spent, exact whoever spends at the same time. Raises `StoreUnavailable` and nothing else."""

    async def reserve(self, topic: str, cost: int, now: int, *, is_priority: bool) -> Grant | Refusal:
        """Takes the credits of a call in advance, or says why not. One call a topic at a time.

        A grant whose answer was lost stays reserved until the account itself says what was spent.
        """
        ...

    async def settle(self, grant: Grant, cost: int, now: int) -> None:
        """Puts what the call really cost in the place of what was reserved. A repeat changes nothing."""
        ...

    async def pause(self, pause: Pause, until: int | None) -> None:
        """No calls before `until`; None is the end of the month. See `Pause` for which calls."""
        ...

    async def reconcile(self, account: Account, asked_at: int, now: int) -> Ledger:
        """Corrects the ledger by what the account said of itself when it was asked; returns the ledger."""
        ...

    async def load(self, now: int) -> Ledger: ...


class Kept(Struct, Generic[T], frozen=True):
    """A value as it was fetched, and what market stood behind it."""

    value: T
    fetched_at: int
    mode: Mode


class CoinCache(Protocol):
    """The last answer to each topic. Raises `StoreUnavailable` and nothing else."""

    async def get(self, topic: str, value_type: type[T]) -> Kept[T] | None: ...

    async def put(self, topic: str, kept: Kept[T]) -> None: ...
