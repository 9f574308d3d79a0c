"""Answers that a sandbox does not give: bans, pages of others, halves of bodies, silence, and books that are wrong."""

import asyncio
from typing import Any

import httpx
import pytest

from arbedge.adapters.exchanges import session
from arbedge.adapters.exchanges.failures import WAIT_S_MAX
from arbedge.domain.market import ExchangeId
from arbedge.errors import (
    ExchangeBlocked,
    ExchangeDown,
    ExchangeError,
    ExchangeRateLimited,
    ExchangeRefused,
    ExchangeUnreachable,
    ExchangeUnreadable,
)
from tests.contract.exchanges.world import EVERY_MARKET, NOW_MS, Canned, always

BAN = b'{"code":-1003,"msg":"Way too much request weight used; IP banned until %d."}' % (NOW_MS + 90_000)
CDN = b"<html><body>403 Forbidden. The Amazon CloudFront distribution is configured to block</body></html>"

TO_NEXT_MINUTE_S = (60_000 - NOW_MS % 60_000) / 1000

every_exchange = pytest.mark.parametrize("exchange", ["binance", "bybit", "okx"])


async def failure(canned: Canned, exchange: ExchangeId) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        await canned.exchanges[exchange].fetch_tickers("spot")
    return caught.value


@every_exchange
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.ReadTimeout("late"), ExchangeUnreachable),
        (httpx.ConnectError("refused"), ExchangeUnreachable),
        (httpx.RemoteProtocolError("cut"), ExchangeUnreachable),
        (httpx.Response(200, content=b""), ExchangeUnreadable),
        (httpx.Response(200, html="<html>Just a moment...</html>"), ExchangeUnreadable),
        (httpx.Response(200, content=b"null"), ExchangeUnreadable),
        (httpx.Response(200, content=b"\xff\xfe"), ExchangeUnreadable),
        (httpx.Response(302, headers={"location": "/elsewhere"}), ExchangeUnreachable),
        (httpx.Response(404, html="<html>nginx</html>"), ExchangeUnreachable),
        (httpx.Response(451, content=b'{"code":0,"msg":"restricted location"}'), ExchangeBlocked),
        (httpx.Response(403, content=CDN), ExchangeBlocked),
        (httpx.Response(500, content=b""), ExchangeDown),
        (httpx.Response(503, html="<html>maintenance</html>"), ExchangeDown),
        (httpx.Response(429, headers={"retry-after": "17"}, content=b"{}"), ExchangeRateLimited),
    ],
    ids=str,
)
async def test_whatever_comes_is_one_of_our_errors(exchange: ExchangeId, answer: Any, error: type[ExchangeError]):
    assert type(await failure(always(answer), exchange)) is error


@every_exchange
async def test_a_pause_that_is_asked_for_is_kept(exchange: ExchangeId):
    canned = always(httpx.Response(429, headers={"retry-after": "17"}, content=b"{}"))
    first = await failure(canned, exchange)
    canned.clock.advance(5_000)
    second = await failure(canned, exchange)
    assert isinstance(first, ExchangeRateLimited)
    assert isinstance(second, ExchangeRateLimited)
    assert (first.retry_after_s, second.retry_after_s, len(canned.sent)) == (17, 12, 1)
    canned.clock.advance(12_000)
    await failure(canned, exchange)
    assert len(canned.sent) == 2


def limited_until(reset: object) -> httpx.Response:
    headers = {"X-Bapi-Limit-Status": "0", "X-Bapi-Limit-Reset-Timestamp": str(reset)}
    return httpx.Response(200, headers=headers, content=b'{"retCode":10006,"retMsg":"Too many visits!","result":{}}')


@pytest.mark.parametrize(
    ("exchange", "answer", "wait_s"),
    [
        ("binance", httpx.Response(418, content=BAN), 90),
        ("binance", httpx.Response(418, headers={"retry-after": "300"}, content=BAN), 300),
        ("binance", httpx.Response(418, content=b"I'm a teapot"), 120),
        ("binance", httpx.Response(429, content=b'{"code":-1003,"msg":"Too many requests."}'), TO_NEXT_MINUTE_S),
        ("bybit", httpx.Response(403, content=b"access too frequent"), 600),
        ("bybit", httpx.Response(200, content=b'{"retCode":10006,"retMsg":"Too many visits!","result":{}}'), 5),
        ("bybit", httpx.Response(200, content=b'{"retCode":"10018","retMsg":"IP limit","result":null}'), 5),
        ("bybit", limited_until(NOW_MS + 12_000), 12),
        ("bybit", limited_until(NOW_MS + 1_000), 5),
        ("bybit", limited_until(NOW_MS), 5),
        ("bybit", limited_until(9_999_999_999_999), WAIT_S_MAX),
        ("bybit", limited_until("10 s"), 5),
        ("okx", httpx.Response(429, content=b'{"code":"50011","msg":"Too Many Requests"}'), 2),
        ("okx", httpx.Response(200, content=b'{"code":"50011","msg":"Too Many Requests","data":[]}'), 2),
    ],
)
async def test_how_long_to_wait(exchange: ExchangeId, answer: httpx.Response, wait_s: float):
    error = await failure(always(answer), exchange)
    assert isinstance(error, ExchangeRateLimited)
    assert error.retry_after_s == pytest.approx(wait_s)


@pytest.mark.parametrize(
    ("exchange", "status", "body", "error"),
    [
        ("binance", 400, b'{"code":-1121,"msg":"Invalid symbol."}', ExchangeRefused),
        ("binance", 400, b'{"code":"-1001","msg":"Internal error"}', ExchangeDown),
        ("binance", 400, b'{"code":-1,"msg":"System is under maintenance."}', ExchangeDown),
        ("binance", 400, b'{"code":-1003,"msg":"Too many requests"}', ExchangeRateLimited),
        ("bybit", 200, b'{"retCode":10001,"retMsg":"params error","result":{}}', ExchangeRefused),
        ("bybit", 200, b'{"retCode":10016,"retMsg":"Server error","result":{}}', ExchangeDown),
        ("bybit", 200, b'{"retCode":170209,"retMsg":"region","result":{}}', ExchangeBlocked),
        ("bybit", 200, b'{"retCode":10009,"retMsg":"IP has been banned","result":{}}', ExchangeRateLimited),
        ("bybit", 404, b'{"retCode":10017,"retMsg":"path"}', ExchangeRefused),
        ("okx", 200, b'{"code":"51001","msg":"Instrument ID does not exist","data":[]}', ExchangeRefused),
        ("okx", 200, b'{"code":"50026","msg":"System error","data":[]}', ExchangeDown),
        ("okx", 401, b'{"code":"50125","msg":"not available"}', ExchangeBlocked),
        ("okx", 400, b'{"code":51000,"msg":"Parameter error"}', ExchangeRefused),
    ],
)
async def test_codes_in_bodies(exchange: ExchangeId, status: int, body: bytes, error: type[ExchangeError]):
    assert type(await failure(always(httpx.Response(status, content=body)), exchange)) is error


async def test_binance_is_left_alone_before_its_weight_is_spent():
    canned = always(httpx.Response(200, headers={"X-MBX-USED-WEIGHT-1M": "4800"}, content=b"[]"))
    assert (await canned.exchanges["binance"].fetch_tickers("spot")).rows == []
    assert isinstance(await failure(canned, "binance"), ExchangeRateLimited)
    assert len(canned.sent) == 1
    canned.clock.set((NOW_MS // 60_000 + 1) * 60_000)
    assert (await canned.exchanges["binance"].fetch_tickers("spot")).rows == []


async def test_the_firewall_of_a_spot_host_says_nothing_about_futures():
    def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429 if "/api/v3" in request.url.path else 200, content=b"[]")

    canned = Canned(reply)
    assert isinstance(await failure(canned, "binance"), ExchangeRateLimited)
    assert (await canned.exchanges["binance"].fetch_tickers("perp")).rows == []


@every_exchange
async def test_a_block_says_so_in_words_and_not_in_markup(exchange: ExchangeId):
    page = b"<!DOCTYPE HTML>\n<html><head><title>ERROR: not from your country</title></head><body>x</body></html>"
    error = await failure(always(httpx.Response(403, content=page)), exchange)
    assert str(error) == "unreachable from here: HTTP 403: a web page, ERROR: not from your country"


@pytest.mark.parametrize(("exchange", "market"), EVERY_MARKET)
async def test_endless_bodies_are_cut_off(monkeypatch: pytest.MonkeyPatch, exchange: ExchangeId, market: Any):
    monkeypatch.setattr(session, "EXCHANGE_BODY_BYTES_MAX", 1000)
    canned = always(httpx.Response(200, content=b"[" + b" " * 2000 + b"]"))
    with pytest.raises(ExchangeUnreachable, match="over 1000 bytes"):
        await canned.exchanges[exchange].fetch_tickers(market)


@every_exchange
async def test_an_answer_that_drips_is_late(monkeypatch: pytest.MonkeyPatch, exchange: ExchangeId):
    """Every byte comes in time; the answer does not."""

    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self):
            while True:
                yield b" "
                await asyncio.sleep(0.01)

    monkeypatch.setattr(session, "EXCHANGE_TIMEOUT_S", 0.05)
    canned = Canned(lambda _request: httpx.Response(200, stream=Drip()))
    assert isinstance(await failure(canned, exchange), ExchangeUnreachable)
