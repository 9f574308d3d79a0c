"""What a person chose to be told by, and how it is kept. Every method raises `StoreUnavailable` and nothing else."""

from decimal import Decimal
from typing import Protocol

from msgspec import UNSET, Struct, UnsetType

from arbedge.domain.person import AlertSetting, Preferences
from arbedge.domain.policy import OpportunityType


class PreferenceChanges(Struct, frozen=True):
    """What to change: what is unset stays as it is, and None gives the system's default back."""

    size_quote: Decimal | UnsetType | None = UNSET
    horizon_h: int | UnsetType | None = UNSET
    min_net_bps: dict[OpportunityType, float | None] | UnsetType | None = UNSET
    alerts: dict[OpportunityType, AlertSetting | None] | UnsetType | None = UNSET


class StoredPreferences(Struct, frozen=True):
    """`version` rises with every change; it is 0 for someone who never chose anything."""

    preferences: Preferences = Preferences()
    version: int = 0
    updated_at: int | None = None


class PreferenceStore(Protocol):
    async def load(self, user_id: str) -> StoredPreferences: ...

    async def change(
        self, user_id: str, changes: PreferenceChanges, expected_version: int | None, now: int
    ) -> StoredPreferences | None:
        """Merges the changes into what is stored; None, and nothing is changed, where another version is stored."""
        ...
