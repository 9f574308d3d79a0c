"""What the market routes send, as types of the published description."""

from msgspec import Struct

from arbedge.app.identity_views import EventsView, QuarantineView
from arbedge.app.market_analysis import CorrelationView, IndicatorsView
from arbedge.app.market_overview import MarketOverview
from arbedge.app.market_views import (
    BookView,
    CandlesView,
    FeedView,
    FundingHistoryView,
    FundingRateView,
    TickerView,
)
from arbedge.app.status import DependencyView
from arbedge.config import MarketMode
from arbedge.domain.market import ExchangeId, Market, Mode, Source
from arbedge.ports.assets import AssetState
from arbedge.ports.market_documents import Reads


class QuotesMeta(Struct, frozen=True):
    """What the page was cut to, and every feed it was taken from, the missing ones with their reason."""

    limit: int
    limit_max: int
    market_mode: MarketMode
    feeds: list[FeedView]


class TickersAnswer(Struct, frozen=True):
    data: list[TickerView]
    next_cursor: str | None
    meta: QuotesMeta
    success: bool = True


class FundingAnswer(Struct, frozen=True):
    data: list[FundingRateView]
    next_cursor: str | None
    meta: QuotesMeta
    success: bool = True


class MarketMeta(Struct, frozen=True):
    market_mode: MarketMode


class BookAnswer(Struct, frozen=True):
    data: BookView
    meta: MarketMeta
    success: bool = True


class CandlesAnswer(Struct, frozen=True):
    data: CandlesView
    meta: MarketMeta
    success: bool = True


class FundingHistoryAnswer(Struct, frozen=True):
    data: FundingHistoryView
    meta: MarketMeta
    success: bool = True


class MarketView(Struct, frozen=True):
    """One exchange and market: how it does, and what trades there. Without instruments `error` says why.

    `events` is what happened to its list lately; absent while the database is silent.
    """

    exchange: ExchangeId
    market: Market
    health: DependencyView
    instruments: int | None
    source: Source | None
    age_ms: int | None
    mode: Mode | None
    error: str | None
    events: EventsView | None = None


class ExchangesMeta(Struct, frozen=True):
    """`reads` counts who served the reads of market data since `reads_since`.

    `assets` counts how assets were joined with coins. It and `quarantine` are absent while the database is silent.
    """

    market_mode: MarketMode
    reads: list[Reads]
    reads_since: int
    quarantine: QuarantineView | None
    assets: dict[AssetState, int] | None


class ExchangesAnswer(Struct, frozen=True):
    data: list[MarketView]
    meta: ExchangesMeta
    success: bool = True


class OverviewAnswer(Struct, frozen=True):
    data: MarketOverview
    meta: MarketMeta
    success: bool = True


class IndicatorsAnswer(Struct, frozen=True):
    data: IndicatorsView
    meta: MarketMeta
    success: bool = True


class CorrelationAnswer(Struct, frozen=True):
    data: CorrelationView
    meta: MarketMeta
    success: bool = True


MARKET_ANSWERS: tuple[type[Struct], ...] = (
    TickersAnswer,
    FundingAnswer,
    BookAnswer,
    CandlesAnswer,
    FundingHistoryAnswer,
    ExchangesAnswer,
    OverviewAnswer,
    IndicatorsAnswer,
    CorrelationAnswer,
)
