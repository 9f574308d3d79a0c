"""What has been kept long enough goes with all that refers to it, in bounded steps, and nothing else does."""

import pytest
from msgspec.structs import replace

from arbedge.adapters.cloudflare.d1 import retention as module
from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.dead_letters import D1DeadLetters
from arbedge.adapters.cloudflare.d1.deliveries import D1Deliveries
from arbedge.adapters.cloudflare.d1.learning import D1Learning
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.adapters.cloudflare.d1.people import D1People
from arbedge.adapters.cloudflare.d1.retention import D1Retention
from arbedge.domain.confidence import Judgement, Learned, Model
from arbedge.domain.logistic import Weights
from arbedge.errors import StoreUnavailable
from arbedge.limits import DEAD_LETTERS_KEPT_MS, MODELS_KEPT_MS, OPPORTUNITIES_KEPT_MS
from tests.integration.store.builders import make_opportunity
from tests.integration.store.test_appraisals import told
from tests.miniflare_shim import ShimEnv

TABLES = ("opportunities", "deliveries", "distributions", "appraisals")


@pytest.fixture
def retention(database: Database) -> D1Retention:
    return D1Retention(database)


def count(env: ShimEnv, *tables: str) -> list[int]:
    return [env.DB.sqlite.execute(f"SELECT count(*) FROM {table}").rows[0][0] for table in tables]


def make_model(version: str, at: int) -> Model:
    weights = Weights(("edge",), (0.0,), (1.0,), (1.0,), 0.0)
    judgement = Judgement(40, 0.2, 0.25, [])
    return Model(version, "synthetic", at, 200, at, at, 0.5, weights, 1.0, 0.0, judgement)


async def tell(database: Database, id_: str, now: int, ended_at: int | None, people: int = 2) -> None:
    """An opportunity that this many people were told of."""
    one = replace(told(now), id=id_, key=id_, ended_at=ended_at, status="active" if ended_at is None else "vanished")
    await D1Opportunities(database).save([one])
    deliveries = D1Deliveries(database)
    everyone = [await D1People(database).open_session(100 + place, "Someone", now) for place in range(people)]
    await deliveries.plan(id_, [(person, False) for person in everyone], now)
    await deliveries.record_decision(id_, 1, "", {"told": people}, now)


async def test_an_ended_opportunity_goes_with_all_that_refers_to_it_and_an_open_one_stays(
    env: ShimEnv, database: Database, retention: D1Retention, now: int
) -> None:
    await tell(database, "a" * 16, now, now + 1_000)
    await tell(database, "b" * 16, now, now + 2_000)
    await tell(database, "c" * 16, now, None)
    assert (await retention.forget(now + 1_000 + OPPORTUNITIES_KEPT_MS))["models"] == 0
    assert count(env, *TABLES) == [3, 6, 3, 9], "to the day"
    gone = await retention.forget(now + 1_001 + OPPORTUNITIES_KEPT_MS)
    assert gone == {"models": 0, "dead_letters": 0} | dict(zip(TABLES, [1, 2, 1, 3], strict=True))
    assert await D1Opportunities(database).load("a" * 16) is None
    await retention.forget(now + 10 * OPPORTUNITIES_KEPT_MS)
    assert count(env, *TABLES) == [1, 2, 1, 3]
    assert await D1Opportunities(database).count_open() == 1


async def test_one_run_does_no_more_than_its_bound_and_the_next_goes_on(
    env: ShimEnv, database: Database, retention: D1Retention, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FORGOTTEN_MAX", 2)
    monkeypatch.setattr(module, "FORGOTTEN_ROWS_MAX", 3)
    monkeypatch.setattr(module, "FORGETTING_STEPS_MAX", 4)
    for place in range(4):
        await tell(database, f"{place:016x}", now, now + place, people=7)
    later = now + 2 * OPPORTUNITIES_KEPT_MS
    left = [sum(count(env, *TABLES))]
    while left[-1]:
        gone = await retention.forget(later)
        assert max(gone.values()) <= 12
        left.append(sum(count(env, *TABLES)))
        assert left[-1] < left[-2]
        assert not env.DB.sqlite.execute("PRAGMA foreign_key_check").rows
    assert len(left) > 2


async def test_what_breaks_off_is_finished_by_the_next_run(
    env: ShimEnv, database: Database, retention: D1Retention, now: int
) -> None:
    await tell(database, "a" * 16, now, now)
    env.faults.fail("DB", "batch", moment="after", times=2)
    later = now + 2 * OPPORTUNITIES_KEPT_MS
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await retention.forget(later)
    await retention.forget(later)
    assert count(env, *TABLES) == [0, 0, 0, 0]


async def test_dead_letters_and_models_go_by_age_and_the_model_in_use_stays(
    env: ShimEnv, database: Database, retention: D1Retention, now: int
) -> None:
    letters = D1DeadLetters(database)
    for place in range(3):
        await letters.record("deliveries-dlq", f"m{place}", "{}", "given up", 5, now + place)
    await retention.forget(now + DEAD_LETTERS_KEPT_MS + 2)
    assert count(env, "dead_letters") == [1]
    learning = D1Learning(database)
    one, two, three = (make_model(version, now) for version in ("one", "two", "three"))
    for trained, taken in ((one, one), (two, two), (three, two)):
        await learning.save(Learned("synthetic", now, 200, 0.5, {}, taken), trained, 0)
    gone = await retention.forget(now + 2 * MODELS_KEPT_MS)
    assert gone["models"] == 2
    assert env.DB.sqlite.execute("SELECT version FROM models").rows == [("two",)]


async def test_nothing_old_is_one_look(env: ShimEnv, database: Database, retention: D1Retention, now: int) -> None:
    await D1Opportunities(database).save([make_opportunity(ended_at=now)])
    assert await retention.forget(now) == {"models": 0, "dead_letters": 0}
