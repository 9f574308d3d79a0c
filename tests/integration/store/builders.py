"""Values to store, as small as their types allow."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from arbedge.domain.edge import CurvePoint, Edge, Fill, Part
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Funding, Level, Market
from arbedge.domain.opportunity import Leg, Opportunity, Sighting, Transition
from arbedge.domain.policy import OpportunityType
from arbedge.ports.store import Catalogue, FeedHealth, ScanReport
from tests.miniflare_shim.clock import START_MS


def make_leg(exchange: ExchangeId, side: str, asset: str = "BTC") -> Leg:
    return Leg(
        exchange=exchange,
        market="perp",
        symbol=f"{asset}USDT",
        side="buy" if side == "buy" else "sell",
        price=Decimal("60000.10"),
        vwap=Decimal("60001.123456789"),
        fee_bps=5.0,
        fee_basis="published",
        funding=Funding(rate=0.0001, next_at=START_MS + 3_600_000, interval_h=8.0, mark=60000.0),
        quoted_at=START_MS,
        source="api",
    )


def make_opportunity(
    id_: str = "00000000000000aa",
    *,
    net_bps: str = "12.3400",
    type_: OpportunityType = "cross_exchange",
    asset: str = "BTC",
    exchanges: tuple[ExchangeId, ExchangeId] = ("binance", "bybit"),
    key: str | None = None,
    at: int = START_MS,
    revision: int = 1,
    revised_at: int | None = None,
    ended_at: int | None = None,
) -> Opportunity:
    buy, sell = make_leg(exchanges[0], "buy", asset), make_leg(exchanges[1], "sell", asset)
    gross = Decimal(net_bps) + 20
    size = Decimal("0.016")
    edge = Edge(
        size_base=size,
        size_quote=size * buy.price,
        gross_bps=gross,
        parts=(Part("fees", Decimal(-20)),),
        net_bps=Decimal(net_bps),
        fills=(
            Fill(size=size, cash=size * buy.vwap, top=buy.price),
            Fill(size=size, cash=size * sell.vwap, top=sell.price),
        ),
    )
    key = key if key is not None else f"{type_}|{asset}|{id_}"
    sighting = Sighting(
        key=key,
        type=type_,
        asset=asset,
        quote="USDT",
        seen_at=at,
        edge=edge,
        legs=(buy, sell),
        capacity_quote=Decimal(25000),
        curve=[CurvePoint(Decimal("1000.5"), Decimal(net_bps))],
        books=([Level(Decimal("60000.10"), Decimal("0.5"))], [Level(Decimal(60100), Decimal("1.25"))]),
    )
    return Opportunity(
        id=id_,
        key=key,
        type=type_,
        asset=asset,
        quote="USDT",
        status="active" if ended_at is None else "vanished",
        mode="synthetic",
        horizon_h=24,
        detected_at=START_MS,
        updated_at=at,
        expires_at=at + 600_000,
        ended_at=ended_at,
        revision=revision,
        revised_at=at if revised_at is None else revised_at,
        revised_net_bps=Decimal(net_bps),
        sighting=sighting,
        transitions=[Transition("detected", START_MS)],
    )


def make_instrument(symbol: str, exchange: ExchangeId = "binance", market: Market = "spot") -> Instrument:
    return Instrument(
        exchange=exchange,
        market=market,
        symbol=symbol,
        asset=symbol.removesuffix("USDT"),
        base=symbol.removesuffix("USDT"),
        quote="USDT",
        tick_size=Decimal("0.00001"),
        lot_size=Decimal("0.1"),
        min_size=Decimal("0.1"),
        min_notional=Decimal(5),
        is_trading=True,
    )


def make_catalogue(instruments: Sequence[Instrument], fetched_at: int) -> Catalogue:
    feeds: dict[str, dict[str, Instrument]] = {}
    for one in instruments:
        feeds.setdefault(f"{one.exchange}:{one.market}", {})[one.symbol] = one
    catalogue = Catalogue(instruments=feeds, fetched_at=dict.fromkeys(feeds, fetched_at))
    return replace(catalogue, versions=catalogue.get_versions())


def make_feed(at: int, *, last_success_at: int | None, state: str = "ok") -> FeedHealth:
    return FeedHealth(
        exchange="okx",
        market="spot",
        state="ok" if state == "ok" else "down",
        error=None if state == "ok" else "maintenance",
        error_class=None if state == "ok" else "down",
        quotes=321,
        latency_ms=87,
        checked_at=at,
        last_success_at=last_success_at,
    )


def make_report(scan_id: int, finished_at: int) -> ScanReport:
    return ScanReport(
        scan_id=scan_id,
        mode="synthetic",
        started_at=finished_at - 900,
        finished_at=finished_at,
        instruments=4000,
        candidates=17,
        drop_counts={"below_minimum": 3},
        nearest=[],
    )
