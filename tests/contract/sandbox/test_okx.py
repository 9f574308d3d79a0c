"""OKX V5: shapes against recorded payloads, contracts as units, funding one period ahead, errors, limits."""

import itertools
from decimal import Decimal

import httpx
import pytest

from scripts.sandbox import SettableClock

from .conftest import NOW_MS, assert_covers, needs_fixtures, recorded_cases, recorded_market

V5 = "/okx/api/v5"
HOUR_MS = 3_600_000


@needs_fixtures
@pytest.mark.parametrize(
    ("path", "method", "case"),
    [
        ("market/ticker?instId=BTC-USDT", "fetchTicker", 0),
        ("market/books?instId=BTC-USDT-SWAP&sz=2", "fetchOrderBook", 0),
        ("market/books?instId=BTC-USDT&sz=2", "fetchOrderBook", 1),
        ("market/candles?instId=BTC-USDT&bar=1H&limit=3", "fetchOHLCV", 0),
        ("system/status", "fetchStatus", 0),
    ],
)
async def test_payloads_have_the_recorded_shape(client: httpx.AsyncClient, path: str, method: str, case: int) -> None:
    answer = await client.get(f"{V5}/{path}")
    assert answer.status_code == 200
    assert_covers(answer.json(), recorded_cases("okx", method)[case])


@needs_fixtures
async def test_instruments_carry_every_recorded_field(client: httpx.AsyncClient) -> None:
    for kind, symbol, name in (("SPOT", "BTC-USDT", "BTC/USDT"), ("SWAP", "BTC-USDT-SWAP", "BTC/USDT:USDT")):
        row = (await client.get(f"{V5}/public/instruments?instType={kind}&instId={symbol}")).json()["data"][0]
        assert_covers(row, recorded_market("okx", name))


async def test_swaps_are_counted_in_contracts(client: httpx.AsyncClient) -> None:
    rows = (await client.get(f"{V5}/public/instruments?instType=SWAP")).json()["data"]
    by_id = {row["instId"]: row for row in rows}
    assert {by_id[i]["ctVal"] for i in ("BTC-USDT-SWAP", "ETH-USDT-SWAP", "PEPE-USDT-SWAP")} == {
        "0.01",
        "0.1",
        "10000000",
    }
    btc = by_id["BTC-USDT-SWAP"]
    assert (btc["baseCcy"], btc["quoteCcy"], btc["settleCcy"], btc["instFamily"]) == ("", "", "USDT", "BTC-USDT")
    assert (btc["ctMult"], btc["ctType"], btc["ctValCcy"], btc["lotSz"]) == ("1", "linear", "BTC", "0.01")
    assert isinstance(btc["instIdCode"], int)
    ticker = (await client.get(f"{V5}/market/ticker?instId=BTC-USDT-SWAP")).json()["data"][0]
    assert Decimal(ticker["volCcy24h"]) == pytest.approx(
        Decimal(ticker["vol24h"]) * Decimal("0.01"), rel=Decimal("1e-6")
    )
    assert Decimal(ticker["askSz"]) % Decimal("0.01") == 0


async def test_books_are_four_tuples_and_begin_with_the_ticker(client: httpx.AsyncClient) -> None:
    for symbol in ("SOL-USDT", "SOL-USDT-SWAP"):
        ticker = (await client.get(f"{V5}/market/ticker?instId={symbol}")).json()["data"][0]
        book = (await client.get(f"{V5}/market/books?instId={symbol}&sz=50")).json()["data"][0]
        assert [len(book["asks"]), len(book["bids"])] == [50, 50]
        assert all(len(level) == 4 and level[2] == "0" and int(level[3]) > 0 for level in book["asks"])
        assert book["bids"][0][:2] == [ticker["bidPx"], ticker["bidSz"]]
        assert book["asks"][0][:2] == [ticker["askPx"], ticker["askSz"]]
    assert len((await client.get(f"{V5}/market/books?instId=SOL-USDT")).json()["data"][0]["asks"]) == 1


async def test_everything_is_text_and_nothing_is_padded(client: httpx.AsyncClient) -> None:
    rows = (await client.get(f"{V5}/market/tickers?instType=SPOT")).json()["data"]
    assert all(isinstance(value, str) for row in rows for value in row.values())
    assert not [row for row in rows if "." in row["last"] and row["last"].endswith("0")]


async def test_suspended_instruments_have_no_quote(client: httpx.AsyncClient) -> None:
    rows = (await client.get(f"{V5}/public/instruments?instType=SPOT")).json()["data"]
    suspended = {row["instId"] for row in rows if row["state"] == "suspend"}
    assert suspended
    tickers = (await client.get(f"{V5}/market/tickers?instType=SPOT")).json()["data"]
    assert {row["instId"] for row in tickers if row["bidPx"] == ""} == suspended


async def test_funding_time_is_the_next_settlement_and_next_is_one_later(client: httpx.AsyncClient) -> None:
    rows = (await client.get(f"{V5}/public/funding-rate?instId=ANY")).json()["data"]
    swaps = (await client.get(f"{V5}/public/instruments?instType=SWAP")).json()["data"]
    assert {row["instId"] for row in rows} == {row["instId"] for row in swaps}
    intervals = set()
    for row in rows:
        interval_ms = int(row["nextFundingTime"]) - int(row["fundingTime"])
        intervals.add(interval_ms // HOUR_MS)
        assert NOW_MS < int(row["fundingTime"]) <= NOW_MS + interval_ms
        assert (row["method"], row["nextFundingRate"]) == ("current_period", "")
    assert intervals == {1, 2, 4, 8}
    one = (await client.get(f"{V5}/public/funding-rate?instId=BTC-USDT-SWAP")).json()["data"]
    assert one == [row for row in rows if row["instId"] == "BTC-USDT-SWAP"]


async def test_funding_history_is_newest_first_with_bounds(client: httpx.AsyncClient) -> None:
    path = f"{V5}/public/funding-rate-history?instId=BTC-USDT-SWAP"
    rows = (await client.get(f"{path}&limit=5")).json()["data"]
    times = [int(row["fundingTime"]) for row in rows]
    assert times == sorted(times, reverse=True)
    assert {one - two for one, two in itertools.pairwise(times)} == {8 * HOUR_MS}
    older = (await client.get(f"{path}&after={times[1]}&limit=3")).json()["data"]
    assert older == rows[2:5]
    newer = (await client.get(f"{path}&before={times[2]}")).json()["data"]
    assert newer == rows[:2]
    now = (await client.get(f"{V5}/public/funding-rate?instId=BTC-USDT-SWAP")).json()["data"][0]
    assert Decimal(now["settFundingRate"]) == Decimal(rows[0]["realizedRate"])


async def test_candles_are_newest_first_with_bounds(client: httpx.AsyncClient) -> None:
    path = f"{V5}/market/candles?instId=ETH-USDT&bar=1H"
    rows = (await client.get(f"{path}&limit=6")).json()["data"]
    times = [int(row[0]) for row in rows]
    assert times == [NOW_MS // HOUR_MS * HOUR_MS - i * HOUR_MS for i in range(6)]
    assert [row[8] for row in rows] == ["0", "1", "1", "1", "1", "1"]
    older = (await client.get(f"{path}&after={times[1]}&limit=2")).json()["data"]
    assert older == rows[2:4]
    between = (await client.get(f"{path}&after={times[1]}&before={times[4]}")).json()["data"]
    assert between == rows[2:4]


async def test_plain_days_begin_in_hong_kong(client: httpx.AsyncClient) -> None:
    path = f"{V5}/market/candles?instId=BTC-USDT&limit=2&bar="
    utc = (await client.get(path + "1Dutc")).json()["data"]
    plain = (await client.get(path + "1D")).json()["data"]
    assert int(utc[1][0]) % (24 * HOUR_MS) == 0
    assert int(plain[1][0]) % (24 * HOUR_MS) == 16 * HOUR_MS


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("public/instruments", "50014", 400),
        ("public/instruments?instType=STOCK", "51000", 400),
        ("public/instruments?instType=OPTION", "50015", 400),
        ("public/instruments?instType=SWAP&instId=NOPE", "51001", 200),
        ("market/ticker", "50014", 400),
        ("market/ticker?instId=NOPE-USDT", "51001", 200),
        ("market/books?instId=BTC-USDT&sz=401", "51000", 400),
        ("market/candles?instId=BTC-USDT&bar=7m", "51000", 400),
        ("market/candles?instId=BTC-USDT&limit=301", "51000", 400),
        ("public/funding-rate?instId=BTC-USDT", "51001", 200),
        ("account/balance", "50103", 401),
    ],
)
async def test_mistakes_are_answered_as_the_exchange_would(
    client: httpx.AsyncClient, query: str, code: str, status: int
) -> None:
    answer = await client.get(f"{V5}/{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["data"] == []
    assert answer.json()["msg"]


async def test_an_unknown_path_is_404(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{V5}/public/nothing")).status_code == 404


@pytest.mark.parametrize("query", ["instType=FUTURES", "instType=OPTION&uly=BTC-USD"])
async def test_out_of_scope_is_empty(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"{V5}/public/instruments?{query}")).json() == {"code": "0", "data": [], "msg": ""}


async def test_limits_are_per_path(client: httpx.AsyncClient, clock: SettableClock) -> None:
    for _ in range(20):
        assert (await client.get(f"{V5}/market/tickers?instType=SWAP")).status_code == 200
    over = await client.get(f"{V5}/market/tickers?instType=SWAP")
    assert (over.status_code, over.json()["code"]) == (429, "50011")
    assert (await client.get(f"{V5}/market/books?instId=BTC-USDT")).status_code == 200
    clock.advance(2_000)
    assert (await client.get(f"{V5}/market/tickers?instType=SWAP")).status_code == 200


async def test_funding_is_limited_per_instrument(client: httpx.AsyncClient) -> None:
    for _ in range(10):
        assert (await client.get(f"{V5}/public/funding-rate?instId=ANY")).status_code == 200
    assert (await client.get(f"{V5}/public/funding-rate?instId=ANY")).status_code == 429
    assert (await client.get(f"{V5}/public/funding-rate?instId=BTC-USDT-SWAP")).status_code == 200
