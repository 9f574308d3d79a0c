"""What people may ask of a list; every field is checked and an unknown one is refused by name."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from arbedge.domain.categories import CATEGORIES, Category
from arbedge.domain.market import ExchangeId
from arbedge.domain.permissions import LIST_LIMIT_MAX
from arbedge.domain.policy import OpportunityType

# A name without spaces and control characters, spelled out: `\s` means other things to other readers of the schema.
Word = Annotated[
    str,
    Field(
        min_length=1,
        max_length=32,
        pattern=r"^[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]+$",
    ),
]


def describe(text: str) -> Any:
    """A field that may be absent: None is our word for that and no value of the query, so the schema leaves it out."""

    def leave_out_null(schema: dict[str, Any]) -> None:
        (wanted,) = (one for one in schema.pop("anyOf") if one != {"type": "null"})
        schema.update(wanted)

    return Field(default=None, description=text, json_schema_extra=leave_out_null)


_CATEGORIES = " ".join(f"`{category}`: {row.sentence}." for category, row in CATEGORIES.items())


class FilterQuery(BaseModel):
    """Which opportunities are wanted; what is absent does not filter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: OpportunityType | None = describe(
        "Only opportunities of this type; `technical` are listed only if asked for."
    )
    asset: Word | None = describe("Only this asset, for example BTC.")
    exchange: ExchangeId | None = describe("Only with a leg on this exchange.")
    min_edge_bps: Annotated[float, Field(ge=-10_000, le=1_000_000, allow_inf_nan=False)] | None = describe(
        "Only with at least this net edge."
    )
    premium: bool | None = describe("true: only premium opportunities; false: none of them.")


class OpportunityQuery(FilterQuery):
    """A page of those that are wanted."""

    limit: Annotated[int, Field(ge=1, le=LIST_LIMIT_MAX)] | None = describe(
        "Rows wanted. A plan's own limit applies and is said in `meta.limit_max`."
    )
    category: Category | None = describe(f"Only this category. {_CATEGORIES}")
    cursor: Annotated[str, Field(min_length=1, max_length=512)] | None = describe("`next_cursor` of the page before.")
