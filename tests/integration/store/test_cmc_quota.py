"""The ledger of credits: exact whoever spends at the same time, whatever the database loses."""

import asyncio

import pytest

from arbedge.adapters.cloudflare.d1.cmc_quota import CALLS_KEPT_MS, TOPIC_MS, D1CmcQuota
from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.domain.quota import DAY_MS, OPEN_MS_MAX, WINDOW_MS, Account, Refusal
from arbedge.errors import StoreUnavailable
from arbedge.ports.coin_data import Grant
from tests.miniflare_shim import ShimEnv


@pytest.fixture
def quota(database: Database) -> D1CmcQuota:
    return D1CmcQuota(database)


async def take(quota: D1CmcQuota, topic: str, now: int, cost: int = 1, *, is_priority: bool = True) -> Grant:
    granted = await quota.reserve(topic, cost, now, is_priority=is_priority)
    assert isinstance(granted, Grant), granted
    return granted


def account(now: int, used: int, *, limit: int = 10_000, resets_in_ms: int = 20 * DAY_MS) -> Account:
    return Account(limit, used, 30, now + resets_in_ms)


async def test_what_is_reserved_counts_until_it_is_settled_and_then_what_it_cost(quota: D1CmcQuota, now: int):
    grant = await take(quota, "listings", now, 5)
    reserved = await quota.load(now)
    assert (reserved.credits_spent, reserved.credits_open) == (0, 5)
    await quota.settle(grant, 2, now)
    await quota.settle(grant, 2, now)
    settled = await quota.load(now)
    assert (settled.credits_spent, settled.credits_open, settled.requests_recent) == (2, 0, 1)


async def test_of_many_at_once_no_more_than_the_minute_has(quota: D1CmcQuota, now: int):
    answers = await asyncio.gather(*(quota.reserve(f"q{one}", 1, now, is_priority=True) for one in range(50)))
    refused = {one.reason for one in answers if isinstance(one, Refusal)}
    assert sum(isinstance(one, Grant) for one in answers) == 30
    assert refused == {"minute_full"}
    assert isinstance(await quota.reserve("later", 1, now + WINDOW_MS, is_priority=True), Grant)


async def test_of_many_at_once_no_more_than_the_days_part_has(quota: D1CmcQuota, now: int):
    await quota.reconcile(account(now, 0, limit=200), now - 1, now)
    answers = await asyncio.gather(*(quota.reserve(f"q{one}", 1, now, is_priority=True) for one in range(25)))
    granted = sum(isinstance(one, Grant) for one in answers)
    assert granted == (await quota.load(now)).credits_used == 2  # a quarter of 9 at midnight: 180 over 20 days
    assert {one.reason for one in answers if isinstance(one, Refusal)} == {"day_spent"}


async def test_of_many_at_the_turn_of_the_day_all_see_the_new_one(quota: D1CmcQuota, now: int):
    await quota.settle(await take(quota, "before", now), 1, now)
    tomorrow = now + DAY_MS
    answers = await asyncio.gather(*(quota.reserve(f"q{one}", 1, tomorrow, is_priority=True) for one in range(20)))
    assert all(isinstance(one, Grant) for one in answers)
    ledger = await quota.load(tomorrow)
    assert (ledger.day, ledger.day_base, ledger.credits_used) == (tomorrow // DAY_MS, 1, 21)


async def test_one_call_a_topic_at_a_time(quota: D1CmcQuota, now: int):
    answers = await asyncio.gather(*(quota.reserve("global", 1, now, is_priority=True) for _ in range(9)))
    assert sum(isinstance(one, Grant) for one in answers) == 1
    assert {one.reason for one in answers if isinstance(one, Refusal)} == {"already_asked"}
    assert isinstance(await quota.reserve("global", 1, now + TOPIC_MS, is_priority=True), Grant)


async def test_a_reservation_whose_answer_was_lost_stays(env: ShimEnv, quota: D1CmcQuota, now: int):
    await quota.load(now)

    async def lose_the_second(binding: str, operation: str, moment: str) -> None:
        nonlocal calls
        calls += moment == "after"
        if calls == 2:
            calls += 1
            env.faults.fail(binding, operation, moment="after")

    calls = 0
    env.faults.on_call = lose_the_second
    with pytest.raises(StoreUnavailable):
        await quota.reserve("global", 1, now, is_priority=True)
    env.faults.on_call = None
    assert (await quota.load(now)).credits_open == 1


async def test_a_settlement_whose_answer_was_lost_counts_once(env: ShimEnv, quota: D1CmcQuota, now: int):
    grant = await take(quota, "global", now)
    env.faults.fail("DB", "batch", moment="after")
    with pytest.raises(StoreUnavailable):
        await quota.settle(grant, 1, now)
    await quota.settle(grant, 1, now)
    assert (await quota.load(now)).credits_used == 1


async def test_what_stays_unknown_is_resolved_by_the_account(quota: D1CmcQuota, now: int):
    await take(quota, "charged", now)
    await take(quota, "never_sent", now)
    soon = now + 60_000
    assert (await quota.reconcile(account(soon, 1), soon, soon)).credits_used == 1 + 2, "too early to tell"
    later = now + OPEN_MS_MAX + 1
    assert (await quota.reconcile(account(later, 1), later, later)).credits_used == 1


async def test_a_grant_that_is_settled_after_the_account_counted_it_is_not_counted_again(quota: D1CmcQuota, now: int):
    grant = await take(quota, "slow", now)
    later = now + OPEN_MS_MAX + 1
    await quota.reconcile(account(later, 1), later, later)
    await quota.settle(grant, 1, later)
    assert (await quota.load(later)).credits_used == 1


async def test_what_others_spent_with_the_key_is_seen_and_respected(quota: D1CmcQuota, now: int):
    await quota.reconcile(account(now, 9_000), now, now)
    refusal = await quota.reserve("global", 1, now, is_priority=True)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.retry_at) == ("month_spent", now + 20 * DAY_MS)
    assert isinstance(await quota.reserve("account", 0, now, is_priority=True), Grant)


async def test_an_answer_overtaken_by_a_newer_one_changes_nothing(quota: D1CmcQuota, now: int):
    newer = await quota.reconcile(account(now, 20), now, now)
    assert await quota.reconcile(account(now, 10), now - 5_000, now) == newer


async def test_a_new_period_starts_from_nothing_and_ends_where_the_account_says(quota: D1CmcQuota, now: int):
    await quota.reconcile(account(now, 500, resets_in_ms=DAY_MS), now, now)
    after = await quota.load(now + DAY_MS)
    assert after.credits_used == 0
    assert 28 * DAY_MS <= after.period_ends_at - (now + DAY_MS) <= 31 * DAY_MS


async def test_a_pause_holds_and_only_a_longer_one_replaces_it(quota: D1CmcQuota, now: int):
    await quota.load(now)
    await quota.pause("minute", now + 60_000)
    await quota.pause("address", now + 1_000)
    refusal = await quota.reserve("account", 0, now, is_priority=True)
    assert refusal == Refusal("paused", now + 60_000)
    await quota.pause("month", None)
    ledger = await quota.load(now)
    assert (ledger.pause, ledger.paused_until) == ("month", ledger.period_ends_at)
    assert isinstance(await quota.reserve("account", 0, now, is_priority=True), Grant)
    await quota.reconcile(account(now, 1), now, now)
    assert isinstance(await quota.reserve("global", 1, now, is_priority=True), Grant)


async def test_old_calls_are_forgotten_and_open_ones_are_not(env: ShimEnv, quota: D1CmcQuota, now: int):
    await take(quota, "unknown", now)
    await quota.settle(await take(quota, "known", now), 1, now)
    later = now + CALLS_KEPT_MS + 1
    await quota.settle(await take(quota, "later", later), 1, later)
    rows = (await env.DB.prepare("SELECT topic FROM cmc_calls ORDER BY topic").all())["results"]
    assert [row["topic"] for row in rows] == ["later", "unknown"]


async def test_without_the_database_nothing_is_granted(env: ShimEnv, quota: D1CmcQuota, now: int):
    env.faults.fail("DB", times=None)
    with pytest.raises(StoreUnavailable):
        await quota.reserve("global", 1, now, is_priority=True)
