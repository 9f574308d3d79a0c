"""Re-pricings are scheduled with their opportunity, answered once, and leave behind what they saw of the exchanges."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from arbedge.adapters.cloudflare.d1.appraisals import D1Appraisals
from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.opportunities import D1Opportunities
from arbedge.adapters.cloudflare.d1.scans import D1Scans
from arbedge.domain.appraisal import Appraisal, LegAge
from arbedge.domain.budget import Host, Used
from arbedge.domain.claim import Claim, Confidence
from arbedge.domain.opportunity import Opportunity, Transition
from arbedge.errors import StoreUnavailable
from tests.integration.store.builders import make_opportunity
from tests.miniflare_shim import ShimEnv

ID = "00000000000000aa"


def told(now: int, **changes) -> Opportunity:
    claim = Claim(now, Decimal(20), Decimal(1), now + 600_000, {"edge": 3.0}, Confidence(0.8, 200, "v1-synthetic-1"))
    one = replace(make_opportunity(ID, at=now), claim=claim, transitions=[Transition("active", now)])
    return replace(one, **changes)


@pytest.fixture
def appraisals(database: Database) -> D1Appraisals:
    return D1Appraisals(database)


@pytest.fixture
def opportunities(database: Database) -> D1Opportunities:
    return D1Opportunities(database)


def answer(now: int, **changes) -> Appraisal:
    age = LegAge("okx", "spot", "BTC-USDT", 120, "api")
    one = Appraisal(ID, "after_5s", now + 5_000, 20.0, "valued", 18.5, None, now + 5_100, (age,))
    return replace(one, **changes)


async def test_steps_are_scheduled_with_what_was_claimed(appraisals, opportunities, env: ShimEnv, now: int):
    await opportunities.save([told(now)])
    assert [(one.step, one.due_at - now, one.state) for one in await appraisals.load(ID)] == [
        ("after_5s", 5_000, "scheduled"), ("after_60s", 60_000, "scheduled"), ("expiry", 600_000, "scheduled"),
    ]  # fmt: skip
    assert await appraisals.load_next() == now + 5_000
    rows = env.DB.sqlite.execute(
        "SELECT step, pair, exchanges, confidence, features FROM appraisals ORDER BY step"
    ).rows
    assert rows[0] == ("after_5s", "BTC|USDT|binance|bybit", "binance+bybit", 0.8, '{"edge":3.0}')
    assert rows[1][4] is None


async def test_saving_again_changes_nothing_but_an_end_that_comes_sooner(appraisals, opportunities, now: int):
    await opportunities.save([told(now)])
    await appraisals.save([answer(now)], {}, now)
    before = await appraisals.load(ID)
    await opportunities.save([told(now), told(now, updated_at=now + 10_000)])
    assert await appraisals.load(ID) == before
    end = now + 30_000
    ended = told(
        now, status="vanished", ended_at=end, updated_at=end, revision=2, transitions=[Transition("vanished", end)]
    )
    await opportunities.save([ended])
    assert {one.step: one.due_at - now for one in await appraisals.load(ID)}["expiry"] == 30_000
    back = told(now, updated_at=end + 1, revision=3, transitions=[Transition("active", end + 1, "returned")])
    await opportunities.save([back])
    assert {one.step: one.due_at - now for one in await appraisals.load(ID)}["expiry"] == 30_000, "no second claim"


async def test_a_step_is_answered_once(appraisals, opportunities, now: int):
    await opportunities.save([told(now)])
    await appraisals.save([answer(now)], {}, now)
    await appraisals.save([answer(now, realised_bps=-3.0), answer(now, step="expiry")], {}, now)
    first, _, last = await appraisals.load(ID)
    assert first == answer(now)
    assert last.realised_bps == 18.5, "the others of the same call are kept"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "missed", "reason": "late"},
        {"state": "valued", "realised_bps": None},
        {"state": "unvalued", "realised_bps": None},
        {"appraised_at": None},
    ],
)
async def test_a_number_without_a_value_or_a_miss_without_a_reason_is_refused(appraisals, opportunities, now, changes):
    await opportunities.save([told(now)])
    with pytest.raises(StoreUnavailable):
        await appraisals.save([answer(now, **changes)], {}, now)


async def test_what_is_due_comes_with_its_instruments_and_no_more_than_wanted(
    appraisals, opportunities, database: Database, env: ShimEnv, now: int
):
    await opportunities.save([told(now)])
    assert (await appraisals.load_due(now + 4_999, 10)).due == []
    found = await appraisals.load_due(now + 60_000, 10)
    assert [one.step for one in found.due] == ["after_5s", "after_60s"]
    assert found.due[0].opportunity == told(now)
    assert found.instruments == []
    assert len((await appraisals.load_due(now + 60_000, 1)).due) == 1


async def test_scans_and_re_pricings_each_take_the_stricter_of_what_both_have_seen(
    appraisals, database: Database, now: int
):
    scans = D1Scans(database)
    seen = {"okx": Host(quiet_until=now + 9_000, used={"books": Used(7, 30)})}
    await appraisals.save([], seen, now)
    begun = await scans.begin(now, "synthetic", now)
    assert begun
    assert begun.hosts == seen
    assert (await appraisals.load_due(now, 1)).hosts == seen


async def test_steps_of_what_cannot_be_read_are_given_up_and_hold_no_other_up(appraisals, opportunities, env, now: int):
    other = "00000000000000bb"
    await opportunities.save([told(now), replace(told(now), id=other, key="another")])
    await env.DB.prepare("UPDATE opportunities SET payload = '{}' WHERE id = ?1").bind(ID).run()
    begun = await appraisals.load_due(now + 60_000, 10)
    assert {one.opportunity.id for one in begun.due} == {other}
    assert [(one.step, one.state, one.reason) for one in await appraisals.load(ID)] == [
        ("after_5s", "missed", "no_claim"), ("after_60s", "missed", "no_claim"), ("expiry", "scheduled", None),
    ]  # fmt: skip
