"""Candles and settlements: the same promises from three exchanges that send them in three ways."""

from decimal import Decimal
from itertools import pairwise

import httpx
import pytest
from msgspec.structs import astuple, replace

from arbedge.domain.candles import Candle, build_series
from arbedge.domain.instruments import Instrument
from arbedge.domain.intervals import INTERVALS_MS
from arbedge.domain.market import EXCHANGES, Market
from arbedge.errors import ExchangeRefused, ExchangeUnreachable, ExchangeUnreadable
from arbedge.ports.exchange import ExchangeMarketData
from scripts.sandbox import SettableClock, create_sandbox
from scripts.sandbox.faults import Fault
from tests.contract.exchanges.conftest import CONFIG
from tests.contract.exchanges.test_port import target_of
from tests.contract.exchanges.world import NOW_MS, Canned, connect

MARKETS: tuple[Market, ...] = ("spot", "perp")
SWAP = Instrument(
    exchange="okx",
    market="perp",
    symbol="BTC-USDT-SWAP",
    asset="BTC",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.1"),
    lot_size=Decimal("0.01"),
    min_size=Decimal("0.01"),
    min_notional=None,
    is_trading=True,
    contract_size=Decimal("0.01"),
)


async def find(exchange: ExchangeMarketData, market: Market, asset: str):
    listed = await exchange.fetch_instruments(market)
    return next(one for one in listed if one.asset == asset and one.quote == "USDT")


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("name", EXCHANGES)
async def test_candles_rise_to_the_one_under_way_and_start_at_midnight_utc(exchanges, name, market: Market):
    instrument = await find(exchanges[name], market, "BTC")
    for interval, length_ms in INTERVALS_MS.items():
        rows = (await exchanges[name].fetch_candles(instrument, interval, 5)).rows
        assert [bar.is_closed for bar in rows] == [True] * 4 + [False], interval
        assert all(after.start - before.start == length_ms for before, after in pairwise(rows))
        assert all(bar.start % length_ms == 0 for bar in rows), f"{interval} is aligned to UTC"
        assert rows[-1].start <= NOW_MS < rows[-1].start + length_ms


@pytest.mark.parametrize("asset", ["BTC", "PEPE"])
async def test_three_exchanges_and_both_markets_agree_on_price_and_unit(exchanges, asset):
    closes, volumes = [], []
    for name in EXCHANGES:
        for market in MARKETS:
            instrument = await find(exchanges[name], market, asset)
            bar = (await exchanges[name].fetch_candles(instrument, "1h", 2)).rows[0]
            closes.append(bar.close)
            volumes.append(bar.volume)
            tickers = (await exchanges[name].fetch_tickers(market)).rows
            bid = next(row.bid for row in tickers if row.symbol == instrument.symbol)
            assert bar.close == pytest.approx(bid / instrument.multiplier, rel=0.1)
    assert max(closes) / min(closes) < 1.05, "multipliers are divided out"
    assert max(volumes) / min(volumes) < 100, "contracts and thousands are divided out"


@pytest.mark.parametrize("name", EXCHANGES)
async def test_many_candles_are_one_unbroken_series(exchanges, name):
    instrument = await find(exchanges[name], "perp", "ETH")
    bars = await exchanges[name].fetch_candles(instrument, "1m", 500)
    series = build_series((Candle(*astuple(bar), mode="synthetic") for bar in bars.rows), 60_000)
    assert len(series.candles) == 500
    assert series.gaps == []


@pytest.mark.parametrize("name", EXCHANGES)
async def test_a_candle_is_closed_once_its_time_is_over(name):
    clock = SettableClock(NOW_MS)
    exchange = connect(httpx.ASGITransport(app=create_sandbox(CONFIG, clock).app), clock)[name]
    instrument = await find(exchange, "spot", "BTC")
    open_start = (await exchange.fetch_candles(instrument, "1m", 1)).rows[-1].start
    clock.set(open_start + 60_005)
    rows = (await exchange.fetch_candles(instrument, "1m", 2)).rows
    assert [(bar.start, bar.is_closed) for bar in rows] == [(open_start, True), (open_start + 60_000, False)]


@pytest.mark.parametrize("name", EXCHANGES)
async def test_settlements_rise_on_whole_minutes_and_none_lies_ahead(exchanges, name):
    instrument = await find(exchanges[name], "perp", "BTC")
    rows = (await exchanges[name].fetch_funding_history(instrument, 12)).rows
    assert len(rows) == 12
    assert all(before.settled_at < after.settled_at for before, after in pairwise(rows))
    assert all(row.settled_at % 60_000 == 0 for row in rows)
    assert NOW_MS - 12 * 3_600_000 < rows[-1].settled_at <= NOW_MS
    assert all(abs(row.rate) < 0.03 for row in rows)


async def test_okx_tells_what_was_charged_and_not_what_had_been_expected():
    row = {
        "fundingRate": "0.0001",
        "realizedRate": "0.00025",
        "fundingTime": "1795363200000",
        "instId": "BTC-USDT-SWAP",
    }
    older = {**row, "realizedRate": "-0.0003", "fundingTime": "1795334400000"}
    okx = Canned({"funding-rate-history": {"code": "0", "msg": "", "data": [row, older]}}).exchanges["okx"]
    found = await okx.fetch_funding_history(SWAP, 2)
    assert [(one.settled_at, one.rate) for one in found.rows] == [(1795334400000, -0.0003), (1795363200000, 0.00025)]


@pytest.mark.parametrize("name", EXCHANGES)
async def test_what_cannot_be_read_and_what_is_refused_have_their_errors(exchanges, sandbox, name):
    instrument = await find(exchanges[name], "perp", "BTC")
    with pytest.raises(ExchangeRefused):
        await exchanges[name].fetch_candles(replace(instrument, symbol="NOSUCHTHING"), "1h", 10)
    sandbox.faults.add(Fault(target=target_of(name, "perp"), kind="malformed"))
    with pytest.raises(ExchangeUnreachable):
        await exchanges[name].fetch_candles(instrument, "1h", 10)
    with pytest.raises(ExchangeUnreachable):
        await exchanges[name].fetch_funding_history(instrument, 10)


def bar_at(name: str, start: int) -> object:
    bar = [start, "1", "2", "0.5", "1.5", "10"]
    if name == "binance":
        return [bar]
    row = [str(one) for one in bar] + ["10", "10", "1"]
    return {"retCode": 0, "result": {"list": [row]}} if name == "bybit" else {"code": "0", "data": [row]}


@pytest.mark.parametrize("start", [-(10**300), 0, NOW_MS + 2 * 3_600_000, 10**300])
@pytest.mark.parametrize("name", EXCHANGES)
async def test_a_bar_of_a_time_that_cannot_be_is_no_answer(name, start: int):
    """A technical signal would be told from it for as long as it says, and no database keeps such a number."""
    path = {"binance": "klines", "bybit": "kline", "okx": "candles"}[name]
    instrument = replace(SWAP, exchange=name)
    start -= start % 3_600_000
    with pytest.raises(ExchangeUnreadable):
        await Canned({path: bar_at(name, start)}).exchanges[name].fetch_candles(instrument, "1h", 1)
    sound = Canned({path: bar_at(name, NOW_MS - NOW_MS % 3_600_000)}).exchanges[name]
    assert len((await sound.fetch_candles(instrument, "1h", 1)).rows) == 1
