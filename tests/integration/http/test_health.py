"""Health: always an answer, and an honest one, whichever dependency is down."""

import asyncio
from itertools import combinations

import pytest

from arbedge.app import status as status_module
from arbedge.domain.market import EXCHANGES, MARKETS, ExchangeId
from arbedge.limits import INSTRUMENTS_AGE_MS_MAX, INSTRUMENTS_LATE_MS
from arbedge.ports.health import DependencyHealth
from arbedge.ports.store import Catalogue
from tests.integration.http.builders import NOW, feed, opportunity, report
from tests.integration.http.world import World
from tests.integration.store.builders import make_catalogue, make_instrument

STATES = {"ok", "degraded", "rate_limited", "unreachable", "down"}
# How each dependency breaks: the binding behind it, or what was recorded of it last.
BINDINGS = {"d1": "DB", "kv": "KV", "r2": "LAKE"}
RECORDED = ("telegram", "cmc", "lake")
DEPENDENCIES = ("d1", "kv", "r2", "queues", "instruments", *RECORDED)


async def record(world: World, *feeds, finished_at: int = NOW - 2_000) -> None:
    one = report(finished_at=finished_at)
    assert await world.services.scans.begin(one.scan_id, "synthetic", one.started_at)
    await world.services.scans.finish(one, {}, feeds)


async def record_all_well(world: World, **changes) -> None:
    await record(world, *(feed(exchange, market, **changes) for exchange in EXCHANGES for market in MARKETS))
    for name in RECORDED:
        await world.services.dependencies.save(DependencyHealth(name, "ok", None, NOW - 1_000, NOW - 1_000))
    await world.services.instruments.save(list_all(NOW - INSTRUMENTS_AGE_MS_MAX))


def list_all(fetched_at: int) -> Catalogue:
    """Every feed with a list of one instrument."""
    return make_catalogue(
        [make_instrument("BTCUSDT", exchange, market) for exchange in EXCHANGES for market in MARKETS], fetched_at
    )


async def test_health_asks_nothing_of_anything(world: World):
    for binding in BINDINGS.values():
        world.env.faults.fail(binding, times=None)
    answer = await world.ask("/health")
    assert answer["data"] == {"status": "ok", "time": NOW, "market_mode": "synthetic"}


async def test_all_is_well(world: World):
    await record_all_well(world)
    data = (await world.ask("/health/detailed"))["data"]
    assert data["status"] == "ok"
    assert set(data["exchanges"]) == set(EXCHANGES)
    for exchange in EXCHANGES:
        for market in MARKETS:
            known = data["exchanges"][exchange][market]
            assert (known["state"], known["error"], known["age_ms"]) == ("ok", None, 2_000)
            assert known["last_success_at"] == NOW - 2_000
    assert set(data["dependencies"]) == set(DEPENDENCIES)
    assert data["scan"]["age_ms"] == 2_000
    assert (data["market_mode"], data["environment"], data["time"]) == ("synthetic", "test", NOW)


async def test_before_the_first_scan_nothing_is_claimed(world: World):
    data = (await world.ask("/health/detailed"))["data"]
    assert data["status"] == "degraded"
    for markets in data["exchanges"].values():
        for known in markets.values():
            assert known["state"] in STATES - {"ok"}
            assert (known["last_success_at"], known["age_ms"]) == (None, None)
    assert data["scan"]["age_ms"] is None


@pytest.mark.parametrize("state", ["degraded", "rate_limited", "unreachable", "down"])
@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_one_market_of_one_exchange_fails_alone(world: World, exchange: ExchangeId, state: str):
    await record_all_well(world)
    broken = feed(exchange, "perp", state=state, error="said so", checked_at=NOW - 500, last_success_at=NOW - 60_000)
    await record(world, broken, finished_at=NOW - 500)
    data = (await world.ask("/health/detailed"))["data"]
    assert data["status"] == "degraded"
    known = data["exchanges"][exchange]["perp"]
    assert (known["state"], known["error"], known["age_ms"]) == (state, "said so", 60_000)
    others = [
        view
        for name, markets in data["exchanges"].items()
        for market, view in markets.items()
        if (name, market) != (exchange, "perp")
    ]
    assert {view["state"] for view in others} == {"ok"}


async def test_a_feed_nobody_asked_for_two_minutes_is_not_called_well(world: World):
    await record_all_well(world)
    world.env.clock.advance(130_000)
    data = (await world.ask("/health/detailed"))["data"]
    known = data["exchanges"]["okx"]["spot"]
    assert (known["state"], known["age_ms"]) == ("degraded", 132_000)
    assert "two minutes" in known["error"]


async def break_dependency(world: World, name: str) -> None:
    if name in BINDINGS:
        world.env.faults.fail(BINDINGS[name], times=None)
    elif name in RECORDED:
        await world.services.dependencies.save(DependencyHealth(name, "unreachable", "no answer", NOW, None))
    elif name == "instruments":
        late = NOW - INSTRUMENTS_LATE_MS - 1
        world.env.DB.sqlite.execute(f"UPDATE instrument_lists SET fetched_at = {late} WHERE exchange = 'okx'")
    else:
        late = opportunity("LATE", updated_at=NOW - 600_000, revised_at=NOW - 600_000)
        await world.services.opportunities.save([late])
        await world.services.opportunities.mark_announced([(late.id, late.revision)])


@pytest.mark.parametrize("name", DEPENDENCIES)
async def test_each_dependency_fails_alone(world: World, name: str):
    await record_all_well(world)
    await break_dependency(world, name)
    data = (await world.ask("/health/detailed"))["data"]
    assert data["status"] == ("ok" if name == "cmc" else "degraded")
    assert data["dependencies"][name]["state"] in STATES - {"ok"}
    assert data["dependencies"][name]["error"]
    if name != "d1":
        assert {one["state"] for other, one in data["dependencies"].items() if other != name} == {"ok"}


async def test_a_list_that_is_late_is_named_and_is_no_trouble_of_its_market(world: World):
    await record_all_well(world)
    await break_dependency(world, "instruments")
    data = (await world.ask("/health/detailed"))["data"]
    known = data["dependencies"]["instruments"]
    assert known["error"] == "cannot be read anew: okx perp (63 min old), okx spot (63 min old)"
    assert known["age_ms"] == INSTRUMENTS_LATE_MS + 1
    assert {view["state"] for markets in data["exchanges"].values() for view in markets.values()} == {"ok"}


@pytest.mark.parametrize("pair", list(combinations(BINDINGS, 2)))
async def test_dependencies_fail_in_pairs(world: World, pair: tuple[str, str]):
    await record_all_well(world)
    for name in pair:
        await break_dependency(world, name)
    data = (await world.ask("/health/detailed"))["data"]
    assert {name for name in BINDINGS if data["dependencies"][name]["state"] != "ok"} == set(pair)


async def test_everything_down_is_said_not_raised(world: World):
    for binding in BINDINGS.values():
        world.env.faults.fail(binding, times=None)
    data = (await world.ask("/health/detailed"))["data"]
    assert data["status"] == "down"
    assert "did not answer" in data["exchanges"]["okx"]["spot"]["error"]


async def test_a_dependency_that_hangs_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch):
    await record_all_well(world)
    monkeypatch.setattr(status_module, "PROBE_TIMEOUT_S", 0.02)

    async def hang(binding: str, _operation: str, _moment: str) -> None:
        if binding == "LAKE":
            await asyncio.Event().wait()

    world.env.faults.on_call = hang
    data = (await asyncio.wait_for(world.ask("/health/detailed"), 5))["data"]
    assert data["dependencies"]["r2"]["state"] == "down"
    assert "no answer" in data["dependencies"]["r2"]["error"]
    assert data["dependencies"]["kv"]["state"] == "ok"


async def test_a_strange_record_does_not_break_health(world: World):
    await record_all_well(world)
    world.execute("UPDATE scans SET report = '[]'")
    data = (await world.ask("/health/detailed"))["data"]
    assert data["dependencies"]["d1"]["state"] == "down"


@pytest.mark.parametrize("binding", ["KV", "LAKE", "OPPORTUNITIES", "DELIVERIES", "FLOOD"])
async def test_a_route_does_not_fail_for_what_it_does_not_need(world: World, binding: str):
    world.env.faults.fail(binding, times=None)
    await world.ask("/opportunities", "user_pro_789")
    await world.ask("/health")
    await world.ask("/health/detailed")


async def test_without_the_database_the_list_says_so_and_when_to_return(world: World):
    world.env.faults.fail("DB", times=None)
    for path in ("/opportunities", "/opportunities/" + "0" * 16):
        error = (await world.ask(path, "user_pro_789", status=503))["error"]
        assert error["code"] == "store_unavailable"
    response = await world.client.get("/api/v1/opportunities", headers={"x-user-id": "user_pro_789"})
    assert int(response.headers["retry-after"]) > 0


async def test_a_database_that_fails_in_the_middle_is_503_too(world: World):
    await world.ask("/opportunities", "user_pro_789")
    for calls in range(1, 5):
        world.env.faults.clear()
        answered = 0

        async def break_after(binding: str, _operation: str, moment: str, calls: int = calls) -> None:
            nonlocal answered
            if binding == "DB" and moment == "before":
                answered += 1
                if answered >= calls:
                    world.env.faults.fail("DB", times=None)

        world.env.faults.on_call = break_after
        response = await world.client.get("/api/v1/opportunities", headers={"x-user-id": "user_pro_789"})
        world.env.faults.on_call = None
        assert response.status_code in {200, 503}


@pytest.mark.parametrize(
    ("failures", "retry_at", "circuit"),
    [(0, None, "closed"), (3, NOW + 20_000, "open"), (1, NOW + 5_000, "open"), (4, NOW - 1, "half_open")],
)
async def test_a_feed_tells_whether_it_is_asked_and_when_it_is_asked_again(
    world: World, failures: int, retry_at: int | None, circuit: str
):
    await record_all_well(world)
    broken = feed("okx", "spot", state="down", checked_at=NOW - 500, failures=failures, retry_at=retry_at)
    await record(world, broken, finished_at=NOW - 500)
    exchanges = (await world.ask("/health/detailed"))["data"]["exchanges"]
    seen = exchanges["okx"]["spot"]
    assert seen["circuit"] == circuit
    assert seen["retry_at"] == (retry_at if circuit == "open" else None)
    assert exchanges["okx"]["perp"]["circuit"] == "closed"
