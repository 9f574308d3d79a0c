"""The CoinMarketCap client: what goes out, what every failure means, and that the key stays where it belongs."""

import logging
import traceback
from typing import Any

import httpx
import pytest

from arbedge.adapters.coinmarketcap import CoinMarketCap
from arbedge.errors import (
    CoinDataBlocked,
    CoinDataDown,
    CoinDataError,
    CoinDataKeyRefused,
    CoinDataLimited,
    CoinDataRefused,
    CoinDataUnreachable,
    CoinDataUnreadable,
)
from tests.miniflare_shim import VirtualClock

KEY = "10ca1000-5a4d-4b0c-8000-not-a-real-key"
NOON = 1_793_534_400_000
QUOTE = {"price": 1e-11, "volume_24h": None, "market_cap": 12.5, "last_updated": "2026-11-10T11:59:00.000Z"}


def coin(id_: int = 1, symbol: str = "BTC", quote: Any = None) -> dict[str, Any]:
    return {"id": id_, "name": symbol.title(), "symbol": symbol, "quote": quote or {"USD": QUOTE}}


def status(code: Any = 0, message: str | None = None, cost: int = 0) -> dict[str, Any]:
    return {
        "timestamp": "2026-11-10T12:00:00.000Z",
        "error_code": code,
        "error_message": message,
        "elapsed": 1,
        "credit_count": cost,
    }


def ok(data: Any, cost: int = 1, code: Any = 0) -> httpx.Response:
    return httpx.Response(200, json={"status": status(code, cost=cost), "data": data})


def refusal(http: int, code: Any, message: str = "no") -> httpx.Response:
    return httpx.Response(http, json={"status": status(code, message)})


class Source:
    """Answers once and remembers what it was asked."""

    def __init__(self, reply: httpx.Response | Exception) -> None:
        self.reply = reply
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    def client(self) -> CoinMarketCap:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return CoinMarketCap(http, VirtualClock(NOON), url="https://cmc.test/", api_key=KEY)


async def test_the_key_travels_in_the_header_only():
    source = Source(ok({"1": coin()}))
    await source.client().fetch_quotes([1, 1027])
    request = source.requests[0]
    assert request.headers["X-CMC_PRO_API_KEY"] == KEY
    assert request.url.path == "/v2/cryptocurrency/quotes/latest"
    assert dict(request.url.params) == {"id": "1,1027", "convert": "USD", "skip_invalid": "true"}
    assert KEY not in str(request.url)


V3_QUOTE = [{"id": 1027, "symbol": "ETH", "price": 3}, {"id": 2781, "symbol": "USD", **QUOTE}]


@pytest.mark.parametrize(
    "data",
    [
        {"BTC": coin(), "LEO": coin(3957, "LEO")},
        {"1": coin(), "3957": coin(3957, "LEO")},
        {"BTC": [coin()], "LEO": [coin(3957, "LEO")]},
        [coin(quote=V3_QUOTE), coin(3957, "LEO", V3_QUOTE)],
        [coin(), coin(3957, "LEO", {"2781": QUOTE})],
    ],
)
async def test_the_shapes_of_all_versions_are_one_to_us(data: Any):
    paid = await Source(ok(data, code="0")).client().fetch_quotes_by_symbol(["BTC", "LEO"])
    assert [(one.id, one.symbol, f"{one.price:f}") for one in paid.value] == [
        (1, "BTC", "0.00000000001"),
        (3957, "LEO", "0.00000000001"),
    ]
    assert paid.value[0].quoted_at == 1_794_311_940_000
    assert (paid.credits, paid.received_at) == (1, NOON)


async def test_a_coin_without_a_price_is_left_out():
    data = {"1": coin(quote={"USD": {"price": None}}), "2": coin(2, "LTC", {"EUR": QUOTE}), "3": coin(3)}
    assert [one.id for one in (await Source(ok(data)).client().fetch_quotes([1, 2, 3])).value] == [3]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refusal(401, 1001), CoinDataKeyRefused),
        (refusal(401, 1002), CoinDataKeyRefused),
        (refusal(402, 1003), CoinDataKeyRefused),
        (refusal(402, 1004), CoinDataKeyRefused),
        (refusal(403, 1005), CoinDataKeyRefused),
        (refusal(403, 1006), CoinDataRefused),
        (refusal(403, 1007), CoinDataKeyRefused),
        (refusal(429, 1008), CoinDataLimited),
        (refusal(429, 1009), CoinDataLimited),
        (refusal(429, 1010), CoinDataLimited),
        (refusal(429, 1011), CoinDataLimited),
        (refusal(400, 400, 'Invalid value for "id": "9"'), CoinDataRefused),
        (refusal(500, 500), CoinDataDown),
        (refusal(200, "1001"), CoinDataKeyRefused),
        (refusal(200, "500"), CoinDataDown),
        (refusal(200, 1999), CoinDataRefused),
        (httpx.Response(401), CoinDataKeyRefused),
        (httpx.Response(403, html="<html>Sorry, you have been blocked</html>"), CoinDataBlocked),
        (httpx.Response(451), CoinDataBlocked),
        (httpx.Response(429, html="<html>slow down</html>"), CoinDataLimited),
        (httpx.Response(502, html="<html>Bad Gateway</html>"), CoinDataDown),
        (httpx.Response(404, json={"statusCode": 404}), CoinDataRefused),
        (httpx.Response(302, headers={"location": "https://elsewhere.test"}), CoinDataUnreachable),
        (httpx.Response(200, html="<html>hello</html>"), CoinDataUnreadable),
        (httpx.Response(200, content=b"[" * 100_000), CoinDataUnreadable),
        (httpx.Response(200, content=b'{"status":{"error_code":0,"x":' + b"[" * 100_000), CoinDataUnreadable),
        (httpx.Response(200, content=b'{"status":{"error_message":"\xff"},"data":{}}'), CoinDataUnreadable),
        (httpx.Response(200, content=b'{"status":{},"data":{"1":{"id":1,"name":"\xff"}}}'), CoinDataUnreadable),
        (httpx.Response(200, json={"status": {"credit_count": -5}, "data": []}), CoinDataUnreadable),
        (httpx.Response(200, json={"status": {"credit_count": 10**300}, "data": []}), CoinDataUnreadable),
        (httpx.Response(200, json={"data": {}}), CoinDataUnreadable),
        (ok("nonsense"), CoinDataUnreadable),
        (httpx.ReadTimeout("slow"), CoinDataUnreachable),
        (httpx.ReadError("reset"), CoinDataUnreachable),
        (httpx.ConnectError("refused"), CoinDataUnreachable),
    ],
)
async def test_every_failure_says_what_may_be_done_next(reply: Any, error: type[CoinDataError]):
    with pytest.raises(CoinDataError) as caught:
        await Source(reply).client().fetch_quotes([1])
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("code", "scope", "wait_s"),
    [(1008, "minute", 60), (1009, "day", 43_200), (1010, "month", None), (1011, "address", 60)],
)
async def test_a_limit_says_what_is_used_up_and_for_how_long(code: int, scope: str, wait_s: int | None):
    with pytest.raises(CoinDataLimited) as caught:
        await Source(refusal(429, code)).client().fetch_global_metrics()
    assert (caught.value.scope, caught.value.retry_after_s) == (scope, wait_s)


@pytest.mark.parametrize(("wait", "wait_s"), [(b"\xb2", 60), (b"9" * 400, 60), (b"999999999", 86_400), (b"0", 60)])
async def test_a_wait_that_is_none_is_a_minute_and_none_is_longer_than_a_day(wait: bytes, wait_s: int):
    with pytest.raises(CoinDataLimited) as caught:
        await Source(httpx.Response(429, headers=[(b"retry-after", wait)])).client().fetch_quotes([1])
    assert caught.value.retry_after_s == wait_s


IMPOSSIBLE = ["NaN", "sNaN", "Infinity", "-1", "1e999999", "1e-999999"]


@pytest.mark.parametrize("figure", IMPOSSIBLE)
async def test_a_figure_that_cannot_be_one_is_not_known(figure: str):
    """Written out, one of a million digits would take the memory of everything else."""
    quotes = {
        "1": coin(quote={"USD": {**QUOTE, "price": figure}}),
        "2": coin(2, quote={"USD": {**QUOTE, "volume_24h": figure}}),
    }
    (kept,) = (await Source(ok(quotes)).client().fetch_quotes([1, 2])).value
    assert (kept.id, kept.volume_24h) == (2, None)
    row = {
        "btc_dominance": 50,
        "eth_dominance": 10,
        "active_cryptocurrencies": 1,
        "active_exchanges": 1,
        "last_updated": QUOTE["last_updated"],
        "quote": {"USD": {"total_market_cap": figure, "total_volume_24h": 1}},
    }
    with pytest.raises(CoinDataUnreachable):
        await Source(ok(row)).client().fetch_global_metrics()


async def test_a_figure_of_many_digits_is_cut_to_those_that_mean_anything():
    quotes = {"1": coin(quote={"USD": {**QUOTE, "price": "1." + "1" * 100_000}})}
    (kept,) = (await Source(ok(quotes)).client().fetch_quotes([1])).value
    assert str(kept.price) == "1." + "1" * 29


@pytest.mark.parametrize(
    ("reply", "charged"),
    [
        (refusal(400, 400), 0),
        (ok("nonsense", cost=3), 3),
        (httpx.ReadTimeout("slow"), None),
        (httpx.Response(502, html="<html></html>"), None),
        (httpx.Response(200, content=b'{"status":{"credit_count":1'), None),
    ],
)
async def test_what_a_failure_cost_is_what_the_answer_says_or_unknown(reply: Any, charged: int | None):
    with pytest.raises(CoinDataError) as caught:
        await Source(reply).client().fetch_quotes([1])
    assert caught.value.credits == charged


async def test_a_body_without_end_is_left(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("arbedge.adapters.coinmarketcap.client.CMC_BODY_BYTES_MAX", 100)
    with pytest.raises(CoinDataUnreachable, match="over 100 bytes"):
        await Source(ok([coin()] * 5)).client().fetch_listings(5)


@pytest.mark.parametrize(
    "reply",
    [
        httpx.ReadTimeout(f"key {KEY}"),
        httpx.ConnectError(f"key {KEY}"),
        refusal(401, 1001, f"This API Key {KEY} is invalid."),
        httpx.Response(502, html=f"<html>{KEY}</html>"),
        httpx.Response(200, html=f"{'x' * 185}{KEY}"),
        ok({KEY: KEY}),
    ],
)
async def test_the_key_is_in_no_error_and_no_log(reply: Any, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    client = Source(reply).client()
    with pytest.raises(CoinDataError) as caught:
        await client.fetch_quotes([1])
    error = caught.value
    said = [str(error), repr(error), repr(client), *traceback.format_exception(error)]
    chain: BaseException | None = error
    while chain is not None:
        assert not isinstance(chain, httpx.HTTPError | httpx.InvalidURL)
        said.append(repr(vars(chain)))
        chain = chain.__cause__ or chain.__context__
    said += [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert not [text for text in said if KEY in text or KEY[:20] in text]
