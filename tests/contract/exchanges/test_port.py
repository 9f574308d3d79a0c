"""What every exchange promises through the port, asked of the sandbox."""

from decimal import Decimal

import httpx
import msgspec
import pytest

from arbedge.domain.market import ExchangeId, Market
from arbedge.errors import (
    ExchangeBlocked,
    ExchangeDown,
    ExchangeRateLimited,
    ExchangeRefused,
    ExchangeUnreachable,
    ExchangeUnreadable,
)
from arbedge.limits import BOOK_DEPTH
from arbedge.ports.exchange import ExchangeMarketData
from scripts.sandbox import Sandbox
from scripts.sandbox.faults import Fault, Target
from tests.contract.exchanges.world import EVERY_MARKET, NOW_MS

Exchanges = dict[ExchangeId, ExchangeMarketData]
HOUR_MS = 3_600_000
every_market = pytest.mark.parametrize(("exchange", "market"), EVERY_MARKET)


def target_of(exchange: ExchangeId, market: Market) -> Target:
    return "binance-futures" if (exchange, market) == ("binance", "perp") else exchange


@every_market
async def test_instruments_have_every_rule_an_order_needs(exchanges: Exchanges, exchange: ExchangeId, market: Market):
    instruments = await exchanges[exchange].fetch_instruments(market)
    assert len(instruments) >= 300
    assert len({one.symbol for one in instruments}) == len(instruments)
    suspended = {one.symbol for one in instruments if not one.is_trading}
    assert suspended == ({"SAMO-USDT", "STC-USDT"} if (exchange, market) == ("okx", "spot") else set())
    for one in instruments:
        assert (one.exchange, one.market) == (exchange, market)
        assert one.asset
        assert min(one.tick_size, one.lot_size, one.min_size, one.units) > 0
        assert (one.min_notional is None) == (exchange == "okx")
        if market == "perp":
            assert one.quote in {"USDT", "USDC"}


@every_market
async def test_tickers_know_every_instrument(exchanges: Exchanges, exchange: ExchangeId, market: Market):
    instruments = {one.symbol for one in await exchanges[exchange].fetch_instruments(market)}
    tickers = await exchanges[exchange].fetch_tickers(market)
    assert instruments <= {row.symbol for row in tickers.rows}
    assert (tickers.received_at, tickers.latency_ms) == (NOW_MS, 0)
    for row in tickers.rows:
        for number in (row.bid, row.bid_size, row.ask, row.ask_size):
            assert number is None or number > 0


@every_market
async def test_only_binance_spot_leaves_quotes_unstamped(exchanges: Exchanges, exchange: ExchangeId, market: Market):
    rows = (await exchanges[exchange].fetch_tickers(market)).rows
    stamped = (exchange, market) != ("binance", "spot")
    assert all((row.exchange_at is not None) == stamped for row in rows)
    if stamped:
        assert all(abs(NOW_MS - (row.exchange_at or 0)) < 60_000 for row in rows)


@pytest.mark.parametrize("exchange", ["binance", "bybit", "okx"])
async def test_funding_names_the_next_settlement_and_the_interval(exchanges: Exchanges, exchange: ExchangeId):
    """The traps differ, the words do not: the settlement is ahead, and never further than one interval away."""
    instruments = {one.symbol: one for one in await exchanges[exchange].fetch_instruments("perp")}
    rows = [row for row in (await exchanges[exchange].fetch_tickers("perp")).rows if row.symbol in instruments]
    intervals: set[float] = set()
    for row in rows:
        interval_h = row.funding_interval_h or instruments[row.symbol].funding_interval_h
        assert interval_h
        assert row.mark
        assert row.funding_rate is not None
        assert row.funding_at
        assert 0 < row.funding_at - NOW_MS <= interval_h * HOUR_MS
        intervals.add(interval_h)
    assert {4, 8} <= intervals


@every_market
async def test_book_is_ordered_and_deep_enough(exchanges: Exchanges, exchange: ExchangeId, market: Market):
    instruments = await exchanges[exchange].fetch_instruments(market)
    bitcoin = next(one for one in instruments if (one.asset, one.quote) == ("BTC", "USDT"))
    book = await exchanges[exchange].fetch_order_book(bitcoin, BOOK_DEPTH)
    assert book.is_usable
    assert min(len(book.bids), len(book.asks)) >= BOOK_DEPTH
    assert [level.price for level in book.bids] == sorted((level.price for level in book.bids), reverse=True)
    assert [level.price for level in book.asks] == sorted(level.price for level in book.asks)
    assert book.received_at == NOW_MS
    assert (book.exchange_at is None) == ((exchange, market) == ("binance", "spot"))


@pytest.mark.parametrize("exchange", ["binance", "bybit", "okx"])
async def test_a_coin_costs_the_same_whatever_the_exchange_counts_in(exchanges: Exchanges, exchange: ExchangeId):
    """PEPE is 1000PEPE on two exchanges' perpetuals and contracts of ten million on the third."""
    books = {}
    for market in ("spot", "perp"):
        instruments = await exchanges[exchange].fetch_instruments(market)
        pepe = next(one for one in instruments if (one.asset, one.quote) == ("PEPE", "USDT"))
        books[market] = await exchanges[exchange].fetch_order_book(pepe, BOOK_DEPTH)
        ticker = next(
            row for row in (await exchanges[exchange].fetch_tickers(market)).rows if row.symbol == pepe.symbol
        )
        assert ticker.bid == pytest.approx(float(books[market].bids[0].price) * pepe.multiplier, rel=1e-9)
        assert ticker.bid_size == pytest.approx(float(books[market].bids[0].size / pepe.units), rel=1e-9)
    assert books["perp"].bids[0].price / books["spot"].bids[0].price == pytest.approx(Decimal(1), rel=Decimal("0.05"))


@every_market
async def test_unknown_symbol_is_our_mistake(exchanges: Exchanges, exchange: ExchangeId, market: Market):
    one = (await exchanges[exchange].fetch_instruments(market))[0]
    nonsense = msgspec.structs.replace(one, symbol="NOSUCH")
    with pytest.raises(ExchangeRefused):
        await exchanges[exchange].fetch_order_book(nonsense, BOOK_DEPTH)


@every_market
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (("timeout", None), ExchangeUnreachable),
        (("reset", None), ExchangeUnreachable),
        (("html", 200), ExchangeUnreadable),
        (("malformed", None), ExchangeUnreadable),
        (("html", 502), ExchangeDown),
        (("status", 503), ExchangeDown),
        (("geo", None), ExchangeBlocked),
        (("rate_limit", 7), ExchangeRateLimited),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, tuple) else None,
)
async def test_failures_have_their_own_names(
    sandbox: Sandbox,
    exchanges: Exchanges,
    exchange: ExchangeId,
    market: Market,
    fault: tuple[str, float | None],
    error: type[Exception],
):
    kind, value = fault
    sandbox.faults.add(Fault(target_of(exchange, market), kind, value))  # type: ignore[arg-type]
    with pytest.raises(error):
        await exchanges[exchange].fetch_tickers(market)
    with pytest.raises(error):
        await exchanges[exchange].fetch_instruments(market)


async def test_one_exchange_fails_alone(sandbox: Sandbox, exchanges: Exchanges):
    sandbox.faults.add(Fault("bybit", "geo"))
    with pytest.raises(ExchangeBlocked):
        await exchanges["bybit"].fetch_tickers("spot")
    assert (await exchanges["okx"].fetch_tickers("spot")).rows
    assert (await exchanges["binance"].fetch_tickers("perp")).rows


@pytest.mark.parametrize("exchange", ["binance", "bybit", "okx"])
async def test_only_bulk_calls_are_made(sandbox: Sandbox, exchanges: Exchanges, exchange: ExchangeId):
    """A scan of everything is nine calls: one a spot market, and for perpetuals two, one and three."""
    for market in ("spot", "perp"):
        await exchanges[exchange].fetch_tickers(market)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox.app), base_url="http://sandbox") as control:
        answer = (await control.get("/_control/requests")).json()
    sent = answer["requests"] if isinstance(answer, dict) else answer
    assert len(sent) == {"binance": 3, "bybit": 2, "okx": 4}[exchange]
