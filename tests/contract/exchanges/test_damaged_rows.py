"""One damaged row costs itself and no other; numbers may come bare or quoted; wrong books pass as they are."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from arbedge.adapters.exchanges.binance import wire as binance
from arbedge.adapters.exchanges.bybit import wire as bybit
from arbedge.adapters.exchanges.okx import wire as okx
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Market, Ticker
from arbedge.errors import ExchangeError, ExchangeUnreadable
from arbedge.limits import INSTRUMENTS_OF_PAIR_MAX
from tests.contract.exchanges.world import EVERY_MARKET, Canned, always

AT, NEXT, AFTER = 1_700_000_000_000, 1_700_006_400_000, 1_700_020_800_000
BIDS = {"binance": "bidPrice", "bybit": "bid1Price", "okx": "bidPx"}
NAMES = {"binance": "symbol", "bybit": "symbol", "okx": "instId"}
ROWS: dict[str, dict[str, Any]] = {
    "binance": {"symbol": "A", "bidPrice": "1.5", "bidQty": "2", "askPrice": "1.6", "askQty": "3", "time": AT},
    "bybit": {
        "symbol": "A",
        "bid1Price": "1.5",
        "bid1Size": "2",
        "ask1Price": "1.6",
        "ask1Size": "3",
        "markPrice": "1.55",
        "fundingRate": "-0.0001",
        "nextFundingTime": str(NEXT),
        "fundingIntervalHour": "4",
    },
    "okx": {"instId": "A", "bidPx": "1.5", "bidSz": "2", "askPx": "1.6", "askSz": "3", "ts": str(AT)},
}
PREMIUM = {"symbol": "A", "markPrice": "1.55", "lastFundingRate": "-0.0001", "nextFundingTime": NEXT}
FUNDING = {"instId": "A", "fundingRate": "-0.0001", "fundingTime": str(NEXT), "nextFundingTime": str(AFTER)}
MARK = {"instId": "A", "markPx": "1.55"}

every_market = pytest.mark.parametrize(("exchange", "market"), EVERY_MARKET)


def unquoted(value: Any) -> Any:
    """The same answer with every number bare."""
    if isinstance(value, dict):
        return {name: unquoted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [unquoted(item) for item in value]
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def quoted(value: Any) -> Any:
    """The same answer with every number quoted, as ccxt's recorder left it."""
    if isinstance(value, dict):
        return {name: quoted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [quoted(item) for item in value]
    return str(value) if isinstance(value, int | float) else value


def answers(exchange: ExchangeId, market: Market, rows: list[Any]) -> list[Any]:
    if exchange == "binance":
        return [rows, [PREMIUM]] if market == "perp" else [rows]
    if exchange == "bybit":
        return [{"retCode": 0, "retMsg": "OK", "result": {"category": "x", "list": rows}, "time": AT}]
    extra = [{"code": "0", "data": [FUNDING], "msg": ""}, {"code": "0", "data": [MARK], "msg": ""}]
    return [{"code": "0", "data": rows, "msg": ""}, *(extra if market == "perp" else [])]


def decode(exchange: ExchangeId, market: Market, payloads: list[Any]) -> list[Ticker]:
    wire = {"binance": binance, "bybit": bybit, "okx": okx}[exchange]
    return wire.decode_tickers(market, *(json.dumps(payload).encode() for payload in payloads))


def numbers(row: Ticker) -> tuple[float | None, ...]:
    return (row.bid, row.bid_size, row.ask, row.ask_size)


@every_market
@pytest.mark.parametrize("form", [quoted, unquoted, lambda value: value], ids=["quoted", "bare", "as documented"])
def test_every_form_of_a_number(exchange: ExchangeId, market: Market, form: Any):
    row = decode(exchange, market, form(answers(exchange, market, [ROWS[exchange]])))[0]
    assert numbers(row) == (1.5, 2, 1.6, 3)
    if market == "perp":
        assert (row.mark, row.funding_rate, row.funding_at) == (1.55, -0.0001, NEXT)
        assert row.funding_interval_h == (None if exchange == "binance" else 4)
    if (exchange, market) != ("binance", "spot"):
        assert row.exchange_at == AT


@every_market
@pytest.mark.parametrize("damage", ["", "n/a", None, [], {"x": 1}, True])
def test_a_field_that_cannot_be_read_is_absent(exchange: ExchangeId, market: Market, damage: Any):
    good = ROWS[exchange]
    rows = decode(exchange, market, answers(exchange, market, [good, good | {BIDS[exchange]: damage}, good]))
    assert [numbers(row) for row in rows] == [(1.5, 2, 1.6, 3), (None, 2, 1.6, 3), (1.5, 2, 1.6, 3)]
    assert {row.symbol for row in rows} == {"A"}


@every_market
def test_a_missing_field_is_absent(exchange: ExchangeId, market: Market):
    broken = {name: value for name, value in ROWS[exchange].items() if name != BIDS[exchange]}
    assert numbers(decode(exchange, market, answers(exchange, market, [broken]))[0]) == (None, 2, 1.6, 3)


@every_market
@pytest.mark.parametrize("row", [None, 7, "text", [], {}, {"symbol": 7, "instId": 7}])
def test_a_row_that_is_none_stays_countable(exchange: ExchangeId, market: Market, row: Any):
    rows = decode(exchange, market, answers(exchange, market, [row, ROWS[exchange]]))
    assert [one.symbol for one in rows] == ["", "A"]
    assert numbers(rows[0]) == (None, None, None, None)


@every_market
def test_a_halted_market_has_no_quote(exchange: ExchangeId, market: Market):
    """Binance writes zeros, OKX writes nothing; neither is a price."""
    for nothing in ("0", "0.00000000", ""):
        row = ROWS[exchange] | {BIDS[exchange]: nothing}
        assert decode(exchange, market, answers(exchange, market, [row]))[0].bid is None


def test_funding_of_zero_is_a_rate():
    nothing = {"lastFundingRate": "0.00000000", "fundingRate": "0"}
    cases: list[tuple[ExchangeId, list[Any]]] = [
        ("binance", [[ROWS["binance"]], [PREMIUM | nothing]]),
        ("bybit", answers("bybit", "perp", [ROWS["bybit"] | nothing])),
        ("okx", [*answers("okx", "spot", [ROWS["okx"]]), {"code": "0", "data": [FUNDING | nothing]}, {"code": "0"}]),
    ]
    for exchange, payloads in cases:
        assert decode(exchange, "perp", payloads)[0].funding_rate == 0


def test_dated_contracts_have_no_funding():
    dated = PREMIUM | {"lastFundingRate": "", "nextFundingTime": 0}
    row = decode("binance", "perp", [[ROWS["binance"]], [dated]])[0]
    assert (row.mark, row.funding_rate, row.funding_at) == (1.55, None, None)


def test_a_symbol_without_funding_keeps_its_prices():
    empty = {"code": "0", "data": [], "msg": ""}
    cases: list[tuple[ExchangeId, list[Any]]] = [
        ("binance", [[ROWS["binance"]], []]),
        ("okx", [*answers("okx", "spot", [ROWS["okx"]]), empty, empty]),
    ]
    for exchange, payloads in cases:
        row = decode(exchange, "perp", payloads)[0]
        assert numbers(row) == (1.5, 2, 1.6, 3)
        assert (row.mark, row.funding_rate, row.funding_at, row.funding_interval_h) == (None, None, None, None)


INSTRUMENT = Instrument(
    exchange="okx",
    market="spot",
    symbol="A",
    asset="A",
    base="A",
    quote="USDT",
    tick_size=Decimal(1),
    lot_size=Decimal(1),
    min_size=Decimal(1),
    min_notional=None,
    is_trading=True,
)
CROSSED = ([["2", "1"]], [["1", "1"]])


@pytest.mark.parametrize("exchange", ["binance", "bybit", "okx"])
@pytest.mark.parametrize("sides", [CROSSED, ([], []), ([["1", "1"]], [])])
async def test_wrong_books_pass_as_they_are(exchange: ExchangeId, sides: tuple[list[Any], list[Any]]):
    bids, asks = sides
    row = {"bids": bids, "asks": asks, "ts": str(AT)}
    canned = Canned(
        {
            "/depth": {"lastUpdateId": 1, "bids": bids, "asks": asks},
            "/orderbook": {
                "retCode": 0,
                "retMsg": "OK",
                "result": {"s": "A", "b": bids, "a": asks, "ts": AT},
                "time": AT,
            },
            "/books": {"code": "0", "data": [row], "msg": ""},
        }
    )
    book = await canned.exchanges[exchange].fetch_order_book(INSTRUMENT, 50)
    assert [[str(level.price), str(level.size)] for level in book.bids] == bids
    assert [[str(level.price), str(level.size)] for level in book.asks] == asks
    assert not book.is_usable


async def test_every_page_of_bybits_instruments_is_read():
    row = {
        "symbol": "A",
        "status": "Trading",
        "contractType": "LinearPerpetual",
        "settleCoin": "USDT",
        "baseCoin": "A",
        "priceFilter": {"tickSize": "0.1"},
        "lotSizeFilter": {"qtyStep": "1"},
        "fundingInterval": 60,
    }

    def reply(request: Any) -> Any:
        page = int(request.url.params.get("cursor", "page%2C0").removeprefix("page%2C"))
        listing = {"list": [row | {"symbol": f"A{page}"}], "nextPageCursor": f"page%2C{page + 1}" if page < 2 else ""}
        return httpx.Response(200, json={"retCode": 0, "retMsg": "OK", "result": listing, "time": AT})

    found = await Canned(reply).exchanges["bybit"].fetch_instruments("perp")
    assert [(one.symbol, one.funding_interval_h) for one in found] == [("A0", 1), ("A1", 1), ("A2", 1)]


ENDLESS = {"binance": "[%s]", "bybit": '{"retCode":0,"result":{"list":[%s]}}', "okx": '{"code":"0","data":[%s]}'}


@every_market
@pytest.mark.parametrize("rows", ["{},", "[],", "0,", '"",'])
@pytest.mark.parametrize("kind", ["tickers", "instruments"])
async def test_an_answer_of_millions_of_rows_is_refused_unread(
    exchange: ExchangeId, market: Market, kind: str, rows: str
):
    body = ENDLESS[exchange] % (rows * 3_000_000).removesuffix(",")
    there = always(httpx.Response(200, content=body.encode()))
    with pytest.raises(ExchangeUnreadable, match=r"unreadable"):
        await getattr(there.exchanges[exchange], f"fetch_{kind}")(market)


def listed(exchange: ExchangeId, count: int) -> Any:
    """Instruments of one pair, as many as that."""
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "stepSize": "0.01", "minQty": "0.01"},
    ]
    lots = {"basePrecision": "0.01", "qtyStep": "0.01", "minOrderQty": "0.01"}
    row = {
        "binance": {"status": "TRADING", "baseAsset": "LTC", "quoteAsset": "USDT", "filters": filters},
        "bybit": {"status": "Trading", "baseCoin": "LTC", "quoteCoin": "USDT", "lotSizeFilter": lots}
        | {"priceFilter": {"tickSize": "0.01"}},
        "okx": {"instType": "SPOT", "state": "live", "baseCcy": "LTC", "quoteCcy": "USDT", "tickSz": "1", "lotSz": "1"},
    }[exchange]
    rows = [row | {NAMES[exchange]: f"LTC{place}"} for place in range(count)]
    return {"symbols": rows} if exchange == "binance" else answers(exchange, "spot", rows)[0]


@pytest.mark.parametrize("exchange", ["binance", "bybit", "okx"])
async def test_a_list_of_one_pair_without_end_is_refused_whole(exchange: ExchangeId):
    few = always(httpx.Response(200, json=listed(exchange, INSTRUMENTS_OF_PAIR_MAX)))
    assert len(await few.exchanges[exchange].fetch_instruments("spot")) == INSTRUMENTS_OF_PAIR_MAX
    many = always(httpx.Response(200, json=listed(exchange, INSTRUMENTS_OF_PAIR_MAX + 1)))
    with pytest.raises(ExchangeUnreadable, match="LTC/USDT"):
        await many.exchanges[exchange].fetch_instruments("spot")


@pytest.mark.parametrize("exchange", ["bybit", "okx"])
async def test_what_a_refusal_says_is_cut_and_names_no_address(exchange: ExchangeId):
    words = "your IP 203.0.113.7 is banned " + "A" * 1_000_000
    said = {"retCode": 10001, "retMsg": words} if exchange == "bybit" else {"code": "51000", "msg": words}
    with pytest.raises(ExchangeError) as caught:
        await always(httpx.Response(200, json=said)).exchanges[exchange].fetch_tickers("spot")
    assert len(str(caught.value)) <= 400
    assert "203.0.113.7" not in str(caught.value)
