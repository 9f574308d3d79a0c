"""Binance spot and USD-M: shapes against recorded payloads, errors, limits, the rules of the fact sheet."""

import gzip
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from scripts.sandbox import Sandbox, SettableClock

from .conftest import FIXTURES, NOW_MS, assert_covers, needs_fixtures, recorded_market

SPOT, USDM = "/binance/api/v3", "/binance-futures/fapi/v1"


def recorded(key: str) -> Any:
    path = FIXTURES / "market" / "snapshots" / "binance_rest_fixtures.json.gz"
    return json.loads(gzip.decompress(path.read_bytes()))[key]


def assert_same_kinds(ours: Any, theirs: Any, where: str = "$") -> None:
    """Same nesting, and text stays text, number stays number."""
    assert type(ours) is type(theirs), where
    if isinstance(theirs, dict):
        for key, value in theirs.items():
            assert_same_kinds(ours[key], value, f"{where}.{key}")
    elif isinstance(theirs, list) and theirs:
        # Tuples of mixed kinds are compared item by item, lists of one kind by their first.
        pairs = zip(ours, theirs, strict=True) if not isinstance(theirs[0], dict | list) else [(ours[0], theirs[0])]
        for one, other in pairs:
            assert_same_kinds(one, other, where + "[]")


@needs_fixtures
@pytest.mark.parametrize(
    ("path", "key"),
    [
        (f"{SPOT}/depth?limit=1000&symbol=BTCUSDT", "/api/v3/depth?limit=1000&symbol=BTCUSDT"),
        (f"{SPOT}/klines?interval=5m&limit=24&symbol=BTCUSDT", "/api/v3/klines?interval=5m&limit=24&symbol=BTCUSDT"),
        (f"{SPOT}/ticker/24hr?symbol=ETHBTC", "/api/v3/ticker/24hr?symbol=ETHBTC"),
        (f"{SPOT}/ticker/24hr", "/api/v3/ticker/24hr"),
        (f"{USDM}/depth?limit=100&symbol=BTCUSDT", "/fapi/v1/depth?limit=100&symbol=BTCUSDT"),
        (f"{USDM}/klines?interval=1d&limit=5&symbol=BTCUSDT", "/fapi/v1/klines?interval=1d&limit=5&symbol=BTCUSDT"),
        (f"{USDM}/fundingInfo", "/fapi/v1/fundingInfo"),
        (f"{USDM}/premiumIndex?symbol=BTCUSDT", "/fapi/v1/premiumIndex?symbol=BTCUSDT"),
        (f"{USDM}/ticker/price", "/fapi/v1/ticker/price"),
    ],
)
async def test_payloads_have_the_recorded_shape(client: httpx.AsyncClient, path: str, key: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert_same_kinds(answer.json(), recorded(key))


@needs_fixtures
async def test_instruments_carry_every_recorded_field(client: httpx.AsyncClient) -> None:
    spot = (await client.get(f"{SPOT}/exchangeInfo?symbol=BTCUSDT")).json()["symbols"][0]
    assert_covers(spot, recorded_market("binance", "BTC/USDT"))
    kinds = {item["filterType"] for item in recorded_market("binance", "BTC/USDT")["filters"]}
    assert kinds <= {item["filterType"] for item in spot["filters"]}
    symbols = (await client.get(f"{USDM}/exchangeInfo")).json()["symbols"]
    perp = next(row for row in symbols if row["symbol"] == "BTCUSDT")
    assert_covers(perp, {k: v for k, v in recorded_market("binance", "BTC/USDT:USDT").items() if k != "filters"})
    assert next(f for f in perp["filters"] if f["filterType"] == "MIN_NOTIONAL")["notional"] == "50"


async def test_prices_sit_on_the_tick_and_sizes_on_the_lot(client: httpx.AsyncClient) -> None:
    for base in (SPOT, USDM):
        symbols = {row["symbol"]: row for row in (await client.get(f"{base}/exchangeInfo")).json()["symbols"]}
        quotes = (await client.get(f"{base}/ticker/bookTicker")).json()
        assert {quote["symbol"] for quote in quotes} == set(symbols)
        for quote in quotes:
            filters = {item["filterType"]: item for item in symbols[quote["symbol"]]["filters"]}
            tick, step = Decimal(filters["PRICE_FILTER"]["tickSize"]), Decimal(filters["LOT_SIZE"]["stepSize"])
            assert Decimal(quote["bidPrice"]) % tick == 0
            assert Decimal(quote["askPrice"]) % tick == 0
            assert Decimal(quote["bidQty"]) % step == 0


async def test_depth_begins_with_the_book_ticker_of_the_same_moment(client: httpx.AsyncClient) -> None:
    for base, symbol in ((SPOT, "SOLUSDT"), (USDM, "1000PEPEUSDT")):
        top = (await client.get(f"{base}/ticker/bookTicker?symbol={symbol}")).json()
        book = (await client.get(f"{base}/depth?symbol={symbol}&limit=50")).json()
        assert book["bids"][0] == [top["bidPrice"], top["bidQty"]]
        assert book["asks"][0] == [top["askPrice"], top["askQty"]]
        assert len(book["asks"]) == 50


async def test_one_many_and_all(client: httpx.AsyncClient) -> None:
    one = (await client.get(f"{SPOT}/ticker/price?symbol=BTCUSDT")).json()
    two = (await client.get(f"{SPOT}/ticker/price", params={"symbols": '["BTCUSDT","ETHUSDT"]'})).json()
    every = (await client.get(f"{SPOT}/ticker/price")).json()
    assert two[0] == one
    assert one in every
    mini = (await client.get(f"{SPOT}/ticker/24hr?symbol=BTCUSDT&type=MINI")).json()
    assert "bidPrice" not in mini


async def test_halted_instruments_have_empty_quotes(client: httpx.AsyncClient) -> None:
    symbols = (await client.get(f"{SPOT}/exchangeInfo?symbolStatus=BREAK")).json()["symbols"]
    assert symbols
    for row in symbols:
        top = (await client.get(f"{SPOT}/ticker/bookTicker?symbol={row['symbol']}")).json()
        assert (top["bidPrice"], top["askPrice"]) == ("0.00000000", "0.00000000")


async def test_candles_are_oldest_first_and_honour_their_bounds(client: httpx.AsyncClient) -> None:
    hour_ms = 3_600_000
    start_ms = NOW_MS // hour_ms * hour_ms - 50 * hour_ms
    for base in (SPOT, USDM):
        path = f"{base}/klines?symbol=ETHUSDT&interval=1h"
        forward = (await client.get(f"{path}&startTime={start_ms}&limit=10")).json()
        assert [row[0] for row in forward] == [start_ms + i * hour_ms for i in range(10)]
        assert forward[0][6] == start_ms + hour_ms - 1
        back = (await client.get(f"{path}&endTime={start_ms + 9 * hour_ms}&limit=10")).json()
        assert back == forward
        newest = (await client.get(f"{path}&limit=3")).json()
        assert newest[-1][0] <= NOW_MS < newest[-1][6] + 1


async def test_funding(client: httpx.AsyncClient) -> None:
    premiums = {row["symbol"]: row for row in (await client.get(f"{USDM}/premiumIndex")).json()}
    adjusted = {row["symbol"]: row["fundingIntervalHours"] for row in (await client.get(f"{USDM}/fundingInfo")).json()}
    assert {1, 2, 4} <= set(adjusted.values())
    assert "BTCUSDT" not in adjusted
    for symbol, row in list(premiums.items())[::20]:
        interval_ms = adjusted.get(symbol, 8) * 3_600_000
        assert NOW_MS < row["nextFundingTime"] <= NOW_MS + interval_ms
        history = (await client.get(f"{USDM}/fundingRate?symbol={symbol}&limit=3")).json()
        times = [round(item["fundingTime"] / 60_000) * 60_000 for item in history]
        assert times == [row["nextFundingTime"] - back * interval_ms for back in (3, 2, 1)]


@pytest.mark.parametrize(
    ("path", "code", "status"),
    [
        (f"{SPOT}/depth", -1102, 400),
        (f"{SPOT}/depth?symbol=", -1102, 400),
        (f"{SPOT}/depth?symbol=NOPEUSDT", -1121, 400),
        (f"{SPOT}/depth?symbol=btcusdt", -1100, 400),
        (f"{SPOT}/depth?symbol=BTCUSDT&limit=many", -1100, 400),
        (f"{SPOT}/depth?symbol=BTCUSDT&limit=0", -1130, 400),
        (f"{SPOT}/depth?symbol=BTCUSDT&speed=1", -1104, 400),
        (f"{SPOT}/time?now=1", -1101, 400),
        (f"{SPOT}/klines?symbol=BTCUSDT", -1102, 400),
        (f"{SPOT}/klines?symbol=BTCUSDT&interval=7m", -1120, 400),
        (f"{SPOT}/ticker/price?symbol=BTCUSDT&symbols=%5B%22ETHUSDT%22%5D", -1128, 400),
        (f"{SPOT}/ticker/price?symbols=ETHUSDT", -1100, 400),
        (f"{SPOT}/account", -2014, 401),
        (f"{USDM}/depth?symbol=BTCUSDT&limit=7", -4021, 400),
        (f"{USDM}/klines?symbol=BTCUSDT&interval=1h&limit=1501", -1130, 400),
        (f"{USDM}/premiumIndex?symbol=NOPE", -1121, 400),
        (f"{USDM}/fundingRate?symbol=BTCUSDT&limit=1001", -1130, 400),
        (f"{USDM}/nothing", -5000, 404),
    ],
)
async def test_mistakes_are_answered_as_the_exchange_would(
    client: httpx.AsyncClient, path: str, code: int, status: int
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["msg"]


async def test_an_unknown_spot_path_is_not_json(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{SPOT}/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "weight"),
    [
        (f"{SPOT}/ping", 1),
        (f"{SPOT}/exchangeInfo", 20),
        (f"{SPOT}/ticker/bookTicker", 4),
        (f"{SPOT}/ticker/bookTicker?symbol=BTCUSDT", 2),
        (f"{SPOT}/ticker/24hr", 80),
        (f"{SPOT}/depth?symbol=BTCUSDT", 5),
        (f"{SPOT}/depth?symbol=BTCUSDT&limit=500", 25),
        (f"{SPOT}/depth?symbol=BTCUSDT&limit=1000", 50),
        (f"{SPOT}/depth?symbol=BTCUSDT&limit=5000", 250),
        (f"{USDM}/ticker/bookTicker", 5),
        (f"{USDM}/ticker/24hr", 40),
        (f"{USDM}/premiumIndex", 10),
        (f"{USDM}/depth?symbol=BTCUSDT&limit=1000", 20),
        (f"{USDM}/klines?symbol=BTCUSDT&interval=1m&limit=99", 1),
        (f"{USDM}/klines?symbol=BTCUSDT&interval=1m&limit=1000", 5),
    ],
)
async def test_weights(client: httpx.AsyncClient, path: str, weight: int) -> None:
    assert (await client.get(path)).headers["X-MBX-USED-WEIGHT-1M"] == str(weight)


async def test_too_much_weight_ends_in_429_then_in_a_ban(client: httpx.AsyncClient, clock: SettableClock) -> None:
    clock.set(NOW_MS // 60_000 * 60_000 + 20_000)
    heavy = f"{SPOT}/depth?symbol=BTCUSDT&limit=5000"
    for _ in range(24):
        assert (await client.get(heavy)).status_code == 200
    over = await client.get(heavy)
    assert over.status_code == 429
    assert over.headers["Retry-After"] == "40"
    assert over.json()["code"] == -1003
    banned = [await client.get(f"{SPOT}/ping") for _ in range(10)][-1]
    assert banned.status_code == 418
    assert f"banned until {clock.now_ms() + 120_000}" in banned.json()["msg"]
    assert banned.headers["Retry-After"] == "120"
    # Futures count for themselves.
    assert (await client.get(f"{USDM}/ping")).status_code == 200
    clock.advance(121_000)
    assert (await client.get(f"{SPOT}/ping")).status_code == 200


async def test_other_derivatives_are_empty(client: httpx.AsyncClient) -> None:
    assert (await client.get("/binance-futures/dapi/v1/exchangeInfo")).json()["symbols"] == []
    assert (await client.get("/binance-futures/eapi/v1/exchangeInfo")).json()["optionSymbols"] == []


async def test_what_was_asked_is_remembered(client: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await client.get(f"{SPOT}/depth?symbol=BTCUSDT&limit=5", headers={"X-Custom": "1"})
    (entry,) = sandbox.requests.entries("binance")
    assert (entry.method, entry.path, entry.query) == ("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5")
    assert entry.headers["x-custom"] == "1"
