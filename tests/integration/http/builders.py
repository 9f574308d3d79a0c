"""Opportunities and scans as a scan would have left them; what a test is about, it says."""

from decimal import Decimal

from arbedge.domain.detection.candidates import Candidate, Drop, LegRef
from arbedge.domain.edge import CurvePoint, Ladder, build_edge
from arbedge.domain.market import ExchangeId, Funding, Level, Market
from arbedge.domain.opportunity import Leg, Opportunity, Sighting, Transition, derive_id
from arbedge.domain.policy import OpportunityType
from arbedge.ports.store import FeedHealth, ScanReport

NOW = 1_795_300_000_000
D = Decimal


def levels(price: str, step: str) -> list[Level]:
    return [Level(D(price) + D(step) * place, D(2)) for place in range(3)]


def leg(side: str, price: str, **changes) -> Leg:
    fields = {
        "exchange": "okx" if side == "buy" else "bybit",
        "market": "spot",
        "symbol": "BTC-USDT" if side == "buy" else "BTCUSDT",
        "side": side,
        "price": D(price),
        "vwap": D(price),
        "fee_bps": 10.0,
        "fee_basis": "base_tier",
        "funding": None,
        "quoted_at": NOW - 700,
        "source": "api",
    }
    return Leg(**(fields | changes))


def sighting(
    kind: OpportunityType, asset: str, net_bps: str, price: str, exchanges: tuple[ExchangeId, ExchangeId]
) -> Sighting:
    """Both books hold 2 units at `price`; the costs are chosen so that exactly `net_bps` is left."""
    books = (levels(price, "0.00000001"), levels(price, "-0.00000001"))
    size = D(1)
    fills = (Ladder(books[0]).fill(size), Ladder(books[1]).fill(size))
    notional = fills[0].cash
    gross = notional * (D(net_bps) + 20) / 10_000
    edge = build_edge(gross, [("fee buy", -notional / 1000), ("fee sell", -notional / 1000)], fills, notional, size)
    funding = Funding(rate=0.0001, next_at=NOW + 3_600_000, interval_h=8.0, mark=float(price))
    extra = {"market": "perp", "funding": funding} if kind == "funding" else {}
    return Sighting(
        key="|".join((kind, asset, "USDT", *exchanges)),
        type=kind,
        asset=asset,
        quote="USDT",
        seen_at=NOW,
        edge=edge,
        legs=(leg("buy", price, exchange=exchanges[0], **extra), leg("sell", price, exchange=exchanges[1], **extra)),
        capacity_quote=notional,
        curve=[CurvePoint(size_quote=notional / 2, net_bps=D(net_bps)), CurvePoint(notional, D(net_bps))],
        books=books,
    )


def opportunity(
    asset: str = "BTC",
    net_bps: str = "12.5",
    *,
    kind: OpportunityType = "cross_exchange",
    price: str = "100",
    exchanges: tuple[ExchangeId, ExchangeId] = ("okx", "bybit"),
    **changes,
) -> Opportunity:
    seen = sighting(kind, asset, net_bps, price, exchanges)
    fields = {
        "id": derive_id(seen.key, NOW),
        "key": seen.key,
        "type": kind,
        "asset": asset,
        "quote": "USDT",
        "status": "active",
        "mode": "synthetic",
        "horizon_h": 24,
        "detected_at": NOW - 10_000,
        "updated_at": NOW,
        "expires_at": NOW + 600_000,
        "revised_at": NOW,
        "revised_net_bps": seen.edge.net_bps,
        "sighting": seen,
        "transitions": [Transition("detected", NOW - 10_000), Transition("active", NOW)],
    }
    return Opportunity(**(fields | changes))


def drop(asset: str = "ETH", net_bps: float = -3.2, **changes) -> Drop:
    candidate = Candidate(
        type="cross_exchange",
        asset=asset,
        quote="USDT",
        legs=(
            LegRef("binance", "spot", f"{asset}USDT", "buy"),
            LegRef("okx", "spot", f"{asset}-USDT", "sell"),
        ),
        gross_bps=net_bps + 20,
        net_bps=net_bps,
    )
    fields = {"candidate": candidate, "reason": "below_minimum", "numbers": {"net_bps": net_bps, "min_net_bps": 10.0}}
    return Drop(**(fields | changes))


def report(*drops: Drop, finished_at: int = NOW - 2_000) -> ScanReport:
    return ScanReport(
        scan_id=finished_at - 1_500,
        mode="synthetic",
        started_at=finished_at - 1_500,
        finished_at=finished_at,
        instruments=1234,
        candidates=len(drops),
        drop_counts={"below_minimum": len(drops)},
        nearest=list(drops),
    )


def feed(exchange: ExchangeId, market: Market, **changes) -> FeedHealth:
    fields = {
        "state": "ok",
        "error": None,
        "error_class": None,
        "quotes": 400,
        "latency_ms": 80,
        "checked_at": NOW - 2_000,
        "last_success_at": NOW - 2_000,
    }
    return FeedHealth(exchange=exchange, market=market, **(fields | changes))
