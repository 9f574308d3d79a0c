"""Every route for every kind of caller: who is let in, who is not, and with which words."""

import re

import pytest

from arbedge.config import Environment
from tests.integration.http.builders import NOW, opportunity
from tests.integration.http.world import PEOPLE, PREFIX, HurriedClock, World, check_answer, get_document, sign_init_data

FOUND = opportunity("BTC", "12.5")
INSTRUMENT = {"exchange": "okx", "market": "spot", "symbol": "BTC/USDT"}
# Routes that ask for an instrument. No exchange can be reached here, so that whoever is let in learns just that.
OF_INSTRUMENTS = {
    f"{PREFIX}/market/funding/history": {"exchange": "okx", "symbol": "BTC/USDT"},
    f"{PREFIX}/market/orderbook": INSTRUMENT,
    f"{PREFIX}/market/candles": INSTRUMENT,
    f"{PREFIX}/market/indicators": INSTRUMENT,
    f"{PREFIX}/market/correlation": INSTRUMENT,
}
OPEN_ROUTES = {f"{PREFIX}/{route}" for route in ("health", "health/detailed", "health/ingestion", "public/metrics")}
METRICS = f"{PREFIX}/metrics"  # opened by a token of its own, which no person has

# Identity -> headers, and the status a route for known people answers with in test and in production.
IDENTITIES: dict[str, tuple[dict[str, str], int, int]] = {
    "nobody": ({}, 401, 401),
    **{user_id: ({"x-user-id": user_id}, 200, 401) for user_id in PEOPLE},
    **{f"signed {user_id}": ({"authorization": f"tma {sign_init_data(of[0])}"}, 200, 200) for user_id, of in PEOPLE.items()},
    "unknown id": ({"x-user-id": "user_nobody_1"}, 401, 401),
    "strange id": ({"x-user-id": "' OR 1=1 --"}, 401, 401),
    "unknown signed": ({"authorization": f"tma {sign_init_data(42)}"}, 401, 401),
    "stale signed": ({"authorization": f"tma {sign_init_data(123456789, NOW - 90_000_000)}"}, 401, 401),
    "other bot": ({"authorization": f"tma {sign_init_data(123456789, token='1:x')}"}, 401, 401),
    "token": ({"authorization": "Bearer arb_12345678"}, 401, 401),
    "bad signature beside a good id": ({"authorization": "tma x", "x-user-id": "user_pro_789"}, 401, 401),
}  # fmt: skip


def list_routes() -> list[tuple[str, str]]:
    documented = get_document()["paths"].items()
    return [(method, re.sub(r"\{\w+\}", FOUND.id, path)) for path, routes in documented for method in routes]


@pytest.mark.parametrize("environment", ["dev", "test", "staging", "production"])
@pytest.mark.parametrize("identity", IDENTITIES)
async def test_the_matrix(environment: Environment, identity: str):
    world = World(environment, clock=HurriedClock(NOW))
    world.seed()
    await world.services.opportunities.save([FOUND])
    headers, seeded, signed_only = IDENTITIES[identity]
    expected = seeded if environment in {"dev", "test"} else signed_only
    for method, path in list_routes():
        params = {"duration_s": 1} if path.endswith("/stream") else OF_INSTRUMENTS.get(path)
        body = {} if method == "put" else None
        response = await world.client.request(method, path, headers=headers, params=params, json=body)
        let_in = 503 if path in OF_INSTRUMENTS else 200
        wanted = 200 if path in OPEN_ROUTES else let_in if expected == 200 and path != METRICS else 401
        assert response.status_code == wanted, (path, response.text)
        if response.status_code == 503:
            assert response.json()["error"]["code"] == "market_data_unavailable"
        if not response.headers["content-type"].startswith("text/event-stream"):
            check_answer(response)
        if response.status_code == 401:
            assert response.headers["www-authenticate"]
            assert response.json()["error"]["code"] == "unauthenticated"


async def test_a_request_opens_and_extends_a_session(world: World):
    await world.ask("/opportunities", "user_free_123")
    (opened,) = world.execute("SELECT opened_at, expires_at FROM sessions WHERE user_id = 'user_free_123'")
    world.env.clock.advance(86_400_000)
    await world.ask("/opportunities", "user_free_123")
    (extended,) = world.execute("SELECT opened_at, expires_at FROM sessions WHERE user_id = 'user_free_123'")
    assert opened[0] == extended[0] == NOW
    assert extended[1] == opened[1] + 86_400_000


async def test_an_expired_session_is_opened_again(world: World):
    await world.ask("/opportunities", "user_free_123")
    world.env.clock.advance(8 * 86_400_000)
    await world.ask("/opportunities", "user_free_123")
    ((opened_at,),) = world.execute("SELECT opened_at FROM sessions WHERE user_id = 'user_free_123'")
    assert opened_at == NOW + 8 * 86_400_000


async def test_a_terminated_session_is_not_reopened_here(world: World):
    await world.ask("/opportunities", "user_free_123")
    world.execute("UPDATE sessions SET state = 'terminated', ended_at = ?", NOW)
    error = (await world.ask("/opportunities", "user_free_123", status=403))["error"]
    assert error["code"] == "session_terminated"
    assert "/start" in error["message"]
    assert world.execute("SELECT state FROM sessions") == [("terminated",)]


async def test_strangers_do_not_reach_the_database(world: World):
    world.env.faults.fail("DB", times=None)
    for headers in ({}, {"authorization": "tma x"}, {"authorization": "Bearer x"}):
        await world.ask("/opportunities", headers=headers, status=401)


async def test_a_flood_of_strangers_is_held_back_by_address_and_people_are_not():
    world = World(flood_limit=3)
    world.seed()
    here, there = {"cf-connecting-ip": "192.0.2.1"}, {"cf-connecting-ip": "192.0.2.2"}
    for _ in range(3):
        await world.ask("/opportunities", headers=here, status=401)
    error = (await world.ask("/health", headers=here, status=429))["error"]
    assert error["code"] == "too_many_requests"
    response = await world.client.get(f"{PREFIX}/opportunities", headers=here)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert response.headers["x-ratelimit-remaining"] == "0"
    await world.ask("/health", headers=there)
    await world.ask("/opportunities", "user_pro_789", headers=here)


async def test_a_flood_of_one_person_is_held_back_wherever_it_comes_from():
    world = World(flood_limit=3)
    world.seed()
    for number in range(4):
        headers = {"cf-connecting-ip": f"192.0.2.{number}"}
        await world.ask("/opportunities", "user_pro_789", headers=headers, status=200 if number < 3 else 429)
    await world.ask("/opportunities", "user_free_123")
    world.env.clock.advance(60_000)
    await world.ask("/opportunities", "user_pro_789")
