"""Market data as a program and a person get it from the running Worker."""

from tests.worker.world import FIONA, World

BTC = {"exchange": "binance", "market": "spot", "symbol": "BTC/USDT"}


def test_candles_come_from_the_exchange_once_and_from_the_cache_afterwards(worker: World):
    query = {**BTC, "interval": "5m", "limit": "30", "age_ms_max": "60000"}
    first = worker.get("/market/candles", **query).json()["data"]
    assert len(first["candles"]) == 30
    assert (first["source"], first["mode"]) == ("api", "synthetic")
    assert worker.get("/market/candles", **query).json()["data"]["source"] in {"cache", "lake"}


def test_tickers_come_from_the_newest_scan(worker: World):
    worker.scan()
    for age_ms_max, sources in ((60_000, {"cache", "lake"}), (20_000, {"cache", "lake", "api"})):
        body = worker.get("/market/tickers", asset="BTC", quote="USDT", age_ms_max=str(age_ms_max)).json()
        assert {row["exchange"] for row in body["data"]} == {"binance", "bybit", "okx"}
        assert {row["source"] for row in body["data"]} <= sources


def test_the_bot_tells_a_price_with_its_last_day(worker: World):
    worker.say(FIONA, "/start")
    text = worker.say(FIONA, "/price BTC")["parameters"]["text"]
    assert "Binance spot" in text
    assert "Hourly candles" in text
