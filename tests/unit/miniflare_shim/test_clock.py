"""Virtual time moves only when told to, and wakes whoever was waiting for it."""

import asyncio

import pytest

from tests.miniflare_shim import VirtualClock


async def test_sleepers_wake_in_order_when_their_time_comes() -> None:
    clock = VirtualClock(1000)
    woken: list[tuple[str, int]] = []

    async def sleep(name: str, ms: int) -> None:
        await clock.sleep_ms(ms)
        woken.append((name, clock.now_ms()))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sleep("late", 500))
        tasks.create_task(sleep("early", 100))
        tasks.create_task(sleep("at once", 0))
        await asyncio.sleep(0)
        assert woken == [("at once", 1000)]
        assert clock.next_wake_ms() == 1100
        clock.advance(100)
        await asyncio.sleep(0.001)
        assert woken[1:] == [("early", 1100)]
        clock.advance(1000)
    assert woken[2:] == [("late", 2100)]
    assert clock.next_wake_ms() is None


def test_time_does_not_go_back() -> None:
    clock = VirtualClock(1000)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
    clock.move_to(900)
    assert clock.now_ms() == 1000
