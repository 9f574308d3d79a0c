"""Preferences: one document a person, merged by the database, so that two changes at once lose neither."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, cast, get_args

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.domain.gauge import HORIZON_H_MAX, SIZE_USDT_MAX, SIZE_USDT_MIN
from arbedge.domain.person import AlertSetting, Preferences
from arbedge.domain.policy import OpportunityType
from arbedge.ports.preferences import PreferenceChanges, StoredPreferences

_LOAD = "SELECT payload, version, updated_at FROM preferences WHERE user_id = ?1"
# RFC 7396: null takes a field away, and what the changes do not name, of this version or another, stays.
_CHANGE = """
INSERT INTO preferences (user_id, payload, version, updated_at)
SELECT ?1, json_patch('{}', ?2), 1, ?4
WHERE ?3 IS NULL OR ?3 = coalesce((SELECT version FROM preferences WHERE user_id = ?1), 0)
ON CONFLICT (user_id) DO UPDATE SET
  payload = json_patch(payload, ?2), version = version + 1, updated_at = excluded.updated_at
RETURNING payload, version, updated_at
"""


class D1Preferences:
    """`PreferenceStore` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, user_id: str) -> StoredPreferences:
        rows = await self._database.run(_LOAD, user_id)
        return _read(rows[0]) if rows else StoredPreferences()

    async def change(
        self, user_id: str, changes: PreferenceChanges, expected_version: int | None, now: int
    ) -> StoredPreferences | None:
        patch = msgspec.json.encode(changes).decode()
        rows = await self._database.run(_CHANGE, user_id, patch, expected_version, now)
        return _read(rows[0]) if rows else None


def _read(row: Mapping[str, Any]) -> StoredPreferences:
    return StoredPreferences(parse_preferences(row["payload"]), row["version"], row["updated_at"])


def parse_preferences(text: str | None) -> Preferences:
    """What this version understands of stored preferences; the rest belongs to another version and is left alone."""
    stored: Any = msgspec.json.decode(text) if text else None
    if not isinstance(stored, dict):
        return Preferences()
    fields = cast("dict[str, Any]", stored)
    alerts: dict[OpportunityType, AlertSetting] = {
        name: value for name, value in _by_type(fields.get("alerts")) if value in get_args(AlertSetting)
    }
    minima: dict[OpportunityType, float] = {
        name: float(value)
        for name, value in _by_type(fields.get("min_net_bps"))
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return Preferences(alerts, minima, _parse_size(fields.get("size_quote")), _parse_horizon(fields.get("horizon_h")))


def _by_type(stored: Any) -> list[tuple[OpportunityType, Any]]:
    if not isinstance(stored, dict):
        return []
    settings = cast("Mapping[str, Any]", stored)
    return [(name, settings[name]) for name in get_args(OpportunityType) if name in settings]


def _parse_size(stored: Any) -> Decimal | None:
    """An amount of USDT within today's bounds, or None."""
    try:
        size = Decimal(str(stored))
    except InvalidOperation:
        return None
    return size if size.is_finite() and SIZE_USDT_MIN <= size <= SIZE_USDT_MAX else None


def _parse_horizon(stored: Any) -> int | None:
    is_whole = isinstance(stored, int) and not isinstance(stored, bool)
    return stored if is_whole and 1 <= stored <= HORIZON_H_MAX else None
