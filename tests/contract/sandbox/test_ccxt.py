"""Unmodified ccxt as a client: only its addresses are changed. A second reading of each exchange's API."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import ccxt
import pytest

from scripts.sandbox import Sandbox
from scripts.sandbox.faults import Fault

pytestmark = pytest.mark.filterwarnings("ignore")

HOSTS = {
    "https://api.binance.com": "/binance",
    "https://fapi.binance.com": "/binance-futures",
    "https://dapi.binance.com": "/binance-futures",
    "https://eapi.binance.com": "/binance-futures",
    "https://api.{hostname}": "/bybit",
    "https://{hostname}": "/okx",
}
SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"


def pointed(value: Any, base: str) -> Any:
    """The same addresses, with the exchange's host replaced by the sandbox."""
    if isinstance(value, dict):
        return {key: pointed(item, base) for key, item in value.items()}
    for host, path in HOSTS.items():
        if isinstance(value, str) and value.startswith(host):
            return base + path + value.removeprefix(host)
    return value


@pytest.fixture(scope="module")
def connect(served: tuple[Sandbox, str]) -> Callable[[str], Any]:
    clients: dict[str, Any] = {}

    def one(name: str) -> Any:
        if name not in clients:
            client = getattr(ccxt, name)({"enableRateLimit": False, "timeout": 20_000})
            client.urls["api"] = pointed(client.urls["api"], served[1])
            client.load_markets()
            clients[name] = client
        return clients[name]

    return one


EXCHANGES = ("binance", "binanceusdm", "bybit", "okx")
# Which markets each client is asked for: (client, symbol, parameters of fetchTickers).
MARKETS: list[tuple[str, str, dict[str, str]]] = [
    ("binance", SPOT, {"type": "spot"}),
    ("binanceusdm", SWAP, {"type": "swap"}),
    ("bybit", SPOT, {"type": "spot"}),
    ("bybit", SWAP, {"type": "swap"}),
    ("okx", SPOT, {"type": "spot"}),
    ("okx", SWAP, {"type": "swap"}),
]


@pytest.mark.parametrize("name", EXCHANGES)
def test_markets(connect: Callable[[str], Any], name: str) -> None:
    markets = list(connect(name).markets.values())
    assert len(markets) >= 100
    assert not [m["symbol"] for m in markets if m["future"] or m["option"] or m["inverse"]]
    for market in markets:
        assert market["precision"]["price"] > 0
        assert market["precision"]["amount"] > 0
        assert market["swap"] == (market["contractSize"] is not None)
    active = [market for market in markets if market["active"]]
    assert len(active) >= len(markets) - 6


def test_contract_sizes(connect: Callable[[str], Any]) -> None:
    assert connect("okx").market(SWAP)["contractSize"] == 0.01
    assert connect("okx").market("PEPE/USDT:USDT")["contractSize"] == 10_000_000
    assert connect("bybit").market("SHIB1000/USDT:USDT")["id"] == "SHIB1000USDT"
    assert connect("binanceusdm").market("1000PEPE/USDT:USDT")["contractSize"] == 1


@pytest.mark.parametrize(("name", "symbol", "params"), MARKETS)
def test_tickers(connect: Callable[[str], Any], name: str, symbol: str, params: dict[str, str]) -> None:
    tickers = connect(name).fetch_tickers(params=params)
    assert len(tickers) >= 100
    ticker = tickers[symbol]
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert (ticker["quoteVolume"] or ticker["baseVolume"] * ticker["last"]) > 1e6
    assert ticker["percentage"] == pytest.approx((ticker["last"] / ticker["open"] - 1) * 100, abs=0.02)


@pytest.mark.parametrize("name", ["binance", "binanceusdm", "bybit"])
def test_bids_and_asks(connect: Callable[[str], Any], name: str) -> None:
    params = {"type": "swap"} if name == "bybit" else {}
    quotes = connect(name).fetch_bids_asks(params=params)
    assert len(quotes) >= 100
    live = [quote for quote in quotes.values() if quote["bid"]]
    assert len(live) >= len(quotes) - 4
    assert all(quote["bid"] < quote["ask"] and quote["bidVolume"] > 0 for quote in live)


@pytest.mark.parametrize(("name", "symbol", "params"), MARKETS)
def test_order_books(connect: Callable[[str], Any], name: str, symbol: str, params: dict[str, str]) -> None:
    book = connect(name).fetch_order_book(symbol, 50)
    assert len(book["bids"]) == len(book["asks"]) == 50
    assert book["bids"][0][0] < book["asks"][0][0]
    assert [level[0] for level in book["bids"]] == sorted((level[0] for level in book["bids"]), reverse=True)


@pytest.mark.parametrize(("name", "symbol", "params"), MARKETS)
def test_candles(connect: Callable[[str], Any], name: str, symbol: str, params: dict[str, str]) -> None:
    client = connect(name)
    since_ms = client.milliseconds() // 3_600_000 * 3_600_000 - 30 * 3_600_000
    for frame, length_ms in (("1h", 3_600_000), ("1m", 60_000)):
        candles = client.fetch_ohlcv(symbol, frame, since=since_ms, limit=20)
        assert [candle[0] for candle in candles] == [since_ms + i * length_ms for i in range(20)]
        assert all(low <= min(o, c) and max(o, c) <= high for _, o, high, low, c, _ in candles)
    newest = client.fetch_ohlcv(symbol, "5m", limit=10)
    assert len(newest) == 10
    assert 0 <= client.milliseconds() - newest[-1][0] < 300_000 + 5_000


@pytest.mark.parametrize("name", EXCHANGES)
def test_funding_rates(connect: Callable[[str], Any], name: str) -> None:
    client = connect(name)
    rates = client.fetch_funding_rates()
    assert len(rates) >= 100
    now_ms = client.milliseconds()
    for rate in rates.values():
        assert abs(rate["fundingRate"]) <= 0.02
        assert now_ms - 60_000 < rate["fundingTimestamp"] <= now_ms + 8 * 3_600_000
    assert client.fetch_funding_rate(SWAP)["fundingRate"] == pytest.approx(rates[SWAP]["fundingRate"], rel=0.1)


@pytest.mark.parametrize("name", EXCHANGES)
def test_funding_history(connect: Callable[[str], Any], name: str) -> None:
    client = connect(name)
    rows = client.fetch_funding_rate_history(SWAP, limit=10)
    assert len(rows) == 10
    times = [row["timestamp"] for row in rows]
    assert times == sorted(times)
    assert {round((two - one) / 3_600_000) for one, two in pairwise(times)} == {8}
    since_ms = client.milliseconds() - 4 * 86_400_000
    later = client.fetch_funding_rate_history(SWAP, since=since_ms, limit=5)
    assert len(later) == 5
    assert all(row["timestamp"] >= since_ms for row in later)


def test_funding_intervals(connect: Callable[[str], Any]) -> None:
    for name in ("binanceusdm", "bybit"):
        client = connect(name)
        if not client.has.get("fetchFundingIntervals"):
            continue
        intervals = {row["interval"] for row in client.fetch_funding_intervals().values()}
        assert {"1h", "4h"} <= intervals


@pytest.mark.parametrize("name", EXCHANGES)
def test_time_and_status(connect: Callable[[str], Any], name: str) -> None:
    client = connect(name)
    assert abs(client.fetch_time() - client.milliseconds()) < 5_000
    assert client.fetch_status()["status"] == "ok"


def test_errors_become_the_right_exceptions(connect: Callable[[str], Any]) -> None:
    with pytest.raises(ccxt.BadSymbol):
        connect("binance").publicGetTickerPrice({"symbol": "NOPEUSDT"})
    with pytest.raises(ccxt.BadSymbol):
        connect("okx").publicGetMarketTicker({"instId": "NOPE-USDT"})
    with pytest.raises(ccxt.BadRequest):
        connect("bybit").publicGetV5MarketTickers({"category": "spot", "symbol": "NOPEUSDT"})


@pytest.mark.parametrize(
    ("name", "target", "kind", "expected"),
    [
        ("binance", "binance", "rate_limit", ccxt.DDoSProtection),
        ("binanceusdm", "binance-futures", "geo", ccxt.ExchangeNotAvailable),
        ("bybit", "bybit", "rate_limit", ccxt.RateLimitExceeded),
        ("okx", "okx", "rate_limit", ccxt.RateLimitExceeded),
        ("okx", "okx", "status", ccxt.ExchangeNotAvailable),
    ],
)
def test_faults_are_understood(
    connect: Callable[[str], Any], served: tuple[Sandbox, str], name: str, target: str, kind: str, expected: type
) -> None:
    client = connect(name)
    served[0].faults.add(Fault(target, kind))  # type: ignore[arg-type]
    try:
        with pytest.raises(expected):
            client.fetch_time()
    finally:
        served[0].faults.clear()
