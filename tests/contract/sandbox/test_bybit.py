"""Bybit V5: shapes against recorded payloads, errors, paging, limits."""

import httpx
import pytest

from scripts.sandbox import SettableClock

from .conftest import NOW_MS, assert_covers, needs_fixtures, recorded_cases, recorded_market

MARKET = "/bybit/v5/market"
HOUR_MS = 3_600_000


@needs_fixtures
@pytest.mark.parametrize(
    ("path", "method"),
    [
        (f"{MARKET}/tickers?category=linear&symbol=BTCUSDT", "fetchTicker"),
        (f"{MARKET}/tickers?category=linear&symbol=BTCUSDT", "fetchFundingRate"),
        (f"{MARKET}/orderbook?category=linear&symbol=BTCUSDT&limit=2", "fetchOrderBook"),
        (f"{MARKET}/funding/history?category=linear&symbol=ZRXUSDT&limit=3", "fetchFundingRateHistory"),
    ],
)
async def test_payloads_have_the_recorded_shape(client: httpx.AsyncClient, path: str, method: str) -> None:
    recorded = recorded_cases("bybit", method)[0]
    for row in recorded["result"].get("list", []):
        # Put there by the recorder, not by the exchange.
        row.pop("timestamp", None)
    assert_covers((await client.get(path)).json(), recorded)


@needs_fixtures
async def test_instruments_carry_every_recorded_field(client: httpx.AsyncClient) -> None:
    for category, symbol in (("spot", "BTC/USDT"), ("linear", "BTC/USDT:USDT")):
        answer = await client.get(f"{MARKET}/instruments-info?category={category}&symbol=BTCUSDT")
        assert_covers(answer.json()["result"]["list"][0], recorded_market("bybit", symbol))


async def test_number_kinds(client: httpx.AsyncClient) -> None:
    answer = (await client.get(f"{MARKET}/instruments-info?category=linear&symbol=BTCUSDT")).json()
    assert (type(answer["retCode"]), type(answer["time"])) == (int, int)
    row = answer["result"]["list"][0]
    assert (type(row["fundingInterval"]), type(row["launchTime"]), row["fundingInterval"]) == (int, str, 480)
    book = (await client.get(f"{MARKET}/orderbook?category=spot&symbol=BTCUSDT")).json()["result"]
    assert (type(book["ts"]), type(book["u"]), type(book["seq"])) == (int, int, int)
    ticker = (await client.get(f"{MARKET}/tickers?category=linear&symbol=BTCUSDT")).json()["result"]["list"][0]
    assert all(isinstance(value, str) for value in ticker.values())


async def test_spot_is_not_padded_perpetuals_are(client: httpx.AsyncClient) -> None:
    spot = (await client.get(f"{MARKET}/tickers?category=spot")).json()["result"]["list"]
    assert not [row for row in spot if "." in row["lastPrice"] and row["lastPrice"].endswith("0")]
    linear = (await client.get(f"{MARKET}/tickers?category=linear")).json()["result"]["list"]
    assert [row for row in linear if "." in row["lastPrice"] and row["lastPrice"].endswith("0")]


async def test_linear_is_paged_by_cursor(client: httpx.AsyncClient) -> None:
    found: list[str] = []
    cursor = ""
    for _ in range(20):
        params = {"category": "linear", "limit": "50", **({"cursor": cursor} if cursor else {})}
        result = (await client.get(f"{MARKET}/instruments-info", params=params)).json()["result"]
        found += [row["symbol"] for row in result["list"]]
        cursor = result["nextPageCursor"]
        if not cursor:
            break
    whole = (await client.get(f"{MARKET}/instruments-info?category=linear&limit=1000")).json()["result"]
    assert found == [row["symbol"] for row in whole["list"]]
    assert len(set(found)) == len(found) > 300
    assert whole["nextPageCursor"] == ""


async def test_spot_is_not_paged(client: httpx.AsyncClient) -> None:
    result = (await client.get(f"{MARKET}/instruments-info?category=spot&limit=10")).json()["result"]
    assert len(result["list"]) > 300
    assert "nextPageCursor" not in result


async def test_book_begins_with_the_ticker_and_has_its_default_depth(client: httpx.AsyncClient) -> None:
    for category, levels in (("spot", 1), ("linear", 25)):
        query = f"category={category}&symbol=SOLUSDT"
        top = (await client.get(f"{MARKET}/tickers?{query}")).json()["result"]["list"][0]
        book = (await client.get(f"{MARKET}/orderbook?{query}")).json()["result"]
        assert len(book["b"]) == levels
        assert book["b"][0] == [top["bid1Price"], top["bid1Size"]]
        assert book["a"][0] == [top["ask1Price"], top["ask1Size"]]


async def test_candles_are_newest_first(client: httpx.AsyncClient) -> None:
    start_ms = NOW_MS // HOUR_MS * HOUR_MS - 20 * HOUR_MS
    path = f"{MARKET}/kline?category=linear&symbol=ETHUSDT&interval=60"
    rows = (await client.get(f"{path}&start={start_ms}&limit=5")).json()["result"]["list"]
    assert [int(row[0]) for row in rows] == [start_ms + i * HOUR_MS for i in (4, 3, 2, 1, 0)]
    bounded = (await client.get(f"{path}&start={start_ms}&end={start_ms + 4 * HOUR_MS}")).json()["result"]["list"]
    assert bounded == rows
    newest = (await client.get(f"{path}&limit=2")).json()["result"]["list"]
    assert int(newest[0][0]) == NOW_MS // HOUR_MS * HOUR_MS


async def test_funding_history_is_newest_first_and_joins_the_ticker(client: httpx.AsyncClient) -> None:
    ticker = (await client.get(f"{MARKET}/tickers?category=linear&symbol=SOLUSDT")).json()["result"]["list"][0]
    interval_ms = int(ticker["fundingIntervalHour"]) * HOUR_MS
    path = f"{MARKET}/funding/history?category=linear&symbol=SOLUSDT"
    rows = (await client.get(f"{path}&limit=3")).json()["result"]["list"]
    times = [int(row["fundingRateTimestamp"]) for row in rows]
    assert times == [int(ticker["nextFundingTime"]) - back * interval_ms for back in (1, 2, 3)]
    bounded = await client.get(f"{path}&startTime={times[2]}&endTime={times[1]}")
    assert bounded.json()["result"]["list"] == rows[1:]


@pytest.mark.parametrize(
    "query",
    [
        "tickers",
        "tickers?category=futures",
        "tickers?category=spot&symbol=NOPEUSDT",
        "tickers?category=linear&symbol=NOPEUSDT",
        "tickers?category=option",
        "orderbook?category=spot",
        "orderbook?category=spot&symbol=BTCUSDT&limit=x",
        "kline?category=spot&symbol=BTCUSDT&interval=7",
        "kline?category=spot&symbol=BTCUSDT&interval=60&start=yesterday",
        "funding/history?category=linear&symbol=BTCUSDT&startTime=1",
        "funding/history?category=spot&symbol=BTCUSDT",
    ],
)
async def test_mistakes_are_code_10001_with_http_200(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"{MARKET}/{query}")
    assert (answer.status_code, answer.json()["retCode"]) == (200, 10001)
    assert answer.json()["retMsg"] not in ("", "OK")
    assert answer.json()["result"] == {}


async def test_unknown_paths_and_keys(client: httpx.AsyncClient) -> None:
    unknown = await client.get("/bybit/v5/nothing")
    assert (unknown.status_code, unknown.json()["retCode"]) == (404, 10017)
    assert (await client.get("/bybit/v5/user/query-api")).json()["retCode"] == 10003


@pytest.mark.parametrize(
    "query", ["category=inverse", "category=option&baseCoin=BTC", "category=linear&status=PreLaunch"]
)
async def test_out_of_scope_is_empty(client: httpx.AsyncClient, query: str) -> None:
    result = (await client.get(f"{MARKET}/instruments-info?{query}")).json()
    assert (result["retCode"], result["result"]["list"]) == (0, [])


async def test_six_hundred_in_five_seconds_lock_out_for_ten_minutes(
    client: httpx.AsyncClient, clock: SettableClock
) -> None:
    for _ in range(600):
        assert (await client.get(f"{MARKET}/time")).status_code == 200
    blocked = await client.get(f"{MARKET}/time")
    assert (blocked.status_code, blocked.text) == (403, "access too frequent")
    clock.advance(599_000)
    assert (await client.get(f"{MARKET}/time")).status_code == 403
    clock.advance(1_000)
    assert (await client.get(f"{MARKET}/time")).status_code == 200
