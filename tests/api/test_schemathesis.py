"""Promises A1 and A3 by generated requests: no answer of 5xx, and every answer as the published description says.

The examples are made from `openapi.json`; the application runs in process on the twins of the bindings. `API_EXAMPLES`
sets how many an operation gets.
"""

import asyncio
import os
import threading
from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig

from arbedge.app.market_browse import QuoteFilter, list_tickers
from arbedge.entrypoints.http.api import bind
from arbedge.ports.store import OpportunityFilter
from scripts.sandbox import SandboxConfig, SettableClock, create_sandbox
from tests.integration.http.builders import NOW, drop, opportunity, report
from tests.integration.http.world import API, PREFIX, HurriedClock, World

EXAMPLES = int(os.environ.get("API_EXAMPLES", "100"))
BROKEN_EXAMPLES = max(5, EXAMPLES // 5)
PERSON = {"X-User-ID": "user_premium_456"}
FOUND = [opportunity("BTC", "12.5"), opportunity("ETH", "70"), opportunity("SOL", "20", kind="funding")]
QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


SANDBOX = create_sandbox(SandboxConfig("http://worker.invalid", "1:token", "secret"), SettableClock(NOW))


@pytest.fixture(scope="session", autouse=True)
def background_work_ends() -> Iterator[None]:
    """The sandbox loads the Bot API's models in the background; an interpreter that ends meanwhile would abort."""
    yield
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join(timeout=30)


def make_world() -> World:
    """A filled world; its clock stands still, so that one example cannot disturb the next."""

    async def fill() -> World:
        exchanges = httpx.ASGITransport(SANDBOX.app)
        world = World(flood_limit=1_000_000, exchanges=exchanges, clock=HurriedClock(NOW))
        world.seed()
        one = report(drop("ADA"))
        assert await world.services.scans.begin(one.scan_id, "synthetic", one.started_at)
        await world.services.scans.finish(one, {}, [])
        await world.services.opportunities.save(FOUND)
        return world

    return asyncio.run(fill())


def describe(world: World) -> schemathesis.BaseSchema:
    app = bind(API, world.services)
    return schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", app, config=SchemathesisConfig())


WELL = make_world()
WITHOUT_DATABASE = make_world()
WITHOUT_DATABASE.env.faults.fail("DB", times=None)

well = describe(WELL)
without_database = describe(WITHOUT_DATABASE)


async def _give_cursor() -> str:
    page = await WELL.services.opportunities.list_open(OpportunityFilter(), 1, None)
    assert page.next_cursor
    return page.next_cursor


async def _give_market_cursor() -> str:
    page = await list_tickers(WELL.services.market, QuoteFilter(exchange="okx"), 60_000, 1, None, NOW)
    assert page.next_cursor
    return page.next_cursor


CURSOR, MARKET_CURSOR = asyncio.run(_give_cursor()), asyncio.run(_give_market_cursor())


def make_real(case: Case) -> None:
    """Puts things that exist where only a form can be described: ids, and the cursor that one answer gives the next."""
    opportunity_id = case.path_parameters.get("opportunity_id", "")
    if len(opportunity_id) % 2:
        case.path_parameters["opportunity_id"] = FOUND[len(opportunity_id) % len(FOUND)].id
    cursor = case.query.get("cursor")
    if isinstance(cursor, str) and 1 <= len(cursor) <= 512:
        case.query["cursor"] = MARKET_CURSOR if "/market/" in case.path else CURSOR
    if case.path.endswith("/stream") and _is_duration(case.query.get("duration_s", 1)):
        case.query["duration_s"] = 1
    symbol = case.query.get("symbol")
    if isinstance(symbol, str) and len(symbol) % 2 and len(symbol) <= 32:
        case.query["symbol"] = "BTC/USDT"


def _is_duration(value: object) -> bool:
    """Whether it would be waited for; what is refused anyway stays as it is."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 300


@well.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=QUIET)
def test_every_answer_is_as_described(case: Case):
    make_real(case)
    case.call_and_validate(headers=PERSON)


@without_database.parametrize()
@settings(max_examples=BROKEN_EXAMPLES, suppress_health_check=QUIET, phases=[Phase.generate])
def test_without_the_database_only_what_needs_it_fails(case: Case):
    response = case.call(headers=PERSON)
    speaks_always = case.path.endswith(("/health", "/health/detailed"))
    assert response.status_code < 500 or (response.status_code == 503 and not speaks_always)
    case.validate_response(response, excluded_checks=[not_a_server_error])
