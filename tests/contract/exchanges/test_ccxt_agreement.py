"""ccxt reads the same payloads: a second opinion on every number of ours."""

import json
from typing import Any

import ccxt
import httpx
import pytest

from arbedge.adapters.exchanges.binance import wire as binance
from arbedge.adapters.exchanges.bybit import wire as bybit
from arbedge.adapters.exchanges.okx import wire as okx
from arbedge.domain.market import ExchangeId, Market
from scripts.sandbox import Sandbox
from tests.contract.exchanges.world import EVERY_MARKET, load_ccxt, load_snapshot, needs_fixtures

pytestmark = pytest.mark.filterwarnings("ignore")

WIRES = {"binance": binance, "bybit": bybit, "okx": okx}
PATHS: dict[tuple[ExchangeId, Market], tuple[str, ...]] = {
    ("binance", "spot"): ("/binance/api/v3/ticker/bookTicker",),
    ("binance", "perp"): ("/binance-futures/fapi/v1/ticker/bookTicker", "/binance-futures/fapi/v1/premiumIndex"),
    ("bybit", "spot"): ("/bybit/v5/market/tickers?category=spot",),
    ("bybit", "perp"): ("/bybit/v5/market/tickers?category=linear",),
    ("okx", "spot"): ("/okx/api/v5/market/tickers?instType=SPOT",),
    ("okx", "perp"): (
        "/okx/api/v5/market/tickers?instType=SWAP",
        "/okx/api/v5/public/funding-rate?instId=ANY",
        "/okx/api/v5/public/mark-price?instType=SWAP",
    ),
}


def rows_of(payload: bytes) -> list[Any]:
    answer = json.loads(payload)
    if isinstance(answer, list):
        return answer
    return answer["result"]["list"] if "result" in answer else answer["data"]


def reader(exchange: ExchangeId) -> Any:
    client = getattr(ccxt, exchange)()
    client.set_markets([])
    return client


def hours(interval: str | None) -> float | None:
    return float(interval.removesuffix("h")) if interval else None


@pytest.mark.parametrize(("exchange", "market"), EVERY_MARKET)
async def test_sandbox_markets(sandbox: Sandbox, exchange: ExchangeId, market: Market):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox.app), base_url="http://sandbox") as client:
        payloads = [(await client.get(path)).content for path in PATHS[exchange, market]]
    ours = WIRES[exchange].decode_tickers(market, *payloads)
    second = reader(exchange)
    theirs = [second.parse_ticker(row) for row in rows_of(payloads[0])]
    assert len(ours) == len(theirs)
    assert len(ours) > 300
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine.bid, mine.ask) == (other["bid"] or None, other["ask"] or None)
        assert (mine.bid_size, mine.ask_size) == (other["bidVolume"] or None, other["askVolume"] or None)
    if market == "perp":
        fundings = {
            row["symbol" if exchange != "okx" else "instId"]: row
            for row in rows_of(payloads[min(1, len(payloads) - 1)])
        }
        for mine in ours:
            other = second.parse_funding_rate(fundings[mine.symbol])
            assert (mine.funding_rate, mine.funding_at) == (other["fundingRate"], other["fundingTimestamp"] or None)
            assert mine.mark == (other["markPrice"] or mine.mark)
            assert mine.funding_interval_h == (hours(other["interval"]) or mine.funding_interval_h)


@needs_fixtures
@pytest.mark.parametrize(
    ("exchange", "market", "snapshot"),
    [
        ("binance", "spot", "binance_spot_ticker24hr_all"),
        ("bybit", "spot", "bybit_v5_tickers_spot"),
        ("bybit", "perp", "bybit_v5_tickers_linear"),
    ],
)
def test_recorded_markets(exchange: ExchangeId, market: Market, snapshot: str):
    payload = load_snapshot(snapshot)
    second = reader(exchange)
    theirs = [second.parse_ticker(row) for row in rows_of(payload)]
    for mine, other in zip(WIRES[exchange].decode_tickers(market, payload), theirs, strict=True):
        assert (mine.bid, mine.ask) == (other["bid"] or None, other["ask"] or None)
        assert (mine.bid_size, mine.ask_size) == (other["bidVolume"] or None, other["askVolume"] or None)


def cases(exchange: str, *methods: str) -> list[dict[str, Any]]:
    recorded = load_ccxt("response", exchange)["methods"]
    return [case for method in methods for case in recorded.get(method, []) if not case.get("disabled")]


@needs_fixtures
@pytest.mark.parametrize("exchange", ["binance", "bybit", "okx"])
def test_recorded_order_books(exchange: ExchangeId):
    found = cases(exchange, "fetchOrderBook")
    assert found
    for case in found:
        depth = WIRES[exchange].decode_order_book(json.dumps(case["httpResponse"]).encode())
        expected = case["parsedResponse"]
        assert [[float(one.price), float(one.size)] for one in depth.bids] == [one[:2] for one in expected["bids"]]
        assert [[float(one.price), float(one.size)] for one in depth.asks] == [one[:2] for one in expected["asks"]]
        assert abs((depth.exchange_at or 0) - expected["timestamp"]) <= 10


@needs_fixtures
def test_recorded_funding_of_bybit():
    for case in cases("bybit", "fetchFundingRate", "fetchFundingRates"):
        parsed = case["parsedResponse"]
        expected = parsed if "fundingRate" in parsed else next(iter(parsed.values()))
        row = bybit.decode_tickers("perp", json.dumps(case["httpResponse"]).encode())[0]
        assert (row.funding_rate, row.funding_at) == (expected["fundingRate"], expected["fundingTimestamp"])
        assert row.mark == expected["markPrice"]
        assert row.exchange_at == int(case["httpResponse"]["time"])


@needs_fixtures
@pytest.mark.parametrize(("exchange", "market"), [("bybit", "perp"), ("okx", "spot")])
def test_recorded_tickers(exchange: ExchangeId, market: Market):
    for case in cases(exchange, "fetchTicker"):
        row = WIRES[exchange].decode_tickers(market, json.dumps(case["httpResponse"]).encode())[0]
        expected = case["parsedResponse"]
        assert (row.bid, row.ask) == (expected["bid"], expected["ask"])
        assert (row.bid_size, row.ask_size) == (expected["bidVolume"], expected["askVolume"])
