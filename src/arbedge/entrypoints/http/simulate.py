"""The numbers of executing an opportunity now, from fresh books; nothing is ordered and no account is looked at."""

from decimal import Decimal
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, ConfigDict, Field

from arbedge.app.simulate import simulate_now
from arbedge.entrypoints.http.auth import Reader
from arbedge.entrypoints.http.documents import SECURED, describe_responses
from arbedge.entrypoints.http.envelope import JSON, encode
from arbedge.entrypoints.http.event import Ports
from arbedge.entrypoints.http.opportunities import OpportunityId, require_opportunity
from arbedge.entrypoints.http.schemas import DetailMeta, SimulationAnswer
from arbedge.limits import SIMULATION_USDT_MAX, SIMULATION_USDT_MIN

router = APIRouter(tags=["opportunities"])

# From 1 up to a million, written plainly, with at most eight decimals.
_AMOUNT: Final = r"^(?:[1-9][0-9]{0,5}(?:\.[0-9]{1,8})?|1000000(?:\.0{1,8})?)$"


def _leave_out_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class SimulateBody(BaseModel):
    """How much to simulate; an amount that is absent is the usual size, and null is no amount."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    amount: (
        Annotated[float, Field(ge=SIMULATION_USDT_MIN, le=SIMULATION_USDT_MAX, allow_inf_nan=False)]
        | Annotated[str, Field(pattern=_AMOUNT)]
    ) = Field(
        default=cast("Any", None),
        description="USDT, as a decimal string or a number.",
        json_schema_extra=_leave_out_default,
    )

    def read_amount(self) -> Decimal | None:
        given = cast("float | str | None", self.amount)
        return None if given is None else Decimal(str(given))


@router.post(
    "/opportunities/{opportunity_id}/simulate",
    summary="An execution now, without an order",
    response_class=Response,
    responses=describe_responses(SimulationAnswer, 400, 401, 403, 404, 413, 422, 429, 503),
    openapi_extra=SECURED,
)
async def post_simulate(
    services: Ports, person: Reader, opportunity_id: OpportunityId, body: Annotated[SimulateBody | None, Body()] = None
) -> Response:
    """Each leg with the worst price that the amount reaches, the waterfall now, and the claim beside it.

    Books are at most a few seconds old. Where `executable` is false one `reason` says why. Without a body it is the
    usual size. Balances, keys, margin and risk rules are not looked at.
    """
    opportunity = await require_opportunity(services, person, opportunity_id)
    view = await simulate_now(services, person, opportunity, body.read_amount() if body else None)
    answer = SimulationAnswer(data=view, meta=DetailMeta(market_mode=services.settings.market_mode))
    return Response(encode(answer), media_type=JSON)
