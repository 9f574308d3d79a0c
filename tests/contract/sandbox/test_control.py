"""The control endpoints: what is agreed about them, call by call."""

from typing import Any

import httpx
import pytest

from scripts.sandbox import Sandbox, SandboxConfig, SettableClock, create_sandbox

from .conftest import CONFIG, NOW_MS


async def bid_of(client: httpx.AsyncClient, exchange: str, symbol: str = "SOLUSDT") -> float:
    paths = {
        "binance": f"/binance/api/v3/ticker/bookTicker?symbol={symbol}",
        "binance-futures": f"/binance-futures/fapi/v1/ticker/bookTicker?symbol={symbol}",
    }
    return float((await client.get(paths[exchange])).json()["bidPrice"])


async def test_state_says_what_runs(client: httpx.AsyncClient) -> None:
    await client.get("/okx/api/v5/public/time")
    state = (await client.get("/_control/state")).json()
    assert (state["source"], state["market_mode"], state["seed"], state["speed"]) == ("synthetic", "synthetic", 7, 1.0)
    assert (state["clock_ms"], state["faults"], state["requests"]) == (NOW_MS, [], {"okx": 1})
    assert {entry["ticker"] for entry in state["collisions"]} >= {"NEIRO", "PUMP"}
    assert any(episode["plan"] == "wide_spot" for episode in state["dislocations"])
    assert state["funding_gaps"]
    assert state["instruments"]["okx perp"] > 300


async def test_speed_zero_freezes_all_books(client: httpx.AsyncClient, clock: SettableClock) -> None:
    answer = await client.post("/_control/market", json={"source": "synthetic", "speed": 0})
    assert answer.status_code == 200
    paths = ("/binance/api/v3/ticker/bookTicker", "/binance/api/v3/depth?symbol=BTCUSDT&limit=20")
    before = [(await client.get(path)).json() for path in paths]
    clock.advance(60_000)
    after = [(await client.get(path)).json() for path in paths]
    assert after[0] == before[0]
    assert (after[1]["bids"], after[1]["asks"]) == (before[1]["bids"], before[1]["asks"])
    frozen = await bid_of(client, "binance")
    await client.post("/_control/market", json={"speed": 1})
    assert await bid_of(client, "binance") == frozen
    clock.advance(30_000)
    assert await bid_of(client, "binance") != frozen


async def test_another_seed_is_another_market_and_reset_brings_the_first_back(client: httpx.AsyncClient) -> None:
    before = (await client.get("/binance/api/v3/ticker/bookTicker")).content
    await client.post("/_control/market", json={"source": "synthetic", "seed": 99})
    assert (await client.get("/_control/state")).json()["seed"] == 99
    assert (await client.get("/binance/api/v3/ticker/bookTicker")).content != before
    await client.post("/_control/reset")
    assert (await client.get("/_control/state")).json()["seed"] == 7
    assert (await client.get("/binance/api/v3/ticker/bookTicker")).content == before


@pytest.mark.parametrize("bps", [200, -200])
async def test_shift_moves_book_and_tickers_for_its_duration(
    client: httpx.AsyncClient, clock: SettableClock, bps: int
) -> None:
    await client.post("/_control/market", json={"source": "synthetic", "speed": 0})
    spot, perp = await bid_of(client, "binance"), await bid_of(client, "binance-futures")
    order = {"exchange": "binance", "market": "spot", "symbol": "SOL/USDT", "bps": bps, "duration_s": 20}
    answer = await client.post("/_control/market/shift", json=order)
    assert answer.json()["instrument"] == "SOLUSDT"
    assert await bid_of(client, "binance") == pytest.approx(spot * (1 + bps / 1e4), rel=3e-4)
    assert await bid_of(client, "binance-futures") == perp
    book = (await client.get("/binance/api/v3/depth?symbol=SOLUSDT&limit=5")).json()
    assert float(book["bids"][0][0]) == await bid_of(client, "binance")
    assert (await client.get("/_control/state")).json()["shifts"][0]["bps"] == bps
    clock.advance(20_000)
    assert await bid_of(client, "binance") == spot


async def test_shift_finds_multiplier_instruments_by_asset(client: httpx.AsyncClient) -> None:
    order = {"exchange": "bybit", "market": "perp", "symbol": "SHIB/USDT", "bps": 10, "duration_s": 5}
    assert (await client.post("/_control/market/shift", json=order)).json()["instrument"] == "SHIB1000USDT"
    order = {"exchange": "okx", "market": "perp", "symbol": "PEPE/USDT", "bps": 10, "duration_s": 5}
    assert (await client.post("/_control/market/shift", json=order)).json()["instrument"] == "PEPE-USDT-SWAP"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("market", {"source": "recorded:nothing"}),
        ("market", {"source": "synthetic", "speed": -1}),
        ("market", {"sauce": "synthetic"}),
        ("market/shift", {"exchange": "kraken", "market": "spot", "symbol": "BTC/USDT", "bps": 1, "duration_s": 1}),
        ("market/shift", {"exchange": "okx", "market": "spot", "symbol": "NOPE/USDT", "bps": 1, "duration_s": 1}),
        ("market/shift", {"exchange": "okx", "market": "spot", "symbol": "BTC/USDT", "bps": 1, "duration_s": 0}),
        ("faults", {"target": "okx", "kind": "explode"}),
    ],
)
async def test_nonsense_is_named(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    answer = await client.post(f"/_control/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_faults_can_be_set_seen_and_mended(client: httpx.AsyncClient) -> None:
    await client.post("/_control/faults", json={"target": "okx", "kind": "status", "value": 500, "path": "tickers"})
    assert (await client.get("/okx/api/v5/market/tickers?instType=SPOT")).status_code == 500
    assert (await client.get("/okx/api/v5/public/time")).status_code == 200
    state = (await client.get("/_control/state")).json()
    assert (state["faults"][0]["kind"], state["faults_hit"]) == ("status", 1)
    assert (await client.delete("/_control/faults")).status_code == 200
    assert (await client.get("/okx/api/v5/market/tickers?instType=SPOT")).status_code == 200


async def test_requests_are_listed_by_target_and_time(client: httpx.AsyncClient, clock: SettableClock) -> None:
    await client.get("/bybit/v5/market/tickers?category=spot&symbol=BTCUSDT", headers={"User-Agent": "arb"})
    clock.advance(1_000)
    await client.get("/okx/api/v5/public/time")
    await client.post("/bybit/v5/order/create", content=b'{"a":1}')
    every = (await client.get("/_control/requests")).json()["requests"]
    assert [entry["target"] for entry in every] == ["bybit", "okx", "bybit"]
    first = every[0]
    assert (first["time"], first["method"], first["path"]) == (NOW_MS, "GET", "/v5/market/tickers")
    assert (first["query"], first["headers"]["user-agent"]) == ("category=spot&symbol=BTCUSDT", "arb")
    later = (await client.get(f"/_control/requests?target=bybit&since={NOW_MS + 1_000}")).json()["requests"]
    assert [entry["body"] for entry in later] == ['{"a":1}']


async def test_reset_goes_back_to_the_start(client: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await client.post("/_control/faults", json={"target": "okx", "kind": "html"})
    await client.post("/_control/market", json={"source": "synthetic", "seed": 3, "speed": 0})
    sandbox.shift("okx", "spot", "BTC/USDT", 50, 60)
    await client.get("/okx/api/v5/public/time")
    await client.post("/_control/reset")
    state = (await client.get("/_control/state")).json()
    assert (state["faults"], state["requests"], state["seed"], state["speed"], state["shifts"]) == ([], {}, 7, 1.0, [])


async def test_sandboxes_do_not_share_anything(clock: SettableClock) -> None:
    one, two = create_sandbox(CONFIG, clock), create_sandbox(SandboxConfig("http://w", "t", "s", seed=8), clock)
    one.shift("binance", "spot", "BTC/USDT", 500, 60)
    transport = httpx.ASGITransport(app=two.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://two") as client:
        state = (await client.get("/_control/state")).json()
    assert (state["shifts"], state["seed"]) == ([], 8)
    assert one.requests.counts() == {}
