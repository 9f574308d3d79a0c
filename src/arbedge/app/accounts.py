"""People and their sessions: who is writing, and whether they may."""

from typing import Literal

from msgspec import Struct

from arbedge.domain.person import Person
from arbedge.ports.store import People


class Access(Struct, frozen=True):
    """The person behind a request and whether their session lets them in."""

    person: Person | None
    verdict: Literal["allowed", "unknown_person", "no_session", "terminated"]


async def start(people: People, telegram_id: int, name: str, now: int) -> Person:
    """Opens or extends the session of someone who sent /start, registering them when new."""
    return await people.open_session(telegram_id, name, now)


async def enter(people: People, telegram_id: int, now: int) -> Access:
    """Lets in someone with an active session and extends it; everyone else needs /start first."""
    person = await people.load_by_telegram(telegram_id)
    if person is None:
        return Access(None, "unknown_person")
    if person.session is None or not person.session.is_active(now):
        return Access(person, "no_session")
    await people.extend_session(person, now)
    return Access(person, "allowed")


async def enter_api(people: People, user_id: str, now: int) -> Access:
    """As `enter`, for an authenticated API request: it opens or extends a session, but never a terminated one."""
    person = await people.load(user_id)
    if person is None:
        return Access(None, "unknown_person")
    if person.session and person.session.state == "terminated":
        return Access(person, "terminated")
    if person.session is None or not person.session.is_active(now):
        return Access(await people.open_session(person.telegram_id, person.name, now), "allowed")
    await people.extend_session(person, now)
    return Access(person, "allowed")
