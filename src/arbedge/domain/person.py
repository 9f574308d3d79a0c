"""A person with their session and preferences, as far as alerts and screens need them."""

from typing import Final, Literal

from msgspec import Struct

from arbedge.domain.policy import OpportunityType

Role = Literal["user", "admin", "super_admin"]
Tier = Literal["free", "basic", "premium", "pro", "enterprise"]
SessionState = Literal["active", "expired", "terminated"]
AlertSetting = Literal["on", "silent", "off"]

# Alerts are on after /start. A forecast is no arbitrage: nobody is told of one who did not ask for them.
ALERTS_UNSAID: Final[dict[OpportunityType, AlertSetting]] = {"technical": "off"}


class Preferences(Struct, frozen=True):
    """What a person asked for; absent fields follow the system defaults. Unknown stored fields are kept out."""

    alerts: dict[OpportunityType, AlertSetting] = {}
    min_net_bps: dict[OpportunityType, float] = {}


class Session(Struct, frozen=True):
    """A person's session. One whose time has passed is expired whatever its stored state says."""

    state: SessionState
    opened_at: int
    last_active_at: int
    expires_at: int
    commands: int = 0

    def is_active(self, now: int) -> bool:
        return self.state == "active" and now < self.expires_at


class Person(Struct, frozen=True):
    """Someone who writes to the bot. In a private chat Telegram's chat id is the person's id."""

    id: str
    telegram_id: int
    name: str
    role: Role
    tier: Tier
    session: Session | None = None
    preferences: Preferences = Preferences()
    is_reachable: bool = True
