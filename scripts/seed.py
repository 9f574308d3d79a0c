"""Seeds the four people that a local world starts with; seeding again changes nothing but puts them right."""

import time
from typing import NamedTuple

from scripts.local_database import LocalDatabase


class SeededPerson(NamedTuple):
    """`id` is what `X-User-ID` takes, `telegram_id` what the chat page plays."""

    id: str
    telegram_id: int
    name: str
    role: str
    tier: str


PEOPLE = (
    SeededPerson("user_free_123", 123456789, "Fiona", "user", "free"),
    SeededPerson("user_premium_456", 456789123, "Pavel", "user", "premium"),
    SeededPerson("user_pro_789", 789123456, "Priya", "user", "pro"),
    SeededPerson("user_admin_000", 999888777, "Ada", "admin", "free"),
)

# Someone may have written to the bot before being seeded: the Telegram id decides who it is.
_UPSERT = """INSERT INTO users (id, telegram_id, name, role, tier, created_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (telegram_id) DO UPDATE SET name = excluded.name, role = excluded.role, tier = excluded.tier"""


def seed_people(database: LocalDatabase) -> None:
    created_at = str(int(time.time() * 1000))
    for person in PEOPLE:
        values = (person.id, str(person.telegram_id), person.name, person.role, person.tier)
        database.query(_UPSERT, (*values, created_at))
