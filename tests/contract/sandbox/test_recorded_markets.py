"""Recorded markets: the recorded numbers come out of the exchanges' own endpoints, re-timed by one constant."""

import csv
import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.sandbox import Sandbox, SandboxConfig, SettableClock, create_sandbox
from scripts.sandbox.market.recordings import MissingFixturesError

from .conftest import FIXTURES, NOW_MS, needs_fixtures

pytestmark = needs_fixtures
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def rows_of(file: str) -> list[dict[str, str]]:
    with gzip.open(FIXTURES / "market" / file, "rt") as lines:
        return list(csv.DictReader(lines))


def sandbox_of(name: str, clock: SettableClock) -> Sandbox:
    return create_sandbox(SandboxConfig("http://w", "t", "s", market=f"recorded:{name}"), clock)


async def ask(sandbox: Sandbox, path: str) -> Any:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        return (await client.get(path)).json()


async def test_state_says_that_it_is_a_replay_and_what_is_modelled(clock: SettableClock) -> None:
    for name, end in (("perps", "loops"), ("ticks", "loops"), ("depeg", "holds")):
        state = await ask(sandbox_of(name, clock), "/_control/state")
        assert (state["market_mode"], state["recording"], state["at_the_end"]) == ("replay", name, end)
        assert state["files"]
        assert state["modelled"]
        assert state["recorded_now_ms"] == NOW_MS + state["offset_ms"]


async def test_perpetual_candles_are_the_recorded_ones(clock: SettableClock) -> None:
    sandbox = sandbox_of("perps", clock)
    offset_ms = (await ask(sandbox, "/_control/state"))["offset_ms"]
    assert offset_ms % DAY_MS == 0
    prices = {int(r["ts_ms"]): r for r in rows_of("series/klines_1h_perp_okx.csv.gz") if r["symbol"] == "SOL-USDT-SWAP"}
    rows = (await ask(sandbox, "/okx/api/v5/market/candles?instId=SOL-USDT-SWAP&bar=1H&limit=20"))["data"]
    for row in rows[1:]:
        recorded = prices[int(row[0]) + offset_ms]
        assert [float(value) for value in row[1:5]] == [
            pytest.approx(float(recorded[name]), rel=1e-5) for name in ("open", "high", "low", "close")
        ]


async def test_perpetual_funding_is_what_was_charged(clock: SettableClock) -> None:
    sandbox = sandbox_of("perps", clock)
    offset_ms = (await ask(sandbox, "/_control/state"))["offset_ms"]
    charged = {
        round(int(r["ts_ms"]) / HOUR_MS) * HOUR_MS: float(r["funding_rate"])
        for r in rows_of("series/funding_bybit_5coins_2025_2026.csv.gz")
        if r["symbol"] == "BTCUSDT"
    }
    path = "/bybit/v5/market/funding/history?category=linear&symbol=BTCUSDT&limit=3"
    rows = (await ask(sandbox, path))["result"]["list"]
    assert len(rows) == 3
    for row in rows:
        settled_ms = int(row["fundingRateTimestamp"])
        assert settled_ms % (8 * HOUR_MS) == 0
        assert float(row["fundingRate"]) == pytest.approx(charged[settled_ms + offset_ms], abs=1e-8)


async def test_three_exchanges_stay_together(clock: SettableClock) -> None:
    """Hourly extremes are walked in one order, so that no gap appears that was not recorded."""
    sandbox = sandbox_of("perps", clock)
    for minute in range(0, 180, 7):
        clock.set(NOW_MS + minute * 60_000)
        mids = []
        for exchange, symbol in (("binance", "BTCUSDT"), ("bybit", "BTCUSDT"), ("okx", "BTC-USDT-SWAP")):
            listing = sandbox.market.find((exchange, "perp"), symbol)  # type: ignore[arg-type]
            assert listing is not None
            mids.append(sandbox.market.quote(listing).mid)
        assert max(mids) / min(mids) - 1 < 0.0015


async def test_a_loop_begins_again(clock: SettableClock) -> None:
    sandbox = sandbox_of("ticks", clock)
    before = await ask(sandbox, "/binance/api/v3/ticker/bookTicker")
    state = await ask(sandbox, "/_control/state")
    clock.advance(state["recorded_to_ms"] - state["recorded_from_ms"])
    assert await ask(sandbox, "/binance/api/v3/ticker/bookTicker") == before
    assert (await ask(sandbox, "/_control/state"))["ended"]


async def test_ticks_are_the_recorded_best_prices(clock: SettableClock) -> None:
    sandbox = sandbox_of("ticks", clock)
    (spot,) = await ask(sandbox, "/binance/api/v3/ticker/bookTicker")
    (perp,) = await ask(sandbox, "/binance-futures/fapi/v1/ticker/bookTicker")
    assert 61_000 < float(perp["bidPrice"]) < float(spot["bidPrice"]) < 63_000
    assert float(spot["askPrice"]) - float(spot["bidPrice"]) == pytest.approx(0.01, abs=1e-6)
    assert (await ask(sandbox, "/okx/api/v5/market/tickers?instType=SPOT"))["data"] == []
    book = await ask(sandbox, "/binance/api/v3/depth?symbol=BTCUSDT&limit=50")
    assert (book["bids"][0], len(book["bids"])) == ([spot["bidPrice"], spot["bidQty"]], 50)


async def test_the_peg_is_lost_and_the_end_holds(clock: SettableClock) -> None:
    sandbox = sandbox_of("depeg", clock)
    lowest = 1.0
    for hour in range(24):
        clock.set(NOW_MS + hour * HOUR_MS)
        lowest = min(lowest, float((await ask(sandbox, "/binance/api/v3/ticker/price?symbol=USDCUSDT"))["price"]))
    assert lowest < 0.93
    clock.set(NOW_MS + 10 * DAY_MS)
    held = await ask(sandbox, "/binance/api/v3/ticker/price")
    clock.advance(12 * HOUR_MS)
    later = await ask(sandbox, "/binance/api/v3/ticker/price")
    assert [float(row["price"]) for row in later] == [pytest.approx(float(row["price"]), rel=1e-3) for row in held]
    assert (await ask(sandbox, "/_control/state"))["ended"]


async def test_markets_can_be_changed_while_it_runs(client: httpx.AsyncClient) -> None:
    assert (await client.post("/_control/market", json={"source": "recorded:perps"})).status_code == 200
    assert (await client.get("/_control/state")).json()["market_mode"] == "replay"
    assert (await client.get("/binance/api/v3/ticker/bookTicker")).json() == []
    assert len((await client.get("/okx/api/v5/market/tickers?instType=SWAP")).json()["data"]) == 5
    await client.post("/_control/market", json={"source": "synthetic"})
    assert len((await client.get("/binance/api/v3/ticker/bookTicker")).json()) > 300


def test_missing_fixtures_are_named(tmp_path: Path) -> None:
    config = SandboxConfig("http://w", "t", "s", market="recorded:perps", fixtures=tmp_path)
    with pytest.raises(MissingFixturesError, match="ARBEDGE_FIXTURES"):
        create_sandbox(config)
