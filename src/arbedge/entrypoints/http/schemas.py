"""What the API sends, as types; the OpenAPI document is derived from the very types that are encoded."""

from typing import Any, Literal, TypeGuard

import msgspec
from msgspec import Struct, UnsetType

from arbedge.app.browse import ListView, ScanView, WhyView
from arbedge.app.ingestion import IngestionView
from arbedge.app.public_metrics import PublicMetrics
from arbedge.app.simulation_view import SimulationView
from arbedge.app.status import DependencyView, Overall, StatusView
from arbedge.app.views import MissView, OpportunityDetail, OpportunityView, OutcomeView
from arbedge.config import Environment, MarketMode, Settings
from arbedge.domain.similarity import Likeness
from arbedge.entrypoints.http.envelope import FailureAnswer
from arbedge.entrypoints.http.market_schemas import MARKET_ANSWERS

REF_TEMPLATE = "#/components/schemas/{name}"


class Health(Struct, frozen=True):
    """The Worker runs and its settings are in order; nothing else was asked."""

    status: Literal["ok"]
    time: int
    market_mode: MarketMode


class HealthAnswer(Struct, frozen=True):
    data: Health
    success: bool = True


class DetailedHealth(Struct, frozen=True):
    """Every exchange and market and every dependency, each with its state and the age of its last success."""

    status: Overall
    environment: Environment
    market_mode: MarketMode
    time: int
    exchanges: dict[str, dict[str, DependencyView]]
    dependencies: dict[str, DependencyView]
    scan: ScanView


class DetailedHealthAnswer(Struct, frozen=True):
    data: DetailedHealth
    success: bool = True


class IngestionAnswer(Struct, frozen=True):
    data: IngestionView
    success: bool = True


class ListMeta(Struct, frozen=True):
    """What the page was cut to and where it comes from; `closest` are the nearest misses, best first.

    `is_premium_included` is False where the person's plan leaves premium opportunities out.
    """

    limit: int
    limit_max: int
    is_premium_included: bool
    market_mode: MarketMode
    scan: ScanView
    closest: list[MissView]


class ListAnswer(Struct, frozen=True):
    data: list[OpportunityView]
    next_cursor: str | None
    meta: ListMeta
    success: bool = True


class DetailMeta(Struct, frozen=True):
    market_mode: MarketMode


class DetailAnswer(Struct, frozen=True):
    data: OpportunityDetail
    meta: DetailMeta
    success: bool = True


class WhyAnswer(Struct, frozen=True):
    data: WhyView
    meta: DetailMeta
    success: bool = True


class SimulationAnswer(Struct, frozen=True):
    data: SimulationView
    meta: DetailMeta
    success: bool = True


class SimilarItem(Struct, frozen=True):
    """A neighbour: `distance` is the mean of `parts` by weight, from 0 to 1; `outcomes` are what became of it."""

    distance: float
    reasons: list[str]
    parts: list[Likeness]
    opportunity: OpportunityView
    outcomes: list[OutcomeView]


class SimilarMeta(Struct, frozen=True):
    """How many were compared: the best open ones, and what ended since; `is_premium_included` as in the list."""

    considered: int
    open_max: int
    ended_max: int
    ended_since: int
    is_premium_included: bool
    market_mode: MarketMode


class SimilarAnswer(Struct, frozen=True):
    data: list[SimilarItem]
    meta: SimilarMeta
    success: bool = True


class StreamSnapshot(Struct, frozen=True):
    """The list as it was at `as_of`; it replaces whatever a listener knew. `is_cut`: a plan's limit left out some."""

    items: list[OpportunityView]
    is_cut: bool
    limit: int
    market_mode: MarketMode
    as_of: int


class StreamLeft(Struct, frozen=True):
    """Still open, and no longer among what was asked for or what the plan shows."""

    id: str


class PublicMetricsAnswer(Struct, frozen=True):
    data: PublicMetrics
    success: bool = True


ANSWERS: tuple[type[Struct], ...] = (
    HealthAnswer,
    DetailedHealthAnswer,
    IngestionAnswer,
    ListAnswer,
    DetailAnswer,
    WhyAnswer,
    SimulationAnswer,
    SimilarAnswer,
    PublicMetricsAnswer,
    *MARKET_ANSWERS,
    FailureAnswer,
)
EVENTS: tuple[type[Struct], ...] = (StreamSnapshot, StreamLeft)


def render_health(status: StatusView, settings: Settings, now: int) -> DetailedHealthAnswer:
    data = DetailedHealth(
        status=status.overall,
        environment=settings.environment,
        market_mode=settings.market_mode,
        time=now,
        exchanges=status.exchanges,
        dependencies=status.dependencies,
        scan=status.scan,
    )
    return DetailedHealthAnswer(data=data)


def render_list(view: ListView, *, limit: int, limit_max: int, with_premium: bool, mode: MarketMode) -> ListAnswer:
    meta = ListMeta(
        limit=limit,
        limit_max=limit_max,
        is_premium_included=with_premium,
        market_mode=mode,
        scan=view.scan,
        closest=view.closest,
    )
    return ListAnswer(data=[summarise(item) for item in view.items], next_cursor=view.next_cursor, meta=meta)


def summarise(detail: OpportunityDetail) -> OpportunityView:
    """The fields a list shows; curve, books and transitions belong to the detail."""
    return OpportunityView(**{name: getattr(detail, name) for name in OpportunityView.__struct_fields__})


def describe_answers() -> dict[str, Any]:
    """JSON schemas of all answers by name. Every field is always sent, unless it can be left unset."""
    _, components = msgspec.json.schema_components((*ANSWERS, *EVENTS), ref_template=REF_TEMPLATE)
    for kind in _collect_structs():
        schema: dict[str, Any] = components[kind.__name__]
        schema["required"] = [field.encode_name for field in msgspec.structs.fields(kind) if not _may_be_unset(field)]
        schema["additionalProperties"] = False
    for answer in ANSWERS:
        succeeded = answer is not FailureAnswer
        components[answer.__name__]["properties"]["success"] = {"type": "boolean", "const": succeeded}
    return components


def _may_be_unset(field: msgspec.structs.FieldInfo) -> bool:
    return UnsetType in getattr(field.type, "__args__", ())


def _collect_structs() -> set[type[Struct]]:
    """The answers and every struct inside them."""
    found: set[type[Struct]] = set()

    def visit(kind: Any) -> None:
        inside: tuple[Any, ...] = getattr(kind, "__args__", ())
        if _is_struct(kind) and kind not in found:
            found.add(kind)
            inside = tuple(field.type for field in msgspec.structs.fields(kind))
        for part in inside:
            visit(part)

    for answer in (*ANSWERS, *EVENTS):
        visit(answer)
    return found


def _is_struct(kind: Any) -> TypeGuard[type[Struct]]:
    return isinstance(kind, type) and issubclass(kind, Struct)
