"""The last known health of what we depend on, and of the queues as the records show it."""

import pytest
from msgspec.structs import replace

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.deliveries import D1Deliveries
from arbedge.adapters.cloudflare.d1.dependencies import QUEUE_LAG_MS_MAX, D1Dependencies
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.ports.health import DependencyHealth
from tests.integration.store.builders import make_opportunity

ID = "00000000000000aa"


@pytest.fixture
def dependencies(database: Database) -> D1Dependencies:
    return D1Dependencies(database)


async def test_a_failure_keeps_the_last_success(dependencies: D1Dependencies, now: int) -> None:
    well = DependencyHealth(name="telegram", state="ok", error=None, checked_at=now, last_success_at=now)
    failed = replace(well, state="down", error="timed out", checked_at=now + 60_000, last_success_at=None)
    assert await dependencies.load("telegram") is None
    await dependencies.save(well)
    await dependencies.save(failed)
    assert await dependencies.load("telegram") == replace(failed, last_success_at=now)


async def test_queues_lag_while_an_announcement_is_not_distributed(
    database: Database, dependencies: D1Dependencies, now: int
) -> None:
    opportunities, deliveries = D1Opportunities(database), D1Deliveries(database)
    assert (await dependencies.load_queue_lag(now)).state == "ok"
    await opportunities.save([make_opportunity(ID, at=now)])
    later = now + QUEUE_LAG_MS_MAX + 1000
    assert (await dependencies.load_queue_lag(later)).state == "ok"

    await opportunities.mark_announced([(ID, 1)])
    late = await dependencies.load_queue_lag(later)
    assert (late.state, late.error) == ("degraded", "an announcement has waited for 121 s")
    assert (await dependencies.load_queue_lag(now + QUEUE_LAG_MS_MAX)).state == "ok"

    await deliveries.record_decision(ID, 1, "", {"told": 1}, later)
    well = await dependencies.load_queue_lag(later)
    assert (well.state, well.error, well.last_success_at) == ("ok", None, later)


async def test_an_end_that_is_not_distributed_counts_too(
    database: Database, dependencies: D1Dependencies, now: int
) -> None:
    opportunities = D1Opportunities(database)
    await opportunities.save([make_opportunity(ID, at=now, revision=2, ended_at=now)])
    await opportunities.mark_announced([(ID, 2)])
    await D1Deliveries(database).record_decision(ID, 1, "", {"told": 1}, now)
    assert (await dependencies.load_queue_lag(now + QUEUE_LAG_MS_MAX + 1)).state == "degraded"
