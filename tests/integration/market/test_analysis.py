"""Indicators and correlation over the API: computed from the candles that the API itself shows."""

from typing import Any

import pytest

from tests.integration.market.test_api import ask
from tests.integration.world import World

BTC: dict[str, Any] = {"exchange": "binance", "market": "spot", "symbol": "BTC/USDT"}


@pytest.fixture
async def scanned(arbedge: World) -> World:
    await arbedge.scan()
    return arbedge


async def test_indicators_follow_from_the_candles_shown(scanned: World):
    view = (await ask(scanned, "indicators", **BTC, interval="1h", limit=10))["data"]
    candles = (await ask(scanned, "candles", **BTC, interval="1h", limit=40))["data"]["candles"]
    closed = [float(one["close"]) for one in candles if one["is_closed"]]
    last = view["readings"][-1]
    assert len(view["readings"]) == 10
    assert last["start"] == [one["start"] for one in candles if one["is_closed"]][-1]
    assert last["sma"] == pytest.approx(sum(closed[-20:]) / 20, rel=1e-9)
    assert 0 <= last["rsi"] <= 100
    assert view["regime"]["kind"] in {"trend", "range", "shock"}
    assert (view["series"]["source"], view["series"]["mode"]) == ("api", "synthetic")


async def test_one_asset_on_two_exchanges_moves_together(scanned: World):
    view = (await ask(scanned, "correlation", **BTC, other_exchange="okx", interval="15m"))["data"]
    assert (view["first"]["exchange"], view["second"]["exchange"]) == ("binance", "okx")
    assert view["pairs"] > 250
    assert view["pearson"] > 0.9
    assert view["lead_lag"]["lag_steps"] == 0
    assert view["step_ms"] == view["lead_lag"]["step_ms"] == 900_000


async def test_what_is_not_listed_or_not_known_is_refused(arbedge: World):
    await ask(arbedge, "indicators", 404, **{**BTC, "symbol": "NOSUCH"})
    await ask(arbedge, "correlation", 404, **BTC, other_symbol="NOSUCH")
    await ask(arbedge, "correlation", 422, **BTC, lag_steps_max=21)
