"""Each update acts once, and none is lost to an attempt that died."""

import asyncio

import pytest

from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.adapters.cloudflare.d1.updates import HANDLING_MS_MAX, PRUNE_EVERY, D1Updates
from arbedge.errors import StoreUnavailable
from arbedge.limits import UPDATES_KEPT_MS
from tests.miniflare_shim import ShimEnv


@pytest.fixture
def updates(database: Database) -> D1Updates:
    return D1Updates(database)


@pytest.mark.parametrize("error", [None, "store_unavailable"])
async def test_a_finished_update_is_not_handled_again(updates: D1Updates, now: int, error: str | None) -> None:
    assert await updates.begin(7, now)
    await updates.finish(7, error, now + 50)
    assert not await updates.begin(7, now + HANDLING_MS_MAX)


async def test_an_update_in_progress_is_to_be_delivered_again(updates: D1Updates, now: int) -> None:
    assert await updates.begin(7, now)
    with pytest.raises(StoreUnavailable):
        await updates.begin(7, now + HANDLING_MS_MAX - 1)


async def test_an_attempt_that_broke_off_is_repeated(env: ShimEnv, updates: D1Updates, now: int) -> None:
    assert await updates.begin(7, now)
    assert await updates.begin(7, now + HANDLING_MS_MAX)
    with pytest.raises(StoreUnavailable):
        await updates.begin(7, now + HANDLING_MS_MAX + 1)
    assert (await env.DB.prepare("SELECT attempts FROM updates").first())["attempts"] == 2


async def test_of_many_deliveries_at_once_one_is_handled(updates: D1Updates, now: int) -> None:
    begun = await asyncio.gather(*(updates.begin(7, now) for _ in range(5)), return_exceptions=True)
    assert sum(one is True for one in begun) == 1
    assert sum(isinstance(one, StoreUnavailable) for one in begun) == 4


async def test_an_update_whose_beginning_was_not_confirmed_is_not_lost(
    env: ShimEnv, updates: D1Updates, now: int
) -> None:
    env.faults.fail("DB", "batch", moment="after")
    for after_ms in (0, 1000, 5000):
        with pytest.raises(StoreUnavailable):
            await updates.begin(7, now + after_ms)
    assert await updates.begin(7, now + HANDLING_MS_MAX)


async def test_old_updates_are_forgotten(env: ShimEnv, updates: D1Updates, now: int) -> None:
    for update_id in range(1, 6):
        await updates.begin(update_id, now)
    later = now + UPDATES_KEPT_MS + 1
    await updates.begin(PRUNE_EVERY * 9, later)
    rows = (await env.DB.prepare("SELECT id FROM updates").all())["results"]
    assert rows == [{"id": PRUNE_EVERY * 9}]
