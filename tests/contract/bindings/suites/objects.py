"""Durable Objects: calls, one object a name, storage, SQL, transactions, alarms, and what cannot be sent."""

import asyncio
from typing import Any

from .registry import World, case, refusal, same


class Behaviour:
    """The object under test; the Worker mixes it with its base class, the twin builds it as it is."""

    ctx: Any
    count: int = 0

    async def add(self, number: int) -> int:
        self.count += number
        return self.count

    async def echo(self, value: Any) -> Any:
        return value

    async def kind(self, value: Any) -> str:
        return "dict" if isinstance(value, dict) else type(value).__name__

    async def fail(self, words: str) -> None:
        raise ValueError(words)

    async def increment(self) -> None:
        """Reads and writes with awaits in between: safe only while no other event gets in."""
        number = await self.ctx.storage.get("number") or 0
        await self.ctx.storage.put("number", number + 1)

    async def recall(self, key: str) -> Any:
        return await self.ctx.storage.get(key)

    async def store(self, entries: dict[str, Any]) -> None:
        await self.ctx.storage.put(entries)

    async def storage_round(self) -> list[Any]:
        storage = self.ctx.storage
        await storage.put({"a:1": 1, "a:2": {"n": None}, "b:1": "x"})
        await storage.put("a:3", [1, 2.5])
        listed = await storage.list(prefix="a:")
        backwards = await storage.list({"prefix": "a:", "reverse": True, "limit": 1})
        some = await storage.get(["a:1", "nothing", "b:1"])
        deleted = [await storage.delete("a:1"), await storage.delete("a:1"), await storage.delete(["a:2", "nothing"])]
        return [dict(listed), dict(backwards), dict(some), deleted]

    async def wipe(self) -> int:
        await self.ctx.storage.put("k", 1)
        await self.ctx.storage.deleteAll()
        return len(await self.ctx.storage.list())

    async def move(self) -> None:
        async def closure(_transaction: Any) -> None:
            await self.ctx.storage.put("moved", "yes")

        await self.ctx.storage.transaction(closure)

    async def undo(self) -> None:
        async def closure(_transaction: Any) -> None:
            await self.ctx.storage.put("moved", "yes")
            raise ValueError("undone")

        await self.ctx.storage.transaction(closure)

    async def sql_round(self) -> list[Any]:
        sql = self.ctx.storage.sql
        sql.exec("CREATE TABLE IF NOT EXISTS t (n INTEGER, s TEXT)")
        sql.exec("DELETE FROM t")
        sql.exec("INSERT INTO t VALUES (?, ?), (?, ?)", 1, "a", 2, None)
        cursor = sql.exec("SELECT n, s, typeof(?) AS kind FROM t ORDER BY n", 5)
        names = list(cursor.columnNames)
        rows = [dict(row) for row in cursor.toArray()]
        one = dict(sql.exec("SELECT count(*) AS number FROM t").one())
        return [names, rows, one]

    async def sql_refusals(self) -> list[str]:
        sql = self.ctx.storage.sql
        return [
            await refusal(lambda: sql.exec("SELECT 1 WHERE 0").one()),
            await refusal(lambda: sql.exec("SELECT ?", 1, 2)),
            await refusal(lambda: sql.exec("SELECT * FROM nowhere")),
            await refusal(lambda: sql.exec("BEGIN")),
        ]

    async def ring_at(self, at_ms: int, failures: int) -> list[Any]:
        storage = self.ctx.storage
        await storage.put({"failures": failures, "rings": []})
        before = await storage.getAlarm()
        await storage.setAlarm(at_ms)
        return [before, await storage.getAlarm()]

    async def hush(self) -> Any:
        await self.ctx.storage.setAlarm(4_000_000_000_000)
        await self.ctx.storage.deleteAlarm()
        return await self.ctx.storage.getAlarm()

    async def alarm(self, info: Any = None) -> None:
        storage = self.ctx.storage
        rings = await storage.get("rings")
        await storage.put("rings", [*rings, [bool(info.isRetry), int(info.retryCount)]])
        if len(rings) < await storage.get("failures"):
            raise ValueError("the alarm was asked to fail")

    async def end(self) -> None:
        self.ctx.abort("ended on purpose")


def an_object(world: World) -> Any:
    return world.env.OBJECTS.getByName(world.unique("object"))


@case
async def check_calls_reach_one_object_a_name(world: World) -> None:
    name, other = world.unique("object"), an_object(world)
    same([await world.env.OBJECTS.getByName(name).add(2), await world.env.OBJECTS.getByName(name).add(3)], [2, 5])
    by_id = world.env.OBJECTS.get(world.env.OBJECTS.idFromName(name))
    same([await by_id.add(1), await other.add(1)], [6, 1])


@case
async def check_ids_are_stable(world: World) -> None:
    name = world.unique("object")
    one, same_one = world.env.OBJECTS.idFromName(name), world.env.OBJECTS.idFromName(name)
    same(str(one), str(same_one))
    same(len(str(one)), 64)


@case
async def check_values_are_copied(world: World) -> None:
    value = {"a": [1, 2.0, None, {"b": True}], "c": "ü"}
    result = await an_object(world).echo(value)
    same(result, {"a": [1, 2, None, {"b": True}], "c": "ü"})
    assert result is not value
    same(result.a[3].b, True)
    assert bytes(await an_object(world).echo(b"ab")) == b"ab"
    same(await an_object(world).kind(b"ab"), "memoryview")


@case
async def check_named_arguments_arrive_as_one_object(world: World) -> None:
    same(await an_object(world).kind(value=1), "dict")


@case
async def check_what_cannot_be_sent_is_refused(world: World) -> None:
    stub = an_object(world)
    for value in ((1, 2), bytearray(b"a"), [(1,)]):
        assert "cannot be sent over RPC" in await refusal(lambda value=value: stub.echo(value))


@case
async def check_errors_come_back(world: World) -> None:
    words = await refusal(lambda: an_object(world).fail("no such order"))
    assert "ValueError: no such order" in words, words


@case
async def check_unknown_methods_are_refused(world: World) -> None:
    words = await refusal(lambda: an_object(world).nothing())
    assert "Method nothing does not exist" in words, words


@case
async def check_a_method_named_send_is_out_of_reach(world: World) -> None:
    words = await refusal(lambda: an_object(world).send(1))
    assert words == 'Result should have type "object" not "function"', words


@case
async def check_events_do_not_interleave(world: World) -> None:
    stub = an_object(world)
    await asyncio.gather(*(stub.increment() for _ in range(10)))
    same(await stub.recall("number"), 10)


@case
async def check_storage_outlives_the_object(world: World) -> None:
    name = world.unique("object")
    stub = world.env.OBJECTS.getByName(name)
    await stub.store({"kept": {"price": "1.50"}})
    await stub.add(7)
    await refusal(stub.end)
    anew = world.env.OBJECTS.getByName(name)
    same([await anew.recall("kept"), await anew.add(0)], [{"price": "1.50"}, 0])


@case
async def check_storage_calls(world: World) -> None:
    listed, backwards, some, deleted = await an_object(world).storage_round()
    same(listed, {"a:1": 1, "a:2": {"n": None}, "a:3": [1, 2.5]})
    same(backwards, {"a:3": [1, 2.5]})
    same(some, {"a:1": 1, "b:1": "x"})
    same(deleted, [True, False, 1])


@case
async def check_delete_all(world: World) -> None:
    same(await an_object(world).wipe(), 0)


@case
async def check_a_transaction_is_atomic(world: World) -> None:
    stub = an_object(world)
    assert await refusal(stub.undo)
    same(await stub.recall("moved"), None)
    await stub.move()
    same(await stub.recall("moved"), "yes")


@case
async def check_sql_rows(world: World) -> None:
    names, rows, one = await an_object(world).sql_round()
    same(names, ["n", "s", "kind"])
    same(rows, [{"n": 1, "s": "a", "kind": "real"}, {"n": 2, "s": None, "kind": "real"}])
    same(one, {"number": 2})


@case
async def check_sql_refusals(world: World) -> None:
    words = await an_object(world).sql_refusals()
    same(words[0], "Expected exactly one result from SQL query, but got no results.")
    same(words[1], "Wrong number of parameter bindings for SQL query.")
    assert words[2].startswith("no such table: nowhere"), words[2]
    assert words[3].startswith("To execute a transaction, please use"), words[3]


@case
async def check_an_alarm_rings_once(world: World) -> None:
    stub, at_ms = an_object(world), world.now_ms() + 100
    same(await stub.ring_at(at_ms, 0), [None, at_ms])
    same(await rings(world, stub, 1), [[False, 0]])


@case
async def check_a_failed_alarm_rings_again(world: World) -> None:
    stub = an_object(world)
    await stub.ring_at(world.now_ms() + 1, 1)
    same(await rings(world, stub, 2), [[False, 0], [True, 1]])


@case
async def check_an_alarm_can_be_taken_back(world: World) -> None:
    same(await an_object(world).hush(), None)


async def rings(world: World, stub: Any, number: int) -> list[Any]:
    async def reached() -> bool:
        return len(await stub.recall("rings")) >= number

    await world.settle(reached)
    return await stub.recall("rings")


@case
async def check_keys_are_limited(world: World) -> None:
    stub = an_object(world)
    assert await refusal(lambda: stub.store({"k" * 2049: 1}))
    assert await refusal(lambda: stub.store({f"k{number}": 1 for number in range(129)}))
