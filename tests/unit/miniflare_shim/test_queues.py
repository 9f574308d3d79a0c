"""The broker delivers at least once, on time, and as badly as it is asked to."""

import pytest

from tests.miniflare_shim import JsError, MessageBatch, ShimEnv

DLQ = "opportunities-dlq"


class Consumer:
    """Notes what arrives and treats it as `verdict` says: body and attempt to "ack", "retry", "raise"."""

    def __init__(self, env: ShimEnv, verdict=lambda _body, _attempts: "ack") -> None:
        self.env, self.verdict = env, verdict
        self.seen: list[tuple[int, object, int]] = []
        self.sizes: list[int] = []
        self.start_ms = env.clock.now_ms()

    async def __call__(self, batch: MessageBatch) -> None:
        self.sizes.append(len(batch.messages))
        for message in batch.messages:
            self.seen.append((self.env.clock.now_ms() - self.start_ms, message.body, message.attempts))
            verdict = self.verdict(message.body, message.attempts)
            if verdict == "raise":
                raise RuntimeError("asked to")
            message.ack() if verdict == "ack" else message.retry(delaySeconds=30)


async def test_a_batch_leaves_when_full_or_when_its_time_is_up() -> None:
    env = ShimEnv()
    consumer = Consumer(env)
    env.broker.consume("opportunities", consumer, max_batch_size=3, max_batch_timeout_s=5)
    await env.OPPORTUNITIES.sendBatch([{"body": number} for number in range(4)])
    await env.advance(0)
    assert consumer.sizes == [3]
    await env.advance(4999)
    assert consumer.sizes == [3]
    await env.advance(1)
    assert consumer.sizes == [3, 1]
    assert consumer.seen[-1] == (5000, 3, 1)


async def test_retries_wait_and_end_in_the_dead_letter_queue() -> None:
    env = ShimEnv()
    consumer = Consumer(env, lambda _body, _attempts: "retry")
    env.broker.consume("opportunities", consumer, max_batch_timeout_s=0, max_retries=2, dead_letter_queue=DLQ)
    await env.OPPORTUNITIES.send({"id": "a"}, delaySeconds=10)
    await env.drain()
    assert consumer.seen == [(10_000, {"id": "a"}, 1), (40_000, {"id": "a"}, 2), (70_000, {"id": "a"}, 3)]
    assert env.broker.bodies(DLQ) == [{"id": "a"}]


async def test_without_a_dead_letter_queue_the_message_is_gone() -> None:
    env = ShimEnv()
    env.broker.consume("opportunities", Consumer(env, lambda *_: "retry"), max_retries=0)
    await env.OPPORTUNITIES.send(1)
    await env.drain()
    assert env.broker.bodies("opportunities") == []


@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize("done", range(8))
async def test_nothing_is_lost_when_the_consumer_dies(size: int, done: int) -> None:
    """The isolate dies after `done` messages of a batch: those acknowledged stay so, the others come again."""
    env = ShimEnv()
    handled: list[int] = []

    async def consumer(batch: MessageBatch) -> None:
        for message in batch.messages:
            await env.LAKE.put(f"{message.body}", "x")
            handled.append(message.body)
            message.ack()

    env.broker.consume("opportunities", consumer)
    await env.OPPORTUNITIES.sendBatch([{"body": number} for number in range(size)])
    if done < size:
        strikes = 0

        async def on_call(binding: str, operation: str, moment: str) -> None:
            nonlocal strikes
            if (binding, operation, moment) == ("LAKE", "put", "before"):
                strikes += 1
                if strikes == done:
                    env.faults.crash("LAKE", "put")

        env.faults.on_call = on_call
        if done == 0:
            env.faults.crash("LAKE", "put", moment="before")
    await env.drain()
    assert set(handled) == set(range(size))
    assert len(env.broker.failures) == (1 if done < size else 0)


async def test_an_exception_returns_what_was_not_acknowledged() -> None:
    env = ShimEnv()
    consumer = Consumer(env, lambda body, attempts: "raise" if body == 2 and attempts == 1 else "ack")
    env.broker.consume("opportunities", consumer)
    await env.OPPORTUNITIES.sendBatch([{"body": number} for number in (1, 2, 3)])
    await env.drain()
    assert [(body, attempts) for _, body, attempts in consumer.seen] == [(1, 1), (2, 1), (2, 2), (3, 2)]
    assert [str(failure) for failure in env.broker.failures] == ["asked to"]


async def test_batch_verdicts_settle_the_rest() -> None:
    env = ShimEnv()
    attempts: list[tuple[int, int]] = []

    async def consumer(batch: MessageBatch) -> None:
        attempts.extend((message.body, message.attempts) for message in batch.messages)
        batch.messages[0].ack()
        if batch.messages[0].attempts == 1:
            batch.retryAll(delaySeconds=1)
        else:
            batch.ackAll()

    env.broker.consume("opportunities", consumer)
    await env.OPPORTUNITIES.sendBatch([{"body": 1}, {"body": 2}])
    await env.drain()
    assert attempts == [(1, 1), (2, 1), (2, 2)]


async def test_duplicates_and_disorder_follow_the_seed() -> None:
    async def order(seed: int) -> list[object]:
        env = ShimEnv(seed=seed)
        env.broker.duplicate_probability, env.broker.reorder = 0.5, True
        consumer = Consumer(env)
        env.broker.consume("opportunities", consumer, max_batch_size=4)
        await env.OPPORTUNITIES.sendBatch([{"body": number} for number in range(12)])
        await env.drain()
        return [body for _, body, _ in consumer.seen]

    first = await order(1)
    assert first == await order(1)
    assert first != await order(2)
    assert set(first) == set(range(12))
    assert len(first) > 12
    assert first != sorted(first, key=str)


async def test_messages_are_kept_four_days() -> None:
    env = ShimEnv()
    await env.OPPORTUNITIES.send(1)
    env.clock.advance(4 * 86_400_000 - 1)
    assert env.broker.bodies("opportunities") == [1]
    env.clock.advance(1)
    assert env.broker.bodies("opportunities") == []


async def test_a_lost_answer_to_send_leaves_the_message() -> None:
    env = ShimEnv()
    env.faults.fail("OPPORTUNITIES", "send", moment="after")
    with pytest.raises(JsError, match="Queue send failed"):
        await env.OPPORTUNITIES.send(1)
    assert env.broker.bodies("opportunities") == [1]


async def test_bodies_are_copies() -> None:
    env = ShimEnv()
    body = {"legs": [1, 2]}
    await env.OPPORTUNITIES.send(body)
    body["legs"].append(3)
    assert env.broker.bodies("opportunities") == [{"legs": [1, 2]}]
