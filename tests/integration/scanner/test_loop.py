"""The loop scans once at every step of its grid, whatever happens to its alarms, and never piles scans up."""

import asyncio

import pytest

from tests.integration.scanner.world import INTERVAL_MS, ScannerWorld


async def test_it_scans_every_interval_once_a_cron_has_woken_it(loop: ScannerWorld):
    await loop.env.advance(60_000)
    assert await loop.scans() == [], "nothing has woken it"
    await loop.wake()
    await loop.run(3)
    grid = [id_ for id_ in await loop.scans() if id_ % INTERVAL_MS == 0]
    now = loop.clock.now_ms()
    assert grid == [now - 1 - step * INTERVAL_MS for step in (3, 2, 1, 0)]


async def test_doubled_alarms_and_ticks_change_nothing(loop: ScannerWorld):
    await loop.wake()
    loop.objects.alarm_twice_probability = 1.0
    since = loop.clock.now_ms()
    await loop.run(2)
    for id_ in (await loop.scans())[-2:]:
        await loop.tick(id_)
    read = [one for one in loop.wire.to("bybit", since) if one.path.endswith("tickers")]
    assert len(read) == 2 * 2, "two scans of two markets"
    assert len(await loop.scans()) == len(set(await loop.scans()))


async def test_missed_alarms_are_left_out_and_a_late_one_scans_once(loop: ScannerWorld):
    await loop.wake()
    before = await loop.scans()
    loop.objects.holds_alarms = True
    await loop.env.advance(96_000)
    loop.objects.holds_alarms = False
    await loop.env.advance(1)
    late = [id_ for id_ in await loop.scans() if id_ not in before]
    assert late == [loop.clock.now_ms() // INTERVAL_MS * INTERVAL_MS], "one scan, for the latest time due"
    await loop.run(2)
    assert len(await loop.scans()) == len(before) + 3, "back on the grid, without a burst"


async def test_a_scan_longer_than_the_interval_makes_the_loop_skip(loop: ScannerWorld):
    await loop.wake()
    await loop.run(3)  # what is open by then has been announced: the slow call is the scan's own
    before = await loop.scans()
    loop.appraisers.holds_alarms = True
    loop.env.faults.slow("DB", "batch", ms=INTERVAL_MS + 4_000)
    await loop.run(3)
    found = [id_ for id_ in await loop.scans() if id_ not in before]
    assert [(id_ - found[0]) // INTERVAL_MS for id_ in found] == [0, 2, 3], (
        "what came due during the long one is left out"
    )


async def test_a_lost_alarm_is_set_again_by_the_next_cron(loop: ScannerWorld):
    await loop.wake()
    loop.env.faults.fail("SCANNER", "storage.setAlarm")
    await loop.run(1)
    before = await loop.scans()
    await loop.run(2)
    assert await loop.scans() == before, "the loop has stopped"
    await loop.tick(loop.clock.now_ms())
    await loop.run(2)
    assert len(await loop.scans()) == len(before) + 3


async def test_the_alarm_never_raises_and_the_loop_outlives_the_database(loop: ScannerWorld):
    await loop.wake()
    before = await loop.scans()
    loop.env.faults.fail("DB", times=None)
    await loop.env.advance(5 * INTERVAL_MS)
    loop.env.faults.clear()
    assert loop.objects.alarm_failures == []
    assert await loop.scans() == before
    await loop.run(2)
    assert len(await loop.scans()) == len(before) + 2


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_scan_that_dies_with_its_isolate_does_not_end_the_loop(loop: ScannerWorld, moment):
    await loop.wake()
    before = await loop.scans()
    loop.env.faults.crash("LAKE", "put", moment=moment)
    await loop.run(1)
    loop.restart()
    await loop.run(6)
    assert len(await loop.scans()) >= len(before) + 3, "the lease of the dead scan has run out"


async def test_of_calls_at_once_one_scans(loop: ScannerWorld):
    loop.objects.interleave = True
    now = loop.clock.now_ms()
    await asyncio.gather(*(loop.tick(now + step) for step in range(4)))
    assert len(await loop.scans()) == 1
