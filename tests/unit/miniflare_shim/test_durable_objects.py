"""Objects lose their memory at any time, take one event at a time, and are woken by alarms on the virtual clock."""

import asyncio

import pytest

from tests.miniflare_shim import Crashed, JsError, ShimEnv


class Desk:
    """Counts in memory and in storage; its alarm fails as often as it is told."""

    def __init__(self, ctx, env: ShimEnv) -> None:
        self.ctx, self.env = ctx, env
        self.memory = 0
        self.loaded = None
        ctx.blockConcurrencyWhile(self.load)

    async def load(self) -> None:
        await asyncio.sleep(0)
        self.loaded = await self.ctx.storage.get("number") or 0

    async def add(self) -> list[object]:
        self.memory += 1
        number = await self.ctx.storage.get("number") or 0
        await self.ctx.storage.put("number", number + 1)
        return [self.memory, number + 1, self.loaded]

    async def wake(self, in_ms: int, failures: int = 0) -> None:
        await self.ctx.storage.put({"failures": failures, "rung": []})
        await self.ctx.storage.setAlarm(self.env.clock.now_ms() + in_ms)

    async def alarm(self, info) -> None:
        rung = await self.ctx.storage.get("rung")
        await self.ctx.storage.put("rung", [*rung, [self.env.clock.now_ms(), info.retryCount]])
        if len(rung) < await self.ctx.storage.get("failures"):
            raise RuntimeError("not yet")

    async def rung(self) -> list[list[int]]:
        return await self.ctx.storage.get("rung")

    async def itself(self) -> list[object]:
        return await self.env.DESKS.getByName(self.ctx.id.name).add()  # pyright: ignore[reportAttributeAccessIssue]

    async def both(self, fails: bool) -> None:
        async def closure(_transaction) -> None:
            self.ctx.storage.sql.exec("CREATE TABLE t (n)")
            await self.ctx.storage.put("made", 1)
            if fails:
                raise RuntimeError("undo")

        await self.ctx.storage.transaction(closure)

    async def made(self) -> object:
        return await self.ctx.storage.get("made")


class Mute:
    def __init__(self, ctx, _env) -> None:
        self.ctx = ctx

    async def wake(self) -> None:
        await self.ctx.storage.setAlarm(1)


def desks(seed: int = 0):
    env = ShimEnv(seed=seed)
    return env, env.add_objects("DESKS", Desk)


async def test_eviction_forgets_memory_and_keeps_storage() -> None:
    _, namespace = desks()
    desk = namespace.getByName("a")
    assert await desk.add() == [1, 1, 0]
    namespace.evict("a")
    assert await desk.add() == [1, 2, 1]
    await namespace.getByName("b").add()
    namespace.evict()
    assert await namespace.getByName("b").add() == [1, 2, 1]


async def test_one_event_at_a_time_unless_told_otherwise() -> None:
    _, namespace = desks()
    desk = namespace.getByName("a")
    await asyncio.gather(*(desk.add() for _ in range(10)))
    assert (await desk.add())[1] == 11
    namespace.interleave = True
    await asyncio.gather(*(desk.add() for _ in range(10)))
    assert (await desk.add())[1] < 22


async def test_an_object_may_call_itself() -> None:
    _, namespace = desks()
    assert await asyncio.wait_for(namespace.getByName("a").itself(), 1) == [1, 1, 0]


async def test_a_failing_alarm_backs_off_and_gives_up_after_six_retries() -> None:
    env, namespace = desks()
    desk, start = namespace.getByName("a"), env.clock.now_ms()
    await desk.wake(1000, 99)
    await env.advance(1_000_000)
    waits = [(at_ms - start) // 1000 for at_ms, _ in await desk.rung()]
    assert waits == [1, 3, 7, 15, 31, 63, 127]
    assert [retry for _, retry in await desk.rung()] == list(range(7))
    assert len(namespace.alarm_failures) == 7
    assert namespace.next_due_ms() is None


async def test_an_alarm_rings_at_its_time_and_may_ring_twice() -> None:
    env, namespace = desks()
    desk, start = namespace.getByName("a"), env.clock.now_ms()
    namespace.alarm_twice_probability = 1.0
    await desk.wake(500)
    await env.advance(499)
    assert await desk.rung() == []
    await env.advance(5000)
    assert await desk.rung() == [[start + 500, 0], [start + 500, 0]]


async def test_an_alarm_survives_eviction() -> None:
    env, namespace = desks()
    await namespace.getByName("a").wake(500)
    namespace.evict()
    await env.advance(500)
    assert len(await namespace.getByName("a").rung()) == 1


async def test_an_object_without_an_alarm_handler_cannot_set_one() -> None:
    env = ShimEnv()
    mute = env.add_objects("MUTE", Mute).getByName("a")
    with pytest.raises(JsError, match=r"must have an alarm\(\) handler"):
        await mute.wake()


async def test_a_crash_loses_memory_not_storage() -> None:
    env, namespace = desks()
    desk = namespace.getByName("a")
    await desk.add()
    env.faults.crash("DESKS", "storage.put")
    with pytest.raises(Crashed):
        await desk.add()
    assert await desk.add() == [1, 3, 2]


async def test_a_lost_answer_is_a_finished_call() -> None:
    env, namespace = desks()
    desk = namespace.getByName("a")
    env.faults.fail("DESKS", "add", moment="after")
    with pytest.raises(JsError):
        await desk.add()
    assert await desk.add() == [2, 2, 0]


async def test_a_transaction_covers_keys_and_sql() -> None:
    _, namespace = desks()
    desk = namespace.getByName("a")
    with pytest.raises(JsError, match="undo"):
        await desk.both(True)
    assert await desk.made() is None
    await desk.both(False)
    assert await desk.made() == 1
    with pytest.raises(JsError, match="already exists"):
        await desk.both(False)
