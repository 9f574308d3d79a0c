"""Detection of every type over 10,000 instruments: spot in three quote currencies and perpetuals on three exchanges."""

import random
from decimal import Decimal

from arbedge.domain.detection import detect_all
from arbedge.domain.detection.candidates import Candidate, Drops, LegRef
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import (
    EXCHANGES,
    MARKETS,
    ExchangeId,
    Feed,
    Funding,
    Level,
    Market,
    OrderBook,
    Quote,
    Snapshot,
)
from arbedge.domain.policy import Policy
from scripts.bench.rows import Row, best_ms

NOW = 1_795_300_000_000
ASSETS = 1334
HOUR_MS = 3_600_000


def build_snapshot(assets: int, rng: random.Random) -> Snapshot:
    """Everything trades against USDT; every third also against USDC and every sixth against BTC: 2.5 rows an asset."""
    names = ["BTC", "USDC", *(f"A{index}" for index in range(2, assets))]
    mids = dict(zip(names, [60_000.0, 1.0, *(10 ** rng.uniform(-4, 4) for _ in names[2:])], strict=True))

    def quote(name: str, currency: str, market: Market) -> Quote:
        mid = mids[name] / mids.get(currency, 1.0) * (1 + rng.gauss(0, 0.0002))
        funding = None
        if market == "perp":
            interval_h = rng.choice((1.0, 4.0, 8.0))
            funding = Funding(rng.gauss(0.0001, 0.0001), NOW + rng.randrange(1, 9) * HOUR_MS, interval_h, mid)
        return Quote(f"{name}{currency}", name, currency, mid * 0.9999, 10.0, mid * 1.0001, 10.0, NOW, funding)

    def quotes(market: Market) -> list[Quote]:
        rows = [quote(name, "USDT", market) for name in names]
        if market == "spot":
            rows += [quote(name, "USDC", market) for name in names[2::3]]
            rows += [quote(name, "BTC", market) for name in names[2::6]]
        return rows

    feeds = [
        Feed(exchange=exchange, market=market, state="ok", received_at=NOW, latency_ms=50, quotes=quotes(market))
        for exchange in EXCHANGES
        for market in MARKETS
    ]
    return Snapshot(version=1, scan_id=NOW, mode="synthetic", started_at=NOW, finished_at=NOW, feeds=feeds)


def build_leg(exchange: ExchangeId, price: float) -> LegMarket:
    instrument = Instrument(
        exchange=exchange,
        market="spot",
        symbol="A0USDT",
        asset="A0",
        base="A0",
        quote="USDT",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.001"),
        min_size=Decimal("0.001"),
        min_notional=Decimal(5),
        is_trading=True,
    )
    step = Decimal("0.01")
    top = Decimal(str(price))
    sides = [[Level(top + sign * step * n, Decimal("3.7")) for n in range(50)] for sign in (-1, 1)]
    book = OrderBook(
        exchange=exchange,
        market="spot",
        symbol="A0USDT",
        bids=sides[0],
        asks=[Level(level.price + step, level.size) for level in sides[1]],
        exchange_at=NOW,
        received_at=NOW,
    )
    return LegMarket(instrument=instrument, book=book, funding=None)


def measure(runs: int = 15) -> list[Row]:
    policy = Policy()
    rng = random.Random(7)
    full = build_snapshot(ASSETS, rng)
    half = build_snapshot(ASSETS // 2, rng)
    count = sum(len(feed.quotes) for feed in full.feeds)
    whole_ms = best_ms(lambda: detect_all(full, NOW, policy, Drops()), runs)
    half_ms = best_ms(lambda: detect_all(half, NOW, policy, Drops()), runs)
    refs = [LegRef("binance", "spot", "A0USDT", "buy"), LegRef("okx", "spot", "A0USDT", "sell")]
    candidate = Candidate("cross_exchange", "A0", "USDT", (refs[0], refs[1]), 100.0, 78.0)
    buy, sell = build_leg("binance", 100.0), build_leg("okx", 101.0)
    return [
        Row(
            area="detection",
            name=f"every type over {count:,} instruments",
            figure=whole_ms,
            unit="ms",
            note=f"half the instruments: {half_ms:.1f} ms, so twice the work costs {whole_ms / half_ms:.2f} x",
        ),
        Row(
            area="detection",
            name="verification of one candidate: waterfall, capacity, curve on 50 levels",
            figure=best_ms(lambda: verify(candidate, (buy, sell), NOW, policy), runs * 5),
            unit="ms",
        ),
    ]
