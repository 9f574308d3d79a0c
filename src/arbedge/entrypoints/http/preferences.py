"""A person's preferences: what is in force for them, and merging changes into what they chose."""

from decimal import Decimal
from typing import Annotated, Any, Final, cast

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from msgspec import UNSET
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from arbedge.app.preferences import change_preferences, load_preferences
from arbedge.domain.gauge import HORIZON_H_MAX, MIN_NET_BPS_MAX, SIZE_USDT_MAX, SIZE_USDT_MIN
from arbedge.domain.person import AlertSetting, Person
from arbedge.domain.policy import OpportunityType
from arbedge.entrypoints.http.auth import require_person
from arbedge.entrypoints.http.documents import SECURED, describe_responses
from arbedge.entrypoints.http.envelope import JSON, ErrorDetails, FieldProblem, encode
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.failures import FIELD_CHARS_MAX, ApiError
from arbedge.entrypoints.http.schemas import PreferencesAnswer
from arbedge.ports.preferences import PreferenceChanges

BY_TYPE: Final = ("min_net_bps", "alerts")

router = APIRouter(tags=["people"])

Someone = Annotated[Person, Depends(require_person)]


def _take_whole(value: Any) -> Any:
    """24.0 is an integer in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Size = Annotated[float, Field(ge=SIZE_USDT_MIN, le=SIZE_USDT_MAX, allow_inf_nan=False)]
# What the answers give may be sent back as it is: 10 to 1000000, to the cent.
SizeText = Annotated[str, Field(pattern=r"^([1-9][0-9]{1,5}(\.[0-9]{1,2})?|1000000)$")]
Minimum = Annotated[float, Field(ge=0, le=MIN_NET_BPS_MAX, allow_inf_nan=False)]


class PreferencesChange(BaseModel):
    """What to change. A field that is absent stays; null gives the default back, for a type or for the whole field."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    size_quote: Size | SizeText | None = Field(None, description="USDT: a number, or the same as text.")
    horizon_h: Annotated[int, Field(ge=1, le=HORIZON_H_MAX), BeforeValidator(_take_whole)] | None = Field(
        None, description="How many hours a position is counted to be held."
    )
    min_net_bps: dict[OpportunityType, Minimum | None] | None = Field(
        None, description="By type: the net edge in bps from which you are told."
    )
    alerts: dict[OpportunityType, AlertSetting | None] | None = Field(
        None, description="By type: on, silent (without sound) or off."
    )
    version: Annotated[int, Field(ge=0, le=2**53), BeforeValidator(_take_whole)] | None = Field(
        None, description="The version this change was made for; any other gives 409."
    )


FIELDS: Final = ", ".join(PreferencesChange.model_fields)
BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {JSON: {"schema": PreferencesChange.model_json_schema()}}}
}


async def read_change(request: Request) -> PreferencesChange:
    """The body, checked. Raises 400 for what is not JSON and 422 naming every field that cannot be used."""
    try:
        body: Any = msgspec.json.decode(await request.body())
    except (ValueError, RecursionError):
        raise ApiError(400, "not_json", "The body is not JSON.") from None
    try:
        return PreferencesChange.model_validate(body)
    except ValidationError as error:
        said: dict[str, list[str]] = {}
        for one in error.errors(include_url=False, include_input=False):
            said.setdefault(_name(one["loc"]), []).append(one["msg"])
        fields = [FieldProblem(name, " / ".join(messages)) for name, messages in said.items()]
        message = f"These fields cannot be used. Those that act are {FIELDS}."
        raise ApiError(422, "invalid_fields", message, details=ErrorDetails(fields=fields)) from None


def _name(location: tuple[int | str, ...]) -> str:
    """The field, and of one by type the type; what pydantic calls the ways it tried is nobody's field."""
    depth = 2 if location and location[0] in BY_TYPE else 1
    return ".".join(map(str, location[:depth]))[:FIELD_CHARS_MAX] or "body"


def _to_changes(change: PreferencesChange) -> PreferenceChanges:
    given = {name: getattr(change, name) for name in change.model_fields_set - {"version"}}
    size = given.pop("size_quote", UNSET)
    size = size if size is None or size is UNSET else Decimal(str(cast("float | str", size)))
    return PreferenceChanges(size_quote=size, **given)


@router.get(
    "/users/preferences",
    summary="By what you are told",
    response_class=Response,
    responses=describe_responses(PreferencesAnswer, 401, 403, 413, 429, 503),
    openapi_extra=SECURED,
)
async def get_preferences(services: Ports, person: Someone) -> Response:
    """Size, holding time, minimum and alerts by type: what is in force, what of it you chose, and the defaults."""
    return Response(encode(PreferencesAnswer(data=await load_preferences(services, person))), media_type=JSON)


@router.put(
    "/users/preferences",
    summary="Change some of it",
    response_class=Response,
    responses=describe_responses(PreferencesAnswer, 400, 401, 403, 409, 413, 422, 429, 503),
    openapi_extra=SECURED | BODY,
)
async def put_preferences(services: Ports, person: Someone, request: Request) -> Response:
    """Merges into what is stored: what is absent stays, null gives the default back."""
    change = await read_change(request)
    view = await change_preferences(services, person, _to_changes(change), change.version)
    if view is None:
        raise ApiError(409, "version_conflict", "These preferences were changed meanwhile: read them again.")
    await services.chronicle.flush()
    return Response(encode(PreferencesAnswer(data=view)), media_type=JSON)
