"""Whole recorded markets decode; the trading rules equal those that ccxt read from the same instruments."""

import json
from decimal import Decimal
from typing import Any

import pytest

from arbedge.adapters.exchanges.binance import wire as binance
from arbedge.adapters.exchanges.bybit import wire as bybit
from arbedge.adapters.exchanges.okx import wire as okx
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Market
from tests.contract.exchanges.world import load_ccxt, load_snapshot, needs_fixtures

pytestmark = needs_fixtures

MARKETS: tuple[Market, ...] = ("spot", "perp")


def envelope(exchange: str, rows: list[Any]) -> bytes:
    if exchange == "binance":
        return json.dumps({"symbols": rows}).encode()
    if exchange == "bybit":
        return json.dumps({"retCode": 0, "retMsg": "OK", "result": {"list": rows}, "time": 1}).encode()
    return json.dumps({"code": "0", "data": rows, "msg": ""}).encode()


def decode(exchange: str, market: Market, rows: list[Any]) -> dict[str, Instrument]:
    payload = envelope(exchange, rows)
    wire = {"binance": binance, "bybit": bybit, "okx": okx}[exchange]
    payloads = (payload, b"[]") if (exchange, market) == ("binance", "perp") else (payload,)
    return {one.symbol: one for one in wire.decode_instruments(market, *payloads)}


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("exchange", ["binance", "bybit", "okx"])
def test_rules_equal_those_ccxt_reads(exchange: str, market: Market):
    everything = list(load_ccxt("markets", exchange)["markets"].values())
    oracle = [one for one in everything if one["type"] == "spot" or one["linear"]]
    oracle = [one for one in oracle if (one["type"] == "spot") == (market == "spot")]
    found = decode(exchange, market, [one["info"] for one in everything if one["type"] == oracle[0]["type"]])
    assert set(found) == {one["id"] for one in oracle if one["active"]}
    for instrument, one in ((found[one["id"]], one) for one in oracle if one["active"]):
        assert float(instrument.tick_size) == one["precision"]["price"]
        assert float(instrument.lot_size) == one["precision"]["amount"]
        assert float(instrument.min_size) == one["limits"]["amount"]["min"]
        assert float(instrument.contract_size) == (one["contractSize"] or 1)
        assert (instrument.base, instrument.quote) == (one["base"], one["quote"])
        if least := one["limits"]["cost"]["min"]:
            assert exchange == "okx" or float(instrument.min_notional or 0) == least


@pytest.mark.parametrize(
    ("exchange", "snapshot", "market", "least"),
    [
        ("binance", "binance_spot_exchangeInfo", "spot", 700),
        ("binance", "binance_usdm_exchangeInfo", "perp", 70),
        ("bybit", "bybit_instruments_spot", "spot", 350),
        ("bybit", "bybit_instruments_linear", "perp", 500),
        ("okx", "okx_instruments_SPOT", "spot", 350),
        ("okx", "okx_instruments_SWAP", "perp", 80),
    ],
)
def test_instruments_in_scope_survive_decoding(exchange: str, snapshot: str, market: Market, least: int):
    wire = {"binance": binance, "bybit": bybit, "okx": okx}[exchange]
    payload = load_snapshot(snapshot)
    instruments = wire.decode_instruments(market, *((payload, b"[]") if exchange == "binance" else (payload,)))
    assert len(instruments) >= least
    assert all(one.tick_size > 0 and one.lot_size > 0 and one.asset for one in instruments)
    if market == "perp":
        assert {one.quote for one in instruments} <= {"USDT", "USDC"}


@pytest.mark.parametrize("snapshot", ["okx_instruments_FUTURES", "okx_instruments_OPTION_BTC-USD"])
def test_dated_and_optional_things_stay_out(snapshot: str):
    for market in MARKETS:
        assert okx.decode_instruments(market, load_snapshot(snapshot)) == []


def test_contract_sizes_of_recorded_swaps():
    swaps = {one.symbol: one for one in okx.decode_instruments("perp", load_snapshot("okx_instruments_SWAP"))}
    assert swaps["BTC-USDT-SWAP"].contract_size == Decimal("0.01")
    assert swaps["BTC-USDT-SWAP"].lot_asset == swaps["BTC-USDT-SWAP"].lot_size * Decimal("0.01")
    assert "BTC-USD-SWAP" not in swaps


def test_multipliers_of_recorded_perpetuals():
    rows = bybit.decode_instruments("perp", load_snapshot("bybit_instruments_linear"))
    baby = next(one for one in rows if one.symbol == "1000000BABYDOGEUSDT")
    assert (baby.asset, baby.multiplier, baby.funding_interval_h) == ("BABYDOGE", 1_000_000, 4)


def test_a_whole_recorded_spot_market_of_binance():
    payload = load_snapshot("binance_spot_ticker24hr_all")
    rows = binance.decode_tickers("spot", payload)
    assert len(rows) == len(json.loads(payload)) == 1879
    ether = next(row for row in rows if row.symbol == "ETHBTC")
    assert (ether.bid, ether.bid_size, ether.ask, ether.ask_size) == (0.03168, 10.2011, 0.03169, 35.6399)


def test_a_recorded_funding_estimate_settles_at_the_next_funding_time():
    premiums = load_snapshot("binance_usdm_premiumIndex_all")
    books = json.dumps([{"symbol": row["symbol"]} for row in json.loads(premiums)]).encode()
    rows = {row.symbol: row for row in binance.decode_tickers("perp", books, premiums)}
    assert len(rows) == 346
    pol = rows["POLUSDT"]
    assert (pol.mark, pol.funding_rate, pol.funding_at) == (0.1983635, -0.00009222, 1750161600000)


@pytest.mark.parametrize("market", MARKETS)
def test_a_whole_recorded_market_of_bybit(market: Market):
    payload = load_snapshot("bybit_v5_tickers_" + {"spot": "spot", "perp": "linear"}[market])
    raw = json.loads(payload)
    rows = bybit.decode_tickers(market, payload)
    assert len(rows) == len(raw["result"]["list"])
    assert {row.exchange_at for row in rows} == {raw["time"]}
    if market == "perp":
        dated = {one["symbol"] for one in raw["result"]["list"] if one["fundingRate"] == ""}
        assert {row.symbol for row in rows if row.funding_rate is None} == dated
