"""What people may ask of a list; every field is checked and an unknown one is refused by name."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from arbedge.domain.market import ExchangeId
from arbedge.domain.permissions import LIST_LIMIT_MAX
from arbedge.domain.policy import OpportunityType

Absent = SkipJsonSchema[None]


class OpportunityQuery(BaseModel):
    """Filters of the opportunity list; what is absent does not filter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=LIST_LIMIT_MAX)] | Absent = Field(
        default=None, description="Rows wanted. A plan's own limit applies and is said in `meta.limit_max`."
    )
    type: OpportunityType | Absent = Field(default=None, description="Only opportunities of this type.")
    asset: Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[^\s\x00-\x1f\x7f]+$")] | Absent = Field(
        default=None, description="Only this asset, for example BTC."
    )
    exchange: ExchangeId | Absent = Field(default=None, description="Only with a leg on this exchange.")
    min_edge_bps: Annotated[float, Field(ge=-10_000, le=1_000_000, allow_inf_nan=False)] | Absent = Field(
        default=None, description="Only with at least this net edge."
    )
    premium: bool | Absent = Field(default=None, description="true: only premium opportunities; false: none of them.")
    cursor: Annotated[str, Field(min_length=1, max_length=512)] | Absent = Field(
        default=None, description="`next_cursor` of the page before."
    )
