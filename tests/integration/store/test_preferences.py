"""Preferences: merged by the database, versioned, and readable whatever another version of the code stored."""

import json
from decimal import Decimal
from typing import Any

import pytest

from arbedge.adapters.cloudflare.d1.people import D1People
from arbedge.adapters.cloudflare.d1.preferences import D1Preferences
from arbedge.domain.person import Preferences
from arbedge.ports.preferences import PreferenceChanges, StoredPreferences

T = 1_795_300_000_000
ALICE = "u_1"


@pytest.fixture
async def preferences(database) -> D1Preferences:
    await D1People(database).open_session(1, "Alice", T)
    return D1Preferences(database)


async def test_someone_who_chose_nothing_has_version_0(preferences: D1Preferences):
    assert await preferences.load(ALICE) == StoredPreferences(Preferences(), 0, None)


async def test_changes_are_merged_and_null_takes_one_away(preferences: D1Preferences):
    await preferences.change(ALICE, PreferenceChanges(size_quote=Decimal("2500.5"), alerts={"funding": "off"}), None, T)
    await preferences.change(ALICE, PreferenceChanges(min_net_bps={"funding": 12.5}, horizon_h=48), None, T)
    both = PreferenceChanges(alerts={"funding": None, "spot_perp": "silent"}, size_quote=None)
    after = await preferences.change(ALICE, both, None, T + 1)
    assert after == StoredPreferences(
        Preferences(alerts={"spot_perp": "silent"}, min_net_bps={"funding": 12.5}, horizon_h=48), 3, T + 1
    )
    assert await preferences.load(ALICE) == after
    assert (await preferences.change(ALICE, PreferenceChanges(min_net_bps=None), None, T)) == StoredPreferences(
        Preferences(alerts={"spot_perp": "silent"}, horizon_h=48), 4, T
    )


@pytest.mark.parametrize(("stored", "expected", "is_taken"), [(0, 0, True), (0, 1, False), (2, 2, True), (2, 1, False)])
async def test_another_version_than_expected_changes_nothing(
    preferences: D1Preferences, stored: int, expected: int, is_taken: bool
):
    for hours in range(1, stored + 1):
        await preferences.change(ALICE, PreferenceChanges(horizon_h=hours), None, T)
    before = await preferences.load(ALICE)
    after = await preferences.change(ALICE, PreferenceChanges(horizon_h=9), expected, T)
    assert (after is not None) == is_taken
    kept = await preferences.load(ALICE)
    assert kept == (after or before)
    assert kept.version == stored + is_taken


async def test_fields_of_another_version_stay(preferences: D1Preferences, database):
    await database.run(
        "INSERT INTO preferences (user_id, payload, updated_at) VALUES (?1, ?2, ?3)", ALICE, '{"timezone": "UTC"}', T
    )
    await preferences.change(ALICE, PreferenceChanges(horizon_h=9), 1, T)
    (row,) = await database.run("SELECT payload FROM preferences")
    assert row["payload"] == '{"timezone":"UTC","horizon_h":9}'


@pytest.mark.parametrize(
    ("size", "horizon"),
    [("9.99", 0), ("1000001", 721), ("NaN", 1.5), ("Infinity", "24"), (True, True), ([1], {}), ("1e999999", -1)],
)
async def test_what_is_stored_outside_todays_bounds_is_as_if_it_were_not(
    preferences: D1Preferences, database, size: Any, horizon: Any
):
    payload = json.dumps({"size_quote": size, "horizon_h": horizon})
    await database.run("INSERT INTO preferences (user_id, payload, updated_at) VALUES (?1, ?2, ?3)", ALICE, payload, T)
    assert (await preferences.load(ALICE)).preferences == Preferences()
    person = await D1People(database).load(ALICE)
    assert person
    assert person.preferences == Preferences()
