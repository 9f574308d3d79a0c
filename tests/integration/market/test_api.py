"""The market routes: what they show, with source, age and mode; what they refuse; what they say when a source is down."""

from decimal import Decimal

import pytest

from tests.integration.http.world import check_answer
from tests.integration.world import World


async def ask(world: World, path: str, status: int = 200, user: str | None = "user_pro_789", **query):
    answer = await world.get(f"/market/{path}", user, **query)
    assert answer.status_code == status, answer.text
    check_answer(answer)
    return answer.json()


@pytest.fixture
async def scanned(arbedge: World) -> World:
    await arbedge.scan()
    return arbedge


async def test_tickers_name_source_age_and_mode(scanned: World):
    body = await ask(scanned, "tickers", asset="btc", quote="USDT")
    rows = body["data"]
    assert {(row["exchange"], row["market"]) for row in rows} == {
        (exchange, market) for exchange in ("binance", "bybit", "okx") for market in ("spot", "perp")
    }
    for row in rows:
        assert (row["source"], row["mode"]) == ("cache", "synthetic")
        assert 0 <= row["age_ms"] < 20_000
        assert 0 < Decimal(row["bid"]) <= Decimal(row["ask"])
    assert len(body["meta"]["feeds"]) == 6
    assert all(feed["state"] == "ok" for feed in body["meta"]["feeds"])


async def test_pages_follow_each_other_without_loss_within_the_plan(scanned: World):
    seen, cursor = [], None
    for _ in range(4):
        query = {"exchange": "okx", "limit": 50} | ({"cursor": cursor} if cursor else {})
        body = await ask(scanned, "tickers", user="user_premium_456", **query)
        assert (body["meta"]["limit"], body["meta"]["limit_max"], len(body["data"])) == (20, 20, 20)
        seen += [(row["asset"], row["quote"], row["exchange"], row["market"], row["symbol"]) for row in body["data"]]
        cursor = body["next_cursor"]
    assert seen == sorted(set(seen))
    await ask(scanned, "tickers", 400, cursor="bm90IG91cnM")
    await ask(scanned, "funding", 400, cursor="!")


async def test_funding_is_stated_per_hour_whatever_the_interval(scanned: World):
    rows = (await ask(scanned, "funding", asset="ETH"))["data"]
    assert {row["exchange"] for row in rows} == {"binance", "bybit", "okx"}
    for row in rows:
        assert row["rate_per_h"] == pytest.approx(row["rate"] / row["interval_h"])
        assert row["apr_percent"] == pytest.approx(row["rate_per_h"] * 876_000, abs=1e-3)
        assert row["next_at"] > scanned.clock.now_ms()


async def test_books_candles_and_settlements_of_one_instrument(scanned: World):
    book = (await ask(scanned, "orderbook", exchange="okx", market="perp", symbol="BTC/USDT", depth=5))["data"]
    assert (book["symbol"], len(book["bids"]), len(book["asks"])) == ("BTC-USDT-SWAP", 5, 5)
    assert Decimal(book["bids"][0][0]) < Decimal(book["asks"][0][0])
    assert (book["source"], book["age_ms"], book["mode"]) == ("api", 0, "synthetic")
    query = {"exchange": "bybit", "market": "spot", "symbol": "ETHUSDT", "interval": "15m", "limit": 7}
    candles = (await ask(scanned, "candles", **query))["data"]
    assert len(candles["candles"]) == 7
    assert candles["gaps"] == []
    assert [one["is_closed"] for one in candles["candles"]] == [True] * 6 + [False]
    assert (await ask(scanned, "candles", **query))["data"]["source"] == "cache"
    history = (await ask(scanned, "funding/history", exchange="binance", symbol="btc", limit=3))["data"]
    assert (history["symbol"], len(history["settlements"])) == ("BTCUSDT", 3)


async def test_a_plan_does_not_cut_a_chart(scanned: World):
    query = {"exchange": "binance", "market": "spot", "symbol": "BTCUSDT", "limit": 60}
    assert len((await ask(scanned, "candles", user="user_free_123", **query))["data"]["candles"]) == 60


async def test_exchanges_say_how_they_do_and_who_served_the_reads(scanned: World):
    await ask(scanned, "tickers", asset="BTC")
    scanned.break_(target="bybit", kind="status", value=500)
    await scanned.scan()
    body = await ask(scanned, "exchanges")
    states = {(row["exchange"], row["market"]): row["health"]["state"] for row in body["data"]}
    assert states["bybit", "spot"] == "down"
    assert states["okx", "spot"] == "ok"
    assert all(row["instruments"] > 100 and row["source"] == "cache" for row in body["data"])
    assert {"kind": "feed", "served": "cache", "reads": 6} in body["meta"]["reads"]


async def test_what_no_source_has_is_said_with_a_time_to_come_back(scanned: World):
    scanned.break_(target="binance", kind="rate_limit", value=40)
    query = {"exchange": "binance", "market": "spot", "symbol": "BTCUSDT"}
    answer = await scanned.get("/market/candles", **query)
    assert answer.status_code == 503
    check_answer(answer)
    assert answer.json()["error"]["code"] == "market_data_unavailable"
    assert 1 <= int(answer.headers["retry-after"]) <= 40
    assert "http" not in answer.text.lower(), "what the exchange said is not passed on"
    scanned.clock.advance(15_001)
    feeds = (await ask(scanned, "tickers", asset="BTC", age_ms_max=15_000))["meta"]["feeds"]
    assert {feed["exchange"]: feed["state"] for feed in feeds if feed["market"] == "spot"} == {
        "binance": "rate_limited",
        "bybit": "ok",
        "okx": "ok",
    }


@pytest.mark.parametrize(
    ("path", "status", "query"),
    [
        ("orderbook", 404, {"exchange": "okx", "market": "spot", "symbol": "NOSUCH/USDT"}),
        ("orderbook", 422, {"exchange": "okx", "market": "spot"}),
        ("orderbook", 422, {"exchange": "okx", "market": "spot", "symbol": "BTC", "depth": 51}),
        ("candles", 422, {"exchange": "okx", "market": "spot", "symbol": "BTC", "interval": "7m"}),
        ("candles", 422, {"exchange": "kraken", "market": "spot", "symbol": "BTC"}),
        ("tickers", 422, {"age_ms_max": 0}),
        ("tickers", 422, {"age_ms_max": 14_999}),
        ("funding", 422, {"age_ms_max": 14_999}),
        ("orderbook", 422, {"exchange": "okx", "market": "spot", "symbol": "BTC", "age_ms_max": 999}),
        ("tickers", 422, {"colour": "red"}),
    ],
)
async def test_what_cannot_be_asked_is_refused(arbedge: World, path, status, query):
    await ask(arbedge, path, status, **query)


async def test_nobody_unknown_is_told(arbedge: World):
    for path in ("tickers", "funding", "orderbook", "candles", "exchanges"):
        assert (await arbedge.get(f"/market/{path}", user=None)).status_code == 401
