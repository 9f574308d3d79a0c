"""The permission table: who may do what, cell by cell, and nothing beyond."""

from itertools import pairwise
from typing import get_args

import pytest

from arbedge.domain.permissions import LIST_LIMIT_MAX, Permission, get_rights, is_allowed
from arbedge.domain.person import Person, Role, Tier

PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
ALL = ("opportunities.read", "trading.manual", "ai.insights", "analytics.own")
PREMIUM = (*ALL, "opportunities.premium")
PRO = (*PREMIUM, "trading.auto", "analytics.dashboard")
ADMIN = (*PRO, "users.manage", "analytics.system", "groups.configure")

TABLE: dict[tuple[Role, Tier], tuple[tuple[str, ...], int]] = {
    ("user", "free"): (ALL, 5),
    ("user", "basic"): (ALL, 10),
    ("user", "premium"): (PREMIUM, 20),
    ("user", "pro"): (PRO, 50),
    ("user", "enterprise"): (PRO, 100),
    ("admin", "free"): (ADMIN, 100),
    ("admin", "enterprise"): (ADMIN, 100),
    ("super_admin", "free"): (PERMISSIONS, 100),
}


def person(role: Role, tier: Tier) -> Person:
    return Person(id="one", telegram_id=1, name="One", role=role, tier=tier)


@pytest.mark.parametrize(("role", "tier"), TABLE)
def test_every_cell(role: Role, tier: Tier):
    expected, limit = TABLE[role, tier]
    one = person(role, tier)
    assert {permission for permission in PERMISSIONS if is_allowed(one, permission)} == set(expected)
    assert get_rights(one).list_limit == limit


def test_every_tier_and_role_is_in_the_table():
    for tier in get_args(Tier):
        for role in get_args(Role):
            assert 1 <= get_rights(person(role, tier)).list_limit <= LIST_LIMIT_MAX
            assert is_allowed(person(role, tier), "opportunities.read")


def test_a_higher_tier_never_loses_anything():
    tiers = [person("user", tier) for tier in get_args(Tier)]
    for lower, higher in pairwise(tiers):
        assert get_rights(lower).permissions <= get_rights(higher).permissions
        assert get_rights(lower).list_limit < get_rights(higher).list_limit
