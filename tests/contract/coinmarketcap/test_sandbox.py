"""The stand-in is as strict as the original: key, minute, month, question and price of every call."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from arbedge.adapters.coinmarketcap import CoinMarketCap
from arbedge.errors import CoinDataError, CoinDataKeyRefused, CoinDataLimited
from scripts.sandbox import Sandbox, SandboxConfig, SettableClock, create_sandbox
from scripts.sandbox.config import fixtures_directory
from scripts.sandbox.faults import Fault
from tests.contract.sandbox.conftest import assert_covers

NOW_MS = 1_795_386_285_997
CONFIG = SandboxConfig(worker_url="http://worker.invalid", bot_token="1:token", webhook_secret="secret")
KEY = {"X-CMC_PRO_API_KEY": CONFIG.cmc_api_key}
RECORDED = fixtures_directory() / "market" / "cmc"
QUOTES = "/cryptocurrency/quotes/latest"


@pytest.fixture
def sandbox() -> Sandbox:
    return create_sandbox(CONFIG, SettableClock(NOW_MS))


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox/cmc", headers=KEY) as client:
        yield client


@pytest.fixture
def cmc(sandbox: Sandbox, http: httpx.AsyncClient) -> CoinMarketCap:
    return CoinMarketCap(http, sandbox.clock, url="http://sandbox/cmc", api_key=CONFIG.cmc_api_key)


async def ask(http: httpx.AsyncClient, path: str, params: dict[str, str] | None = None, status: int = 200) -> Any:
    answer = await http.get(path, params=params)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_client_reads_every_call(cmc: CoinMarketCap):
    coins = (await cmc.fetch_listings(50)).value
    assert [coin.rank for coin in coins] == list(range(1, 51))
    assert coins[0].symbol == "BTC"
    assert 1.0 < (await cmc.fetch_global_metrics()).value.btc_dominance_percent < 99.0
    assert 0 <= (await cmc.fetch_fear_and_greed()).value.value <= 100
    known = {coin.id: coin for coin in (await cmc.fetch_map(5000)).value}
    assert known[1027].symbol == "ETH"
    assert known[825].token_address
    quotes = (await cmc.fetch_quotes([1027, 1, 123_456])).value
    assert {quote.id for quote in quotes} == {1, 1027}
    assert {quote.price for quote in quotes} == {coin.price for coin in coins if coin.id in (1, 1027)}


async def test_prices_are_the_markets(sandbox: Sandbox, cmc: CoinMarketCap, http: httpx.AsyncClient):
    (quote,) = (await cmc.fetch_quotes([1])).value
    exchange = httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox.app), base_url="http://sandbox")
    ticker = (await exchange.get("/binance/api/v3/ticker/bookTicker", params={"symbol": "BTCUSDT"})).json()
    assert float(quote.price) == pytest.approx(float(ticker["bidPrice"]), rel=0.01)


async def test_one_symbol_of_several_coins_has_the_largest_first(http: httpx.AsyncClient):
    by_list = (await ask(http, f"/v2{QUOTES}", {"symbol": "LEO"}))["data"]["LEO"]
    assert [coin["id"] for coin in by_list] == [3957, 900002]
    assert (await ask(http, f"/v1{QUOTES}", {"symbol": "LEO"}))["data"]["LEO"]["id"] == 3957
    flat = (await ask(http, f"/v3{QUOTES}", {"symbol": "LEO"}))["data"]
    assert [coin["quote"][0]["symbol"] for coin in flat] == ["USD", "USD"]
    assert list((await ask(http, f"/v2{QUOTES}", {"slug": "bitcoin"}))["data"]) == ["1"]


async def test_who_has_no_key_or_a_wrong_one_hears_so(sandbox: Sandbox, http: httpx.AsyncClient):
    for headers, code in (({"X-CMC_PRO_API_KEY": "nobody"}, 1001), ({"X-CMC_PRO_API_KEY": ""}, 1002)):
        answer = await http.get("/v1/key/info", headers=headers)
        assert (answer.status_code, answer.json()["status"]["error_code"]) == (401, code)
    stranger = CoinMarketCap(http, sandbox.clock, url="http://sandbox/cmc", api_key="0000-0000-0000-0000")
    with pytest.raises(CoinDataKeyRefused):
        await stranger.fetch_account()
    assert sandbox.cmc.account.requests_made == 0


@pytest.mark.parametrize(
    ("path", "params", "words"),
    [
        (f"/v2{QUOTES}", {"symbol": "BTC,NOPE"}, 'Invalid value for "symbol": "NOPE"'),
        (f"/v2{QUOTES}", {"id": "1,7654321"}, 'Invalid value for "id": "7654321"'),
        (f"/v2{QUOTES}", {}, "at least one of"),
        (f"/v2{QUOTES}", {"id": "1", "symbol": "BTC"}, "exclusive peers"),
        (f"/v2{QUOTES}", {"id": "1", "convert": "XYZ"}, '"convert"'),
        (f"/v2{QUOTES}", {"ids": "1"}, '"ids" is not allowed'),
        ("/v1/cryptocurrency/listings/latest", {"limit": "5001"}, "less than or equal to 5000"),
        ("/v1/cryptocurrency/listings/latest", {"start": "0"}, "larger than or equal to 1"),
        ("/v1/cryptocurrency/listings/latest", {"sort": "beauty"}, '"sort" must be one of'),
        ("/v1/cryptocurrency/map", {"symbol": "NOPE"}, "NOPE"),
    ],
)
async def test_a_wrong_question_fails_as_a_whole_and_costs_nothing(
    sandbox: Sandbox, http: httpx.AsyncClient, path: str, params: dict[str, str], words: str
):
    status = (await ask(http, path, params, 400))["status"]
    assert (status["error_code"], status["credit_count"]) == (400, 0)
    assert words in status["error_message"]
    assert sandbox.cmc.account.credits_used == 0


async def test_unknown_coins_may_be_skipped(http: httpx.AsyncClient):
    data = (await ask(http, f"/v2{QUOTES}", {"symbol": "BTC,NOPE", "skip_invalid": "true"}))["data"]
    assert list(data) == ["BTC"]


@pytest.mark.parametrize(
    ("path", "params", "cost"),
    [
        ("/v1/cryptocurrency/listings/latest", {"limit": "5000"}, 1),
        ("/v1/cryptocurrency/listings/latest", {"limit": "10", "convert": "USD,EUR,BTC"}, 3),
        (f"/v2{QUOTES}", {"id": "1,1027"}, 1),
        ("/v1/global-metrics/quotes/latest", {"convert": "USD,EUR"}, 2),
        ("/v3/fear-and-greed/latest", {}, 1),
        ("/v1/cryptocurrency/map", {}, 0),
        ("/v1/key/info", {}, 0),
    ],
)
async def test_every_call_has_its_price_and_the_account_knows_it(
    http: httpx.AsyncClient, path: str, params: dict[str, str], cost: int
):
    assert (await ask(http, path, params))["status"]["credit_count"] == cost
    month = (await ask(http, "/v1/key/info"))["data"]["usage"]["current_month"]
    assert month == {"credits_used": cost, "credits_left": 10_000 - cost}


async def test_the_thirty_first_request_of_a_minute_is_refused(sandbox: Sandbox, cmc: CoinMarketCap):
    for _ in range(30):
        await cmc.fetch_account()
    with pytest.raises(CoinDataLimited) as caught:
        await cmc.fetch_account()
    assert caught.value.scope == "minute"
    sandbox.clock.advance(60_000)  # type: ignore[attr-defined]
    assert (await cmc.fetch_account()).value.requests_limit == 30


async def test_a_month_that_is_spent_is_refused_until_the_first(sandbox: Sandbox, cmc: CoinMarketCap):
    sandbox.cmc.account.credits_limit = 1
    await cmc.fetch_fear_and_greed()
    with pytest.raises(CoinDataLimited) as caught:
        await cmc.fetch_fear_and_greed()
    assert (caught.value.scope, caught.value.credits) == ("month", 0)
    account = (await cmc.fetch_account()).value
    assert (account.credits_limit, account.credits_used) == (1, 1)
    sandbox.clock.set(account.resets_at)  # type: ignore[attr-defined]
    await cmc.fetch_fear_and_greed()
    assert (await cmc.fetch_account()).value.credits_used == 1


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("status", 500, "down"),
        ("status", 1003, "key_refused"),
        ("status", 1006, "refused"),
        ("status", 1010, "rate_limited"),
        ("rate_limit", None, "rate_limited"),
        ("geo", None, "blocked_from_here"),
        ("html", 503, "down"),
        ("malformed", None, "unreadable"),
        ("reset", None, "unreachable"),
        ("timeout", 0, "unreachable"),
    ],
)
async def test_faults_speak_as_the_original(
    sandbox: Sandbox, cmc: CoinMarketCap, kind: Any, value: float | None, code: str
):
    sandbox.faults.add(Fault(target="cmc", kind=kind, value=value))
    with pytest.raises(CoinDataError) as caught:
        await cmc.fetch_global_metrics()
    assert caught.value.code == code
    assert (kind == "malformed") is (sandbox.cmc.account.credits_used == 1), "what was cut off was charged all the same"


async def test_reset_gives_the_month_back(sandbox: Sandbox, cmc: CoinMarketCap):
    await cmc.fetch_fear_and_greed()
    assert sandbox.state()["cmc"]["usage"]["current_month"]["credits_used"] == 1
    sandbox.reset()
    assert (await cmc.fetch_account()).value.credits_used == 0


@pytest.mark.skipif(not RECORDED.exists(), reason=f"recorded data is not at {RECORDED} (ARBEDGE_FIXTURES)")
async def test_answers_have_the_fields_that_were_recorded(http: httpx.AsyncClient):
    recorded = json.loads((RECORDED / "prices_mock_2019-02-08.json").read_text())
    assert_covers(await ask(http, "/v1/cryptocurrency/listings/latest"), recorded)
    mood = json.loads((RECORDED / "fear-and-greed-index_1.json").read_text())
    assert_covers(await ask(http, "/v3/fear-and-greed/latest"), mood)
    ids = json.loads((RECORDED / "map_2019-02-04.json").read_text())
    assert_covers(await ask(http, "/v1/cryptocurrency/map"), ids)
