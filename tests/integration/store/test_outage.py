"""When the database is down every repository says so, without repeating what it was asked to store."""

from collections.abc import Awaitable, Callable

import pytest

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.dead_letters import D1DeadLetters
from arbedge.adapters.cloudflare.d1.deliveries import D1Deliveries
from arbedge.adapters.cloudflare.d1.dependencies import D1Dependencies
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.adapters.cloudflare.d1.people import D1People
from arbedge.adapters.cloudflare.d1.scans import D1Scans
from arbedge.adapters.cloudflare.d1.updates import D1Updates
from arbedge.errors import StoreUnavailable
from arbedge.ports.store import Delivery, OpportunityFilter
from tests.integration.store.builders import make_opportunity, make_report
from tests.miniflare_shim import ShimEnv

SECRET = "5f1c-not-to-be-repeated"
DELIVERY = Delivery(SECRET, 1, SECRET, "queued", False, 0, None, 0, None, 1)
CALLS: dict[str, Callable[[Database], Awaitable[object]]] = {
    "scans.begin": lambda db: D1Scans(db).begin(1, "live", 1),
    "scans.finish": lambda db: D1Scans(db).finish(make_report(1, 1), {}, []),
    "scans.load_latest": lambda db: D1Scans(db).load_latest(),
    "scans.load_feeds": lambda db: D1Scans(db).load_feeds(),
    "opportunities.load_current": lambda db: D1Opportunities(db).load_current(0),
    "opportunities.save": lambda db: D1Opportunities(db).save([make_opportunity(asset=SECRET)]),
    "opportunities.load_unannounced": lambda db: D1Opportunities(db).load_unannounced(),
    "opportunities.mark_announced": lambda db: D1Opportunities(db).mark_announced([(SECRET, 1)]),
    "opportunities.load": lambda db: D1Opportunities(db).load(SECRET),
    "opportunities.list_open": lambda db: D1Opportunities(db).list_open(OpportunityFilter(asset=SECRET), 5, None),
    "opportunities.count_open": lambda db: D1Opportunities(db).count_open(),
    "people.load": lambda db: D1People(db).load(SECRET),
    "people.load_by_telegram": lambda db: D1People(db).load_by_telegram(1),
    "people.open_session": lambda db: D1People(db).open_session(1, SECRET, 1),
    "people.mark_unreachable": lambda db: D1People(db).mark_unreachable(1, SECRET, 1),
    "people.mark_reachable": lambda db: D1People(db).mark_reachable(1),
    "people.load_page": lambda db: D1People(db).load_page(SECRET, 5, 1),
    "deliveries.load": lambda db: D1Deliveries(db).load(SECRET, 1),
    "deliveries.load_chats": lambda db: D1Deliveries(db).load_chats(SECRET, None, 5),
    "deliveries.claim": lambda db: D1Deliveries(db).claim(DELIVERY, 1),
    "deliveries.record_decision": lambda db: D1Deliveries(db).record_decision(SECRET, 1, "", {}, 1),
    "updates.begin": lambda db: D1Updates(db).begin(32, 1),
    "updates.finish": lambda db: D1Updates(db).finish(32, SECRET, 1),
    "dependencies.load": lambda db: D1Dependencies(db).load(SECRET),
    "dependencies.load_queue_lag": lambda db: D1Dependencies(db).load_queue_lag(1),
    "dead_letters.record": lambda db: D1DeadLetters(db).record("q", "m", SECRET, SECRET, 1, 1),
    "dead_letters.count": lambda db: D1DeadLetters(db).count(),
    "probe": lambda db: db.probe(),
}


@pytest.mark.parametrize("name", CALLS)
async def test_an_outage_is_said_and_nothing_else(env: ShimEnv, database: Database, name: str) -> None:
    env.faults.fail("DB", message=f"Network connection lost. {SECRET}")
    with pytest.raises(StoreUnavailable) as caught:
        await CALLS[name](database)
    assert str(caught.value) == "database: no answer"
    assert caught.value.__suppress_context__


async def test_a_refused_value_is_not_repeated(database: Database) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        await database.run("SELECT ?1", 2**60 + 12345)
    assert "12345" not in str(caught.value)


async def test_a_broken_constraint_is_named_without_its_value(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match=r"^database: FOREIGN KEY constraint failed$"):
        await D1Deliveries(database).record_decision(SECRET, 1, "", {}, 1)


async def test_the_database_answers_a_probe(database: Database) -> None:
    await database.probe()
