"""Who is told: each layer alone, and their order."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from arbedge.domain.eligibility import EXPLANATIONS, LAYERS, check_eligibility, get_alert_setting
from arbedge.domain.person import Person, Preferences, Session
from arbedge.domain.policy import Policy
from tests.unit.domain.builders import NOW
from tests.unit.domain.test_episodes import TICK, World, sighting, vanish

POLICY = Policy()


def opportunity(*, ended=False):
    world = World()
    world.scan(sighting())
    [opened] = world.scan(sighting())
    if ended:
        vanish(world)
        return world.known[opened.id]
    return opened


def person(**changes):
    session = Session(state="active", opened_at=NOW, last_active_at=NOW, expires_at=NOW + 100 * TICK)
    return Person(
        **({"id": "u", "telegram_id": 1, "name": "Mira", "role": "user", "tier": "free", "session": session} | changes)
    )


def session(state: Any = "active", expires_in=100 * TICK):
    return Session(state=state, opened_at=NOW, last_active_at=NOW, expires_at=NOW + expires_in)


@pytest.mark.parametrize(
    ("changes", "ended", "reason"),
    [
        ({}, False, None),
        ({"session": None}, False, "no_session"),
        ({"session": session("terminated")}, False, "no_session"),
        ({"session": session(expires_in=0)}, False, "no_session"),
        ({"is_reachable": False}, False, "unreachable"),
        ({"preferences": Preferences(alerts={"cross_exchange": "off"})}, False, "alerts_off"),
        ({"preferences": Preferences(alerts={"cross_exchange": "silent"})}, False, None),
        ({"preferences": Preferences(alerts={"funding": "off"})}, False, None),
        ({"preferences": Preferences(min_net_bps={"cross_exchange": 500.0})}, False, "below_own_minimum"),
        ({"preferences": Preferences(min_net_bps={"cross_exchange": 1.0})}, False, None),
        ({}, True, "ended"),
        ({"session": None, "is_reachable": False}, True, "no_session"),
    ],
)
def test_each_layer_has_its_reason_and_the_first_one_counts(changes, ended, reason):
    assert check_eligibility(person(**changes), opportunity(ended=ended), NOW, POLICY) == reason


def test_what_nothing_has_confirmed_for_ten_minutes_is_told_to_nobody():
    """When no scan runs, nothing ends an episode; a message that was held up must not tell it as news."""
    found, reader = opportunity(), person(session=session(expires_in=1_000 * TICK))
    assert check_eligibility(reader, found, found.expires_at - 1, POLICY) is None
    assert check_eligibility(reader, found, found.expires_at, POLICY) == "ended"


@pytest.mark.parametrize("premium", ["spot_perp", "triangular", "cross_exchange"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tier": "free"}, "premium"),
        ({"tier": "basic"}, "premium"),
        ({"tier": "premium"}, None),
        ({"tier": "enterprise"}, None),
        ({"role": "admin"}, None),
        ({"tier": "basic", "preferences": Preferences(alerts={"spot_perp": "off"})}, "premium"),
    ],
)
def test_premium_types_and_wide_edges_are_told_to_whom_the_plan_includes_them(premium: Any, changes, reason):
    found = opportunity()
    if premium == "cross_exchange":
        edge = replace(found.sighting.edge, net_bps=Decimal(50))
        found = replace(found, sighting=replace(found.sighting, edge=edge))
    found = replace(found, type=premium)
    assert found.is_premium
    assert check_eligibility(person(**changes), found, NOW, POLICY) == reason


def test_alerts_are_on_unless_said_otherwise():
    assert get_alert_setting(person(), opportunity()) == "on"


def test_every_reason_is_explained():
    assert len(EXPLANATIONS) == len(LAYERS)
