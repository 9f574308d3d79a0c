"""Who is asking: the Mini App's signed data everywhere; a seeded person's id only in dev and test.

A credential is checked without I/O first, so a stranger never reaches the database.
"""

from typing import Annotated, Final

from fastapi import Depends, Request
from msgspec import Struct

from arbedge.app.accounts import enter_api
from arbedge.app.chronicle.people import record_access
from arbedge.app.services import Services
from arbedge.config import Settings
from arbedge.domain.permissions import Permission, is_allowed
from arbedge.domain.person import Person
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.failures import ApiError, refuse_forbidden, refuse_unknown
from arbedge.entrypoints.http.flood import hold_back, hold_back_stranger
from arbedge.entrypoints.http.init_data import InitDataRefused, check_init_data

SEEDED_ENVIRONMENTS: Final = frozenset({"dev", "test"})
USER_ID_CHARS_MAX: Final = 64


class SignedClaim(Struct, frozen=True):
    """Telegram vouches for this person."""

    telegram_id: int


class SeededClaim(Struct, frozen=True):
    """Someone says so, on a machine where that is enough."""

    user_id: str


Claim = SignedClaim | SeededClaim


def read_claim(authorization: str | None, user_id: str | None, settings: Settings, now: int) -> Claim:
    """What the headers claim and prove. Raises 401 when they do neither."""
    if authorization is not None:
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() == "tma":
            try:
                return SignedClaim(check_init_data(credential.strip(), settings.telegram_bot_token, now))
            except InitDataRefused as refused:
                raise refuse_unknown(str(refused)) from refused
        if scheme.lower() == "bearer":
            raise refuse_unknown("This token is not known.")
        raise refuse_unknown("This kind of authorization is not known.")
    if user_id and settings.environment in SEEDED_ENVIRONMENTS and len(user_id) <= USER_ID_CHARS_MAX:
        return SeededClaim(user_id)
    here = ", or on this machine X-User-ID: <id>" if settings.environment in SEEDED_ENVIRONMENTS else ""
    raise refuse_unknown(f"Say who is asking: Authorization: tma <initData of the Mini App>{here}.")


async def _find_user_id(services: Services, claim: Claim) -> str | None:
    if isinstance(claim, SeededClaim):
        return claim.user_id
    person = await services.people.load_by_telegram(claim.telegram_id)
    return person.id if person else None


async def require_person(request: Request, services: Ports) -> Person:
    """The person behind a request, whose session it opens or extends. Raises 401, 403 or 429."""
    now = services.clock.now_ms()
    headers = request.headers
    try:
        claim = read_claim(headers.get("authorization"), headers.get("x-user-id"), services.settings, now)
    except ApiError:
        await hold_back_stranger(services, request)
        raise
    await hold_back(services, f"person:{claim.telegram_id if isinstance(claim, SignedClaim) else claim.user_id}")
    user_id = await _find_user_id(services, claim)
    access = await enter_api(services.people, user_id, now) if user_id else None
    if access is None or access.person is None:
        raise refuse_unknown("We do not know this person: write /start to the bot first.")
    await services.chronicle.tell(*record_access(services.chronicle, access, "api", None, now))
    if access.verdict != "allowed":
        raise ApiError(403, "session_terminated", "This session was ended. Write /start to the bot to open a new one.")
    return access.person


async def require_reader(person: Annotated[Person, Depends(require_person)]) -> Person:
    return require(person, "opportunities.read")


def require(person: Person, permission: Permission) -> Person:
    """Raises 403, naming the permission, unless the person has it."""
    if not is_allowed(person, permission):
        raise refuse_forbidden(permission)
    return person


Reader = Annotated[Person, Depends(require_reader)]
