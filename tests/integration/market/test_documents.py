"""Candles, settlements and books: cache, lake, exchange; fresh enough, never lying, asked for once."""

import asyncio

import msgspec
import pytest

from arbedge.app.market_data import MarketData
from arbedge.domain.instruments import Instrument
from arbedge.errors import MarketDataUnavailable
from arbedge.limits import FAILURE_KEPT_MS_MAX
from arbedge.ports.exchange import Bar, Bars
from tests.integration.world import World

KLINES = "/api/v3/klines"


@pytest.fixture
async def btc(arbedge: World) -> Instrument:
    await arbedge.scan()
    found = (await arbedge.services().market.load_instruments(("binance", "spot"))).value["BTCUSDT"]
    arbedge.sandbox.requests.clear()
    return found


def asked(world: World, path: str = KLINES) -> int:
    return sum(entry.path.endswith(path) for entry in world.sandbox.requests.entries("binance"))


def fresh(world: World) -> MarketData:
    """The component as the next event gets it: nothing in memory."""
    return world.services().market


async def test_the_exchange_serves_once_and_the_cache_afterwards(arbedge: World, btc):
    first = await fresh(arbedge).load_candles(btc, "1h", 24)
    assert (first.source, first.age_ms, first.mode) == ("api", 0, "synthetic")
    assert len(first.value.candles) == 24
    assert {candle.mode for candle in first.value.candles} == {"synthetic"}
    await arbedge.env.advance(20_000)
    second = await fresh(arbedge).load_candles(btc, "1h", 100)
    assert (second.source, second.age_ms) == ("cache", 20_000)
    assert second.value.candles[-24:] == first.value.candles
    assert asked(arbedge) == 1


async def test_what_a_reader_accepts_decides_who_is_asked(arbedge: World, btc):
    await fresh(arbedge).load_candles(btc, "1h", 24)
    await arbedge.env.advance(20_000)
    assert (await fresh(arbedge).load_candles(btc, "1h", 24, 20_000)).source == "cache"
    assert (await fresh(arbedge).load_candles(btc, "1h", 24, 19_999)).source == "api"
    assert asked(arbedge) == 2


async def test_more_than_was_kept_is_asked_for(arbedge: World, btc):
    await fresh(arbedge).load_candles(btc, "1h", 24)
    more = await fresh(arbedge).load_candles(btc, "1h", 500)
    assert (more.source, len(more.value.candles)) == ("api", 500)


async def test_the_lake_serves_what_the_cache_does_not_show(arbedge: World, btc):
    await fresh(arbedge).load_candles(btc, "1h", 24)
    arbedge.env.faults.fail("KV", times=None)
    answer = await fresh(arbedge).load_candles(btc, "1h", 24)
    assert answer.source == "lake"
    assert asked(arbedge) == 1


@pytest.mark.parametrize("down", [("KV",), ("LAKE",), ("KV", "LAKE"), ("KV", "LAKE", "DB")])
async def test_stores_that_are_down_cost_nothing_but_the_call(arbedge: World, btc, down):
    for binding in down:
        arbedge.env.faults.fail(binding, times=None)
    market = fresh(arbedge)
    answer = await market.load_candles(btc, "1h", 24)
    assert (answer.source, len(answer.value.candles)) == ("api", 24)
    await market.settle_counts()


async def test_readers_of_the_same_thing_wait_for_one_call(arbedge: World, btc):
    market = fresh(arbedge)
    answers = await asyncio.gather(
        *(market.load_candles(btc, "1h", limit) for limit in (10, 20, 24, 300)),
        *(market.load_book(btc) for _ in range(5)),
        *(market.load_candles(btc, "5m", 10) for _ in range(3)),
    )
    assert {answer.source for answer in answers} == {"api"}
    assert asked(arbedge) == 2, "one an interval"
    assert asked(arbedge, "/api/v3/depth") == 1


async def test_a_reader_that_gives_up_does_not_take_the_call_with_it(arbedge: World, btc):
    market = fresh(arbedge)
    leaving = asyncio.ensure_future(market.load_candles(btc, "1h", 24))
    staying = asyncio.ensure_future(market.load_candles(btc, "1h", 24))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    leaving.cancel()
    assert len((await staying).value.candles) == 24
    assert asked(arbedge) == 1


async def test_a_failure_keeps_others_from_asking_for_a_while_and_no_longer(arbedge: World, btc):
    arbedge.break_(target="binance", kind="status", value=500)
    for _ in range(3):
        with pytest.raises(MarketDataUnavailable) as failure:
            await fresh(arbedge).load_candles(btc, "1h", 24)
        assert failure.value.state == "down"
    assert asked(arbedge) == 1
    arbedge.sandbox.faults.clear()
    await arbedge.env.advance(FAILURE_KEPT_MS_MAX + 1)
    assert (await fresh(arbedge).load_candles(btc, "1h", 24)).source == "api"


async def test_a_failure_takes_nothing_from_readers_that_accept_what_is_kept(arbedge: World, btc):
    await fresh(arbedge).load_candles(btc, "1h", 24)
    await arbedge.env.advance(30_000)
    arbedge.break_(target="binance", kind="reset")
    with pytest.raises(MarketDataUnavailable):
        await fresh(arbedge).load_candles(btc, "1h", 24, 10_000)
    assert (await fresh(arbedge).load_candles(btc, "1h", 24, 60_000)).age_ms == 30_000


async def test_an_exchange_that_asks_for_silence_hears_nothing_from_any_reader(arbedge: World, btc):
    arbedge.break_(target="binance", kind="rate_limit", value=30)
    with pytest.raises(MarketDataUnavailable):
        await fresh(arbedge).load_candles(btc, "1h", 24)
    arbedge.sandbox.faults.clear()
    arbedge.sandbox.requests.clear()
    await arbedge.env.advance(20_000)
    for interval in ("5m", "1d"):
        with pytest.raises(MarketDataUnavailable) as failure:
            await fresh(arbedge).load_candles(btc, interval, 24)
        assert failure.value.state == "rate_limited"
    with pytest.raises(MarketDataUnavailable):
        await fresh(arbedge).load_book(btc)
    assert arbedge.sandbox.requests.entries("binance") == []
    await arbedge.env.advance(11_000)
    assert (await fresh(arbedge).load_book(btc)).source == "api"


LIES = [
    [[0, "1", "2", "0.5", "1", "1"]] * 2,
    [[1_795_384_800_000, "1", "0.5", "2", "1", "1"]],
    [[1_795_384_800_000, "-1", "2", "-2", "1", "1"]],
    [[1_795_384_800_000, "nan", "2", "1", "1", "1"]],
    [[1_795_384_800_001, "1", "2", "1", "1", "1"]],
]


@pytest.mark.parametrize("lie", LIES)
async def test_candles_that_cannot_be_true_are_refused_wherever_they_come_from(arbedge: World, btc, lie, monkeypatch):
    rows = [Bar(row[0], *map(float, row[1:]), is_closed=True) for row in lie]
    market = fresh(arbedge)

    async def lying(*_asked):
        return Bars(rows, arbedge.clock.now_ms())

    exchange = market._exchanges["binance"]
    monkeypatch.setattr(exchange, "fetch_candles", lying)
    with pytest.raises(MarketDataUnavailable) as failure:
        await market.load_candles(btc, "1h", 2)
    assert failure.value.state == "degraded"
    assert "implausible" in str(failure.value)
    poisoned = msgspec.json.encode(
        {"fetched_at": arbedge.clock.now_ms(), "asked": 300, "value": [[*map(float, row), True] for row in lie]}
    ).decode()
    await arbedge.env.KV.put("market/candles/v1/binance/spot/BTCUSDT/1h", poisoned)
    assert (await fresh(arbedge).load_candles(btc, "1h", 2)).source == "api", "a poisoned copy is passed by"


async def test_a_book_is_of_the_moment_and_is_shared_for_that_long(arbedge: World, btc):
    first = await fresh(arbedge).load_book(btc, 20)
    assert first.value.is_usable
    assert (await fresh(arbedge).load_book(btc, 20)).source == "cache"
    await arbedge.env.advance(3_001)
    assert (await fresh(arbedge).load_book(btc, 20)).source == "api"


async def test_settlements_come_with_source_and_age(arbedge: World, btc):
    swap = (await fresh(arbedge).load_instruments(("okx", "perp"))).value["BTC-USDT-SWAP"]
    first = await fresh(arbedge).load_funding_history(swap, 10)
    assert (first.source, len(first.value)) == ("api", 10)
    again = await fresh(arbedge).load_funding_history(swap, 5)
    assert (again.source, again.value) == ("cache", first.value[-5:])


async def test_who_served_is_counted(arbedge: World, btc):
    market = fresh(arbedge)
    await asyncio.gather(*(market.load_candles(btc, "1h", 24) for _ in range(3)))
    await market.settle_counts()
    again = fresh(arbedge)
    await again.load_candles(btc, "1h", 24)
    await again.settle_counts()
    await again.settle_counts()
    reads = {(one.kind, one.served): one.reads for one in await again.load_reads(0)}
    assert reads["candles", "api"] == 3
    assert reads["candles", "cache"] == 1


@pytest.mark.parametrize(
    ("kind", "value", "state"),
    [("geo", None, "unreachable"), ("status", 503, "down"), ("rate_limit", 30, "rate_limited")],
)
async def test_instruments_that_cannot_be_had_say_why(arbedge: World, kind, value, state):
    arbedge.break_(target="okx", kind=kind, value=value)
    with pytest.raises(MarketDataUnavailable) as failure:
        await fresh(arbedge).load_instruments(("okx", "spot"))
    assert failure.value.state == state
