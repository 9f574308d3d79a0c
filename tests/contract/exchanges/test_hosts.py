"""What a host says of its clock and its limits is believed, by the session that hears it and by those that follow."""

from contextlib import suppress
from email.utils import formatdate

import httpx
import pytest

from arbedge.adapters.exchanges import build_exchanges
from arbedge.domain.budget import Host
from arbedge.domain.instruments import Instrument
from arbedge.errors import ExchangeError, ExchangeRateLimited
from scripts.sandbox import SettableClock
from tests.contract.exchanges.world import NOW_MS, Canned, always
from tests.integration.store.builders import make_instrument

AHEAD_MS = 90_000
STAMP = NOW_MS + AHEAD_MS - 400
LTC: Instrument = make_instrument("LTCUSDT", "bybit")


def bybit_book(code: int = 0) -> dict[str, object]:
    result = {"s": "LTCUSDT", "b": [["1", "1"]], "a": [["2", "1"]], "ts": STAMP, "u": 1, "seq": 1, "cts": STAMP}
    return {"retCode": code, "retMsg": "", "result": result, "retExtInfo": {}, "time": NOW_MS + AHEAD_MS}


async def test_a_stamp_is_told_by_our_clock_once_theirs_is_known_to_be_ahead():
    listed = {"retCode": 0, "result": {"category": "spot", "list": []}, "time": NOW_MS + AHEAD_MS}
    there = Canned({"orderbook": bybit_book(), "instruments-info": listed})
    await there.exchanges["bybit"].fetch_instruments("spot")
    book = await there.exchanges["bybit"].fetch_order_book(LTC, 50)
    assert book.received_at == NOW_MS
    assert book.exchange_at == NOW_MS - 400


async def test_without_a_time_in_the_body_the_date_header_tells_the_second():
    body = {"code": "0", "msg": "", "data": [{"asks": [["2", "1"]], "bids": [["1", "1"]], "ts": str(STAMP)}]}
    headers = {"Date": formatdate((NOW_MS + AHEAD_MS) / 1000, usegmt=True)}
    there = always(httpx.Response(200, headers=headers, json=body))
    with suppress(ExchangeError):
        await there.exchanges["okx"].fetch_instruments("spot")
    book = await there.exchanges["okx"].fetch_order_book(make_instrument("LTC-USDT", "okx"), 50)
    assert book.exchange_at is not None
    assert abs(book.exchange_at - (NOW_MS - 400)) < 1_000


async def test_an_answer_with_prices_is_no_witness_of_its_own_clock():
    there = Canned({"orderbook": bybit_book()})
    books = [await there.exchanges["bybit"].fetch_order_book(LTC, 50) for _ in range(2)]
    assert [book.exchange_at for book in books] == [STAMP, STAMP]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(429, headers={"Retry-After": "7"}), id="429"),
        pytest.param(httpx.Response(200, json=bybit_book(10006)), id="status 200"),
    ],
)
async def test_silence_outlives_the_session_that_was_asked_for_it(answer: httpx.Response):
    hosts: dict[str, Host] = {}
    clock, sent = SettableClock(NOW_MS), list[httpx.Request]()

    def reply(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def connect():
        transport, url = httpx.MockTransport(reply), "http://host"
        return build_exchanges(
            transport, clock, hosts, binance_spot_url=url, binance_futures_url=url, bybit_url=url, okx_url=url
        )["bybit"]

    with pytest.raises(ExchangeRateLimited) as told:
        await connect().fetch_order_book(LTC, 50)
    assert told.value.is_sent
    for attempt in (connect().fetch_order_book(LTC, 50), connect().fetch_tickers("perp")):
        with pytest.raises(ExchangeRateLimited) as held:
            await attempt
        assert not held.value.is_sent
        assert held.value.retry_after_s == told.value.retry_after_s
    assert len(sent) == 1
