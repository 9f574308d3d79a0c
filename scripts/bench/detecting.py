"""Detection of every type over 10,000 instruments: spot in three quote currencies and perpetuals on three exchanges.

The peer is what people write with ccxt: parse the tickers of each exchange, and compare every symbol on every pair of
exchanges. It knows one type; ours are all of them, from the same bytes.
"""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from decimal import Decimal
from itertools import permutations
from typing import Any

from arbedge.domain.detection import DETECTORS, detect_all
from arbedge.domain.detection.board import read_board
from arbedge.domain.detection.candidates import Candidate, Drops, LegRef
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.edge import LegTerms, Side, measure_pair, trace_curve
from arbedge.domain.fees import get_base_tier
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
from arbedge.domain.normalise import normalise
from arbedge.domain.policy import Policy
from scripts.bench.parsing import WIRES, CcxtPeer, Instruments, Payloads, fetch_payloads
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


def trace(buy: LegMarket, sell: LegMarket, policy: Policy) -> int:
    """The curve alone, the running totals of both books included; returns its points."""
    legs = make_terms(buy, "buy"), make_terms(sell, "sell")
    value = DETECTORS["cross_exchange"].value
    return len(trace_curve(lambda size: value(legs, size, NOW, policy), measure_pair(legs)))


def make_terms(leg: LegMarket, side: Side) -> LegTerms:
    return LegTerms(side, leg.instrument, leg.book, get_base_tier(leg.instrument.exchange, leg.instrument.market))


def read_snapshot(tickers: Payloads, instruments: Instruments, markets: tuple[Market, ...], now: int) -> Snapshot:
    feeds: list[Feed] = []
    for (exchange, market), payloads in tickers.items():
        if market in markets:
            quotes, _ = normalise(WIRES[exchange].decode_tickers(market, *payloads), instruments[exchange, market])
            feed = Feed(exchange=exchange, market=market, state="ok", received_at=now, latency_ms=50, quotes=quotes)
            feeds.append(feed)
    return Snapshot(version=1, scan_id=now, mode="synthetic", started_at=now, finished_at=now, feeds=feeds)


def scan_with_ccxt(peer: CcxtPeer, tickers: Payloads, policy: Policy) -> list[tuple[float, str, str, str]]:
    """Symbols whose bid on one exchange is above the ask on another by more than two fees and the minimum."""
    parsed: dict[ExchangeId, Mapping[str, Any]] = {
        exchange: peer.parse_spot(exchange, json.loads(tickers[exchange, "spot"][0])) for exchange in EXCHANGES
    }
    found: list[tuple[float, str, str, str]] = []
    for buy, sell in permutations(EXCHANGES, 2):
        fees = float(get_base_tier(buy, "spot").taker + get_base_tier(sell, "spot").taker)
        for symbol, ticker in parsed[buy].items():
            other = parsed[sell].get(symbol)
            if other is None or not ticker["ask"] or not other["bid"]:
                continue
            net_bps = (other["bid"] / ticker["ask"] - 1 - fees) * 10_000 - float(policy.rebalancing_bps)
            if net_bps >= policy.min_net_bps["cross_exchange"]:
                found.append((net_bps, symbol, buy, sell))
    return sorted(found, reverse=True)


def compare_with_ccxt(runs: int) -> list[Row]:
    """All of it at the moment of the payloads, and on the same bytes."""
    tickers, listed = asyncio.run(fetch_payloads())
    now = time.time_ns() // 1_000_000
    instruments: Instruments = {
        (exchange, market): {one.symbol: one for one in WIRES[exchange].decode_instruments(market, *payloads)}
        for (exchange, market), payloads in listed.items()
    }
    peer, policy = CcxtPeer(listed), Policy()

    def scan_all() -> int:
        return len(detect_all(read_snapshot(tickers, instruments, MARKETS, now), now, policy, Drops()))

    def scan_spot() -> int:
        board = read_board(read_snapshot(tickers, instruments, ("spot",), now), now, policy)
        return len(list(DETECTORS["cross_exchange"].detect(board, Drops())))

    theirs = scan_with_ccxt(peer, tickers, policy)
    theirs_ms = best_ms(lambda: scan_with_ccxt(peer, tickers, policy), runs)
    names = {"peer": theirs_ms, "peer_name": "ccxt, cross-exchange only"}
    note = f"{scan_spot()} candidates, {len(theirs)} of the ccxt scanner, which knows no coins that share a ticker"
    return [
        Row(
            area="detection",
            name="from the exchanges' bytes to candidates of every type, spot and perpetual",
            figure=best_ms(scan_all, runs),
            unit="ms",
            note=f"{scan_all()} candidates",
            **names,
        ),
        Row(
            area="detection",
            name="the same for cross-exchange on spot alone",
            figure=best_ms(scan_spot, runs),
            unit="ms",
            note=note,
            **names,
        ),
    ]


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
        Row(
            area="detection",
            name="edge curve of one candidate",
            figure=best_ms(lambda: trace(buy, sell, policy), runs * 5),
            unit="ms",
            aim="at most 1 ms",
            note=f"{trace(buy, sell, policy)} sizes on 50 levels a side",
        ),
        *compare_with_ccxt(runs),
    ]
