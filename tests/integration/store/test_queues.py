"""Messages arrive as they were sent, whatever their number and size."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arbedge.adapters.cloudflare.queues import BindingQueue, decode_message
from arbedge.errors import MessageInvalid, StoreUnavailable
from arbedge.ports.queues import Announce, Deliver
from tests.miniflare_shim import MessageBatch, ShimEnv


def consume(env: ShimEnv, queue: str) -> list[Any]:
    received: list[Any] = []

    async def handle(batch: MessageBatch) -> None:
        for message in batch.messages:
            received.append(decode_message(message.body))
            message.ack()

    env.broker.consume(queue, handle, max_batch_size=100)
    return received


@settings(max_examples=20)
@given(st.lists(st.integers(1, 130_000), max_size=8), st.integers(0, 250))
async def test_all_arrive_within_the_limits_of_a_call(sizes: list[int], small: int) -> None:
    env = ShimEnv()
    received = consume(env, "opportunities")
    sent = [Announce(1, "x" * min(size, 127_000), number) for number, size in enumerate(sizes)]
    sent += [Announce(1, "ab", 1000 + number) for number in range(small)]
    await BindingQueue[Announce](env.OPPORTUNITIES).send(sent)
    await env.drain()
    assert sorted(received, key=lambda one: one.revision) == sent


async def test_nothing_to_send_is_no_call(env: ShimEnv) -> None:
    env.faults.fail("DELIVERIES", times=None)
    await BindingQueue[Deliver](env.DELIVERIES).send([])


async def test_a_message_too_large_for_the_queue_is_refused(env: ShimEnv) -> None:
    with pytest.raises(MessageInvalid):
        await BindingQueue[Announce](env.OPPORTUNITIES).send([Announce(1, "x" * 128_000, 1)])


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_queue_that_does_not_answer_is_said_and_sending_again_is_safe(env: ShimEnv, moment: str) -> None:
    received = consume(env, "deliveries")
    queue = BindingQueue[Deliver](env.DELIVERIES)
    messages = [Deliver(1, "ab", 1, chat) for chat in range(150)]
    env.faults.fail("DELIVERIES", moment="before" if moment == "before" else "after")
    with pytest.raises(StoreUnavailable, match="queue: "):
        await queue.send(messages)
    await queue.send(messages)
    await env.drain()
    assert set(received) == set(messages)
