"""Queues: what is sent arrives, is retried, delayed and buried as asked; seen by a consumer that keeps a log in D1."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from .registry import World, case, refusal, same

QUEUE, DEAD_LETTERS = "jobs", "jobs-dlq"
MAX_BATCH_SIZE, MAX_RETRIES = 10, 2
LOG = "CREATE TABLE IF NOT EXISTS seen (run TEXT, queue TEXT, attempt INTEGER, at_ms INTEGER, kind TEXT, batch INTEGER)"


async def consume(batch: Any, env: Any, now_ms: Callable[[], int]) -> None:
    """The consumer of both queues: logs each message, then does what its body says for this attempt."""
    failing = False
    for message in batch.messages:
        order = read_order(message.body)
        assert isinstance(message.id, str)
        assert message.id
        assert isinstance(message.timestamp, dt.datetime)
        row = (order["run"], batch.queue, message.attempts, now_ms(), kind_of(message.body), len(batch.messages))
        await env.DB.prepare("INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?)").bind(*row).run()
        steps = order["do"]
        step = "ack" if batch.queue == DEAD_LETTERS else steps[min(message.attempts, len(steps)) - 1]
        if step == "ack":
            message.ack()
        elif step == "retry":
            message.retry(delaySeconds=order.get("delay", 0))
        elif step == "both":
            message.ack()
            message.retry()
        elif step == "raise":
            failing = True
    if failing:
        raise RuntimeError("the consumer was asked to fail")


def read_order(body: Any) -> dict[str, Any]:
    if isinstance(body, dict):
        return body
    return json.loads(body if isinstance(body, str) else bytes(body))


def kind_of(body: Any) -> str:
    return "dict" if isinstance(body, dict) else type(body).__name__


async def start(world: World, *do: str, **more: Any) -> dict[str, Any]:
    await world.env.DB.exec(LOG)
    return {"run": world.unique("run"), "do": list(do) or ["ack"], **more}


async def seen(world: World, order: dict[str, Any], number: int) -> list[Any]:
    """The log of one run, once it holds `number` rows."""

    async def rows() -> list[Any]:
        query = world.env.DB.prepare("SELECT * FROM seen WHERE run = ? ORDER BY rowid").bind(order["run"])
        return (await query.all()).results

    async def reached() -> bool:
        return len(await rows()) >= number

    await world.settle(reached)
    return await rows()


@case
async def check_a_message_arrives(world: World) -> None:
    order = await start(world)
    result = await world.env.JOBS.send(order)
    assert isinstance(result.metadata.metrics.backlogCount, int)
    (row,) = await seen(world, order, 1)
    same([row.queue, row.attempt, row.kind], [QUEUE, 1, "dict"])


@case
async def check_content_types(world: World) -> None:
    text = await start(world)
    await world.env.JOBS.send(json.dumps(text), contentType="text")
    raw = await start(world)
    await world.env.JOBS.send(json.dumps(raw).encode(), contentType="bytes")
    cloned = await start(world)
    await world.env.JOBS.send(cloned, {"contentType": "v8"})
    kinds = [(await seen(world, order, 1))[0].kind for order in (text, raw, cloned)]
    same(kinds, ["str", "memoryview", "dict"])


@case
async def check_a_batch_arrives(world: World) -> None:
    order = await start(world)
    await world.env.JOBS.sendBatch([{"body": order}, {"body": json.dumps(order), "contentType": "text"}])
    rows = await seen(world, order, 2)
    same(sorted(row.kind for row in rows), ["dict", "str"])


@case
async def check_a_batch_has_a_largest_size(world: World) -> None:
    order = await start(world)
    await world.env.JOBS.sendBatch([{"body": order}] * 25)
    rows = await seen(world, order, 25)
    same(len(rows), 25)
    assert max(row.batch for row in rows) <= MAX_BATCH_SIZE


@case
async def check_a_delay_is_kept(world: World) -> None:
    order = await start(world)
    sent_ms = world.now_ms()
    await world.env.JOBS.send(order, delaySeconds=1)
    (row,) = await seen(world, order, 1)
    assert row.at_ms - sent_ms >= 1000, row.at_ms - sent_ms


@case
async def check_a_retry_waits_as_asked(world: World) -> None:
    order = await start(world, "retry", "ack", delay=1)
    await world.env.JOBS.send(order)
    first, second = await seen(world, order, 2)
    same([first.attempt, second.attempt], [1, 2])
    assert second.at_ms - first.at_ms >= 1000, second.at_ms - first.at_ms


@case
async def check_only_the_retried_message_returns(world: World) -> None:
    good, bad = await start(world), await start(world, "retry", "ack")
    await world.env.JOBS.sendBatch([{"body": good}, {"body": bad}])
    same([row.attempt for row in await seen(world, bad, 2)], [1, 2])
    same([row.attempt for row in await seen(world, good, 1)], [1])


@case
async def check_the_first_verdict_wins(world: World) -> None:
    order, later = await start(world, "both"), await start(world, "retry", "ack")
    await world.env.JOBS.sendBatch([{"body": order}, {"body": later}])
    await seen(world, later, 2)
    same([row.attempt for row in await seen(world, order, 1)], [1])


@case
async def check_an_exception_returns_the_batch(world: World) -> None:
    order = await start(world, "raise", "ack")
    await world.env.JOBS.send(order)
    same([row.attempt for row in await seen(world, order, 2)], [1, 2])


@case
async def check_an_acknowledged_message_survives_an_exception(world: World) -> None:
    good, bad = await start(world), await start(world, "raise", "ack")
    await world.env.JOBS.sendBatch([{"body": good}, {"body": bad}])
    await seen(world, bad, 2)
    same([row.attempt for row in await seen(world, good, 1)], [1])


@case
async def check_what_always_fails_is_buried(world: World) -> None:
    order = await start(world, "retry")
    await world.env.JOBS.send(order)
    rows = await seen(world, order, MAX_RETRIES + 2)
    same([(row.queue, row.attempt) for row in rows], [(QUEUE, 1), (QUEUE, 2), (QUEUE, 3), (DEAD_LETTERS, 1)])


@case
async def check_bodies_are_json(world: World) -> None:
    same(await refusal(lambda: world.env.JOBS.send({"id": 2**53})), "Do not know how to serialize a BigInt")
    assert "cannot be sent over RPC" in await refusal(lambda: world.env.JOBS.send(("a",)))


@case
async def check_content_types_are_checked(world: World) -> None:
    words = await refusal(lambda: world.env.JOBS.send(1, contentType="xml"))
    same(words, "Unsupported queue message content type: xml")
    words = await refusal(lambda: world.env.JOBS.send(1, contentType="text"))
    assert words.startswith('Content Type "text" requires a value of type string'), words
    words = await refusal(lambda: world.env.JOBS.send("x", contentType="bytes"))
    assert words.startswith('Content Type "bytes" requires a value of type ArrayBufferView'), words


@case
async def check_sizes_are_limited(world: World) -> None:
    queue = world.env.JOBS
    assert await refusal(lambda: queue.send("x" * 128_001, contentType="text"))
    assert await refusal(lambda: queue.sendBatch([{"body": 1}] * 101))
    assert await refusal(lambda: queue.sendBatch([{"body": "x" * 100_000}] * 3))
    assert await refusal(lambda: queue.sendBatch([]))
    assert await refusal(lambda: queue.send(1, delaySeconds=86_401))


@case
async def check_refusals_say_which_limit(world: World) -> None:
    words = await refusal(lambda: world.env.JOBS.send("x" * 128_001, contentType="text"))
    assert "exceeds limit of 128000" in words, words
