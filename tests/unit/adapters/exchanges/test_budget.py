"""A scan every ten seconds, with a full shortlist, stays under four fifths of every published limit."""

import httpx
import pytest

from arbedge.adapters.exchanges.binance import rules as binance
from arbedge.adapters.exchanges.bybit import rules as bybit
from arbedge.adapters.exchanges.okx import rules as okx
from arbedge.domain.market import MARKETS, Market
from arbedge.limits import BOOK_DEPTH, SHORTLIST_MAX

SCANS_PER_MINUTE = 6
BOOKS = SHORTLIST_MAX  # of one exchange: the two legs of a candidate stand on different ones


@pytest.mark.parametrize("market", MARKETS)
def test_binance_weight(market: Market):
    scan = sum(call.weight for call in binance.TICKERS[market])
    scan += BOOKS * binance.order_book(market, "X", BOOK_DEPTH).weight
    hourly = sum(call.weight for call in binance.INSTRUMENTS[market])
    assert SCANS_PER_MINUTE * scan + hourly < 0.8 * binance.WEIGHT_PER_MINUTE[market]


def test_bybit_requests():
    calls = [call for market in MARKETS for call in bybit.TICKERS[market]]
    scan = sum(call.weight for call in calls) + BOOKS * bybit.order_book("perp", "X", BOOK_DEPTH).weight
    assert scan + 2 * bybit.INSTRUMENT_PAGES_MAX < 0.8 * bybit.REQUESTS_PER_5_S


def test_okx_requests_per_path():
    """Calls to one path count together, spot and swaps alike."""
    spent: dict[str, int] = {}
    calls = [call for market in MARKETS for call in (*okx.TICKERS[market], *okx.INSTRUMENTS[market])]
    calls += [okx.order_book("X", BOOK_DEPTH)] * BOOKS
    for call in calls:
        spent[call.path] = spent.get(call.path, 0) + call.weight
    assert all(count < 0.8 * okx.REQUESTS_PER_2_S[path] for path, count in spent.items())


@pytest.mark.parametrize(
    ("depth", "limit", "weight"),
    [(1, "5", 2), (5, "5", 2), (50, "50", 2), (51, "100", 5), (400, "500", 10), (9000, "1000", 20)],
)
def test_futures_serve_certain_depths_only(depth: int, limit: str, weight: int):
    call = binance.order_book("perp", "X", depth)
    assert (call.params["limit"], call.weight) == (limit, weight)


@pytest.mark.parametrize(("depth", "weight"), [(50, 5), (100, 5), (101, 25), (1000, 50), (9000, 250)])
def test_spot_depth_costs_by_steps(depth: int, weight: int):
    call = binance.order_book("spot", "X", depth)
    assert (call.params["limit"], call.weight) == (str(min(depth, 5000)), weight)


def test_depths_beyond_what_is_served_ask_for_the_most():
    assert bybit.order_book("spot", "X", 1000).params["limit"] == "200"
    assert bybit.order_book("perp", "X", 1000).params["limit"] == "500"
    assert okx.order_book("X", 1000).params["sz"] == "400"


@pytest.mark.parametrize(("text", "used"), [("4799", 4799), ("", None), ("many", None), ("9" * 40, 999_999_999)])
def test_binance_tells_what_was_used(text: str, used: int | None):
    assert binance.HOSTS["spot"].find_used(httpx.Headers({"X-MBX-USED-WEIGHT-1M": text})) == used
    assert binance.HOSTS["spot"].find_used(httpx.Headers()) is None
