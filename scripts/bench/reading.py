"""Reads of public market data through the API, by who serves them: the exchange, the cache in KV, the lake in R2."""

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx

from scripts.bench.rows import Row, percentile
from scripts.bench.worker import MOVING_SPACING_S, SCAN_CRON, Bench, running
from scripts.local_stack import LocalStack
from scripts.seed import PEOPLE, seed_people

AREA = "reads"
PRIYA = next(person for person in PEOPLE if person.tier == "pro")
INTERVAL, CANDLES = "1h", 100
SPACING_S = 0.15  # the gate against floods lets ten a second pass
TIERS = (("exchange", "api"), ("cache (KV)", "cache"), ("lake (R2)", "lake"))


class Reader:
    """A program that asks the Worker; `read` returns milliseconds and insists on who served it."""

    def __init__(self, stack: LocalStack) -> None:
        self._http = httpx.Client(
            base_url=stack.worker_url, headers={"X-User-ID": PRIYA.id}, timeout=30, trust_env=False
        )

    def get(self, path: str, **query: Any) -> tuple[float, Any]:
        began = time.monotonic()
        answer = self._http.get(f"/api/v1{path}", params=query)
        took_ms = (time.monotonic() - began) * 1000
        time.sleep(max(0.0, SPACING_S - took_ms / 1000))
        return took_ms, answer.raise_for_status().json()["data"]

    def read_candles(self, symbol: str, source: str) -> float:
        query = {"exchange": "binance", "market": "spot", "symbol": symbol, "interval": INTERVAL, "limit": CANDLES}
        took_ms, data = self.get("/market/candles", **query)
        assert data["source"] == source, f"{symbol}: served by {data['source']}, not by {source}"
        return took_ms

    def forget_cached(self, symbol: str) -> None:
        """Takes the copy out of KV, through the door that wrangler offers on the local store."""
        key = quote(f"market/candles/v1/binance/spot/{symbol}/{INTERVAL}", safe="")
        address = f"/cdn-cgi/local/explorer/api/storage/kv/namespaces/local-kv/values/{key}"
        self._http.delete(address).raise_for_status()

    def list_symbols(self, count: int) -> list[str]:
        _, rows = self.get("/market/tickers", exchange="binance", market="spot", quote="USDT", limit=count)
        return [row["symbol"] for row in rows]


def measure(*, is_quick: bool = False) -> list[Row]:
    with running() as bench:
        return measure_candles(bench, 10 if is_quick else 50)


def measure_candles(bench: Bench, count: int) -> list[Row]:
    """Each symbol three times: first nobody has it, then KV has, then only R2."""
    reader = Reader(bench.stack)
    seed_people(bench.stack.database)
    bench.write(PRIYA.telegram_id, "/start")
    bench.tick(SCAN_CRON, MOVING_SPACING_S)
    symbols = reader.list_symbols(count)
    for symbol in symbols[:2]:  # what the first requests import is measured elsewhere
        reader.get("/market/orderbook", exchange="binance", market="spot", symbol=symbol)
    times = {"api": [reader.read_candles(symbol, "api") for symbol in symbols]}
    times["cache"] = [reader.read_candles(symbol, "cache") for symbol in symbols]
    for symbol in symbols:
        reader.forget_cached(symbol)
    times["lake"] = [reader.read_candles(symbol, "lake") for symbol in symbols]
    bare = [reader.get("/health")[0] for _ in symbols]
    note = f"{len(symbols)} symbols, {CANDLES} candles each, one request at a time"
    rows = [row for tier, source in TIERS for row in _rows(f"candles from the {tier}", times[source], note)]
    return [*rows, *_rows("an answer that reads nothing", bare, "what routing and FastAPI take of the above")]


def _rows(name: str, times_ms: Sequence[float], note: str) -> list[Row]:
    ordered = list(times_ms)
    return [
        Row(area=AREA, name=f"{name}, p50", figure=percentile(ordered, 0.5), unit="ms", note=note),
        Row(area=AREA, name=f"{name}, p99", figure=percentile(ordered, 0.99), unit="ms"),
    ]
