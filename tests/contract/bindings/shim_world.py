"""The contract's world made of twins: virtual time, one environment a case."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.contract.bindings.suites import World, objects, queues, ratelimit, vectorize
from tests.miniflare_shim import MessageBatch, ShimEnv
from tests.miniflare_shim.vectorize import VectorizeIndex

SETTLE_MS_MAX = 10_000
STEP_MS = 20


class ShimObject(objects.Behaviour):
    """The object of the suite `objects`, built as the platform builds a class."""

    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx = ctx
        self.env = env


class ShimWorld(World):
    """The twins, with the bindings and consumers that the contract's Worker has."""

    def __init__(self, *, fresh_kv: bool) -> None:
        env = ShimEnv(fresh_kv=fresh_kv, flood_limit=ratelimit.LIMIT, flood_period_s=ratelimit.PERIOD_S)
        super().__init__(env)
        env.add("JOBS", env.broker.producer(queues.QUEUE, binding="JOBS"))
        indexed = frozenset(vectorize.INDEXED)
        env.add("VECTORS", VectorizeIndex(faults=env.faults, dimensions=vectorize.DIMENSIONS, indexed=indexed))
        env.add_objects("OBJECTS", ShimObject)
        consumer = {
            "max_batch_size": queues.MAX_BATCH_SIZE,
            "max_batch_timeout_s": 0,
            "max_retries": queues.MAX_RETRIES,
        }
        env.broker.consume(queues.QUEUE, self._consume, dead_letter_queue=queues.DEAD_LETTERS, **consumer)
        env.broker.consume(queues.DEAD_LETTERS, self._consume, **consumer)

    def now_ms(self) -> int:
        return self.env.clock.now_ms()

    async def settle(self, reached: Callable[[], Awaitable[bool]]) -> None:
        deadline = self.now_ms() + SETTLE_MS_MAX
        while not await reached():
            assert self.now_ms() < deadline, f"not settled within {SETTLE_MS_MAX} ms"
            await self.env.advance(STEP_MS)

    async def _consume(self, batch: MessageBatch) -> None:
        await queues.consume(batch, self.env, self.now_ms)
