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


def test_what_settlements_charged_comes_on_record_with_the_ticks(worker: World):
    worker.scan()
    for exchange in ("binance", "bybit", "okx"):
        charged, cursor = [], {}
        while cursor is not None:
            body = worker.get("/market/funding", exchange=exchange, limit="50", **cursor).json()
            charged += [row["charged"] for row in body["data"] if row["charged"]]
            cursor = {"cursor": body["next_cursor"]} if body["next_cursor"] else None
        assert charged
        assert all(one["settlements"] > 0 and one["from_at"] < one["to_at"] for one in charged)
        assert {one["mode"] for one in charged} == {"synthetic"}


def test_the_bot_tells_a_price_with_its_last_day(worker: World):
    worker.say(FIONA, "/start")
    text = worker.say(FIONA, "/price BTC")["parameters"]["text"]
    assert "Binance spot" in text
    assert "Hourly candles" in text
