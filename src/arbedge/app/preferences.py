"""What a person is told by: what is in force, what of it is their own choice, and changing it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, get_args

from msgspec import Struct

from arbedge.app.chronicle.people import record_act
from arbedge.app.services import Services
from arbedge.domain.eligibility import choose_alert_setting
from arbedge.domain.gauge import choose_gauge
from arbedge.domain.person import AlertSetting, Person, Preferences
from arbedge.domain.policy import OpportunityType, Policy
from arbedge.ports.preferences import PreferenceChanges, StoredPreferences

TYPES: Final[tuple[OpportunityType, ...]] = get_args(OpportunityType)


class MeasuresView(Struct, frozen=True):
    size_quote: Decimal
    horizon_h: int
    min_net_bps: dict[OpportunityType, float]
    alerts: dict[OpportunityType, AlertSetting]


class PreferencesView(MeasuresView, frozen=True):
    """What is in force; `own` names the fields the person chose, by type as `alerts.funding`, the rest is `defaults`.

    `version` is 0 and `updated_at` None for someone who never chose anything.
    """

    own: list[str]
    defaults: MeasuresView
    version: int
    updated_at: int | None


def _measure(preferences: Preferences, policy: Policy) -> MeasuresView:
    gauge = choose_gauge(preferences, policy)
    return MeasuresView(
        size_quote=gauge.size_usdt.normalize(),
        horizon_h=gauge.horizon_h,
        min_net_bps=gauge.min_net_bps,
        alerts={kind: choose_alert_setting(preferences, kind) for kind in TYPES},
    )


def view_preferences(stored: StoredPreferences, policy: Policy) -> PreferencesView:
    own, in_force = stored.preferences, _measure(stored.preferences, policy)
    by_type: Mapping[str, Mapping[OpportunityType, object]] = {"min_net_bps": own.min_net_bps, "alerts": own.alerts}
    chosen = [name for name in ("size_quote", "horizon_h") if getattr(own, name) is not None]
    chosen += [f"{name}.{kind}" for name, values in by_type.items() for kind in TYPES if kind in values]
    return PreferencesView(
        size_quote=in_force.size_quote,
        horizon_h=in_force.horizon_h,
        min_net_bps=in_force.min_net_bps,
        alerts=in_force.alerts,
        own=chosen,
        defaults=_measure(Preferences(), policy),
        version=stored.version,
        updated_at=stored.updated_at,
    )


async def load_preferences(services: Services, person: Person) -> PreferencesView:
    return view_preferences(await services.preferences.load(person.id), services.policy)


async def change_preferences(
    services: Services, person: Person, changes: PreferenceChanges, expected_version: int | None = None
) -> PreferencesView | None:
    """What is in force afterwards; None, and nothing is changed, where another version is stored than expected."""
    now = services.clock.now_ms()
    stored = await services.preferences.change(person.id, changes, expected_version, now)
    if stored is None:
        return None
    actor = services.chronicle.name(person.id)
    details = {"version": str(stored.version)}
    services.chronicle.note(record_act(actor, "preferences_changed", "person", actor, now, details))
    return view_preferences(stored, services.policy)
