"""The one table of what a person may do and how much: API, bot and page ask it and nothing else.

Whatever is not granted here is denied (product specification, section 6).
"""

from typing import Final, Literal

from msgspec import Struct

from arbedge.domain.person import Person, Role, Tier

Permission = Literal[
    "opportunities.read",
    "opportunities.premium",
    "trading.manual",
    "trading.auto",
    "ai.insights",
    "analytics.own",
    "analytics.dashboard",
    "analytics.system",
    "users.manage",
    "groups.configure",
    "system.configure",
    "invitations.issue",
    "broadcast.send",
]


class TierRights(Struct, frozen=True):
    """What a tier includes; `list_limit` is the most rows one request may ask for."""

    permissions: frozenset[Permission]
    list_limit: int


def _grant(*permissions: Permission, beyond: frozenset[Permission] = frozenset()) -> frozenset[Permission]:
    return beyond.union(permissions)


_FREE: Final = _grant("opportunities.read", "trading.manual", "ai.insights", "analytics.own")
_PREMIUM: Final = _grant("opportunities.premium", beyond=_FREE)
_PRO: Final = _grant("trading.auto", "analytics.dashboard", beyond=_PREMIUM)
_ADMIN: Final = _grant("users.manage", "analytics.system", "groups.configure")
_SUPER_ADMIN: Final = _grant("system.configure", "invitations.issue", "broadcast.send", beyond=_ADMIN)

TIERS: Final[dict[Tier, TierRights]] = {
    "free": TierRights(permissions=_FREE, list_limit=5),
    "basic": TierRights(permissions=_FREE, list_limit=10),
    "premium": TierRights(permissions=_PREMIUM, list_limit=20),
    "pro": TierRights(permissions=_PRO, list_limit=50),
    "enterprise": TierRights(permissions=_PRO, list_limit=100),
}

ROLES: Final[dict[Role, frozenset[Permission]]] = {
    "user": frozenset(),
    "admin": _ADMIN,
    "super_admin": _SUPER_ADMIN,
}

LIST_LIMIT_MAX: Final = max(rights.list_limit for rights in TIERS.values())


def get_rights(person: Person) -> TierRights:
    """The rights of the person's tier; the people who run the service have the highest one."""
    return TIERS["enterprise" if person.role != "user" else person.tier]


def is_allowed(person: Person, permission: Permission) -> bool:
    return permission in get_rights(person).permissions or permission in ROLES[person.role]
