"""Who lives in this Telegram: the bot, the four seeded people and their group."""

from dataclasses import dataclass
from typing import Any

BOT: dict[str, Any] = {"id": 6012345678, "is_bot": True, "first_name": "ArbEdge", "username": "ArbEdgeBot"}
GROUP_ID = -1002147483777
GROUP_TITLE = "Arb Lounge"
GROUP_USERNAME = "arb_lounge"
SERVICE_IDS = frozenset({777000, 1087968824, 136817688})
"""Telegram's own senders: notifications, anonymous administrators, channels."""


@dataclass(frozen=True, slots=True)
class Person:
    """`note` is for the chat page only; Telegram knows nothing of plans and roles."""

    id: int
    first_name: str
    username: str | None = None
    note: str = ""
    language_code: str | None = "en"

    def user(self) -> dict[str, Any]:
        """The `User` object of updates."""
        user: dict[str, Any] = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.username:
            user["username"] = self.username
        if self.language_code:
            user["language_code"] = self.language_code
        return user


SEEDED = (
    Person(123456789, "Fiona", "user_free_123", "free"),
    Person(456789123, "Pavel", "user_premium_456", "premium"),
    Person(789123456, "Priya", "user_pro_789", "pro"),
    Person(999888777, "Ada", "user_admin_000", "admin"),
)
GROUP_OWNER_ID = 999888777
