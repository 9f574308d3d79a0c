"""Assembles the twins under the names the Worker's configuration gives them, on one clock and one seed."""

import random
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.miniflare_shim.analytics import AnalyticsEngineDataset
from tests.miniflare_shim.clock import VirtualClock
from tests.miniflare_shim.d1 import D1Database
from tests.miniflare_shim.durable_objects import DurableObjectNamespace, Factory
from tests.miniflare_shim.faults import Faults
from tests.miniflare_shim.kv import KvNamespace
from tests.miniflare_shim.pipelines import PipelineStream
from tests.miniflare_shim.queue_broker import Handler, QueueBroker
from tests.miniflare_shim.r2 import R2Bucket
from tests.miniflare_shim.ratelimit import RateLimit
from tests.miniflare_shim.sqlite_rules import SqlError
from tests.miniflare_shim.vectorize import VectorizeIndex

QUEUES = {"OPPORTUNITIES": "opportunities", "DELIVERIES": "deliveries", "EVENTS": "events"}
CONSUMER_SETTINGS = {
    "max_batch_size": "max_batch_size",
    "max_batch_timeout": "max_batch_timeout_s",
    "max_retries": "max_retries",
    "dead_letter_queue": "dead_letter_queue",
    "retry_delay": "retry_delay_s",
}
STEPS_MAX = 100_000


class ShimEnv:
    """What `self.env` is in the Worker: bindings and plain variables as attributes.

    The test's own handles are `clock`, `faults`, `broker`, `rng`, and `advance`/`drain`, which let time pass and deliver
    queue batches and alarms when they are due.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        clock: VirtualClock | None = None,
        fresh_kv: bool = False,
        database: Path | str = ":memory:",
        flood_limit: int = 60,
        flood_period_s: int = 60,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.rng = random.Random(seed)
        self.clock = clock or VirtualClock()
        self.faults = Faults(self.clock, self.rng)
        self.broker = QueueBroker(clock=self.clock, faults=self.faults, rng=self.rng)
        self.DB = D1Database(clock=self.clock, faults=self.faults, name="DB", path=database)
        self.KV = KvNamespace(clock=self.clock, faults=self.faults, name="KV", fresh=fresh_kv)
        self.LAKE = R2Bucket(clock=self.clock, faults=self.faults, rng=self.rng, name="LAKE")
        self.OPPORTUNITIES = self.broker.producer(QUEUES["OPPORTUNITIES"], binding="OPPORTUNITIES")
        self.DELIVERIES = self.broker.producer(QUEUES["DELIVERIES"], binding="DELIVERIES")
        self.EVENTS = self.broker.producer(QUEUES["EVENTS"], binding="EVENTS")
        self.FLOOD = RateLimit(
            clock=self.clock, faults=self.faults, name="FLOOD", limit=flood_limit, period=flood_period_s
        )
        self.ANALYTICS = AnalyticsEngineDataset(clock=self.clock)
        self.PIPELINE = PipelineStream(faults=self.faults, name="PIPELINE")
        self.VECTORS = VectorizeIndex(faults=self.faults, name="VECTORS")
        self._objects: list[DurableObjectNamespace] = []
        self.SCANNER = self.add_objects("SCANNER", _without_class)
        self.APPRAISER = self.add_objects("APPRAISER", _without_class)
        for name, value in (variables or {}).items():
            setattr(self, name, value)

    def add(self, name: str, binding: Any) -> None:
        """Adds or replaces a binding or variable."""
        setattr(self, name, binding)

    def add_objects(self, name: str, factory: Factory) -> DurableObjectNamespace:
        """Adds a Durable Object namespace; `factory(ctx, env)` makes an object, as the class itself does."""
        namespace = DurableObjectNamespace(
            factory, env=self, clock=self.clock, faults=self.faults, rng=self.rng, name=name
        )
        self._objects.append(namespace)
        setattr(self, name, namespace)
        return namespace

    def migrate(self, path: Path | str) -> list[str]:
        """Applies the *.sql files of a folder that were not applied yet, in order; their names."""
        database = self.DB.sqlite
        database.control(
            "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE, applied_at TIMESTAMP)"
        )
        done = {name for (name,) in database.control("SELECT name FROM d1_migrations")}
        applied = [file for file in sorted(Path(path).glob("*.sql")) if file.name not in done]
        for file in applied:
            database.control("BEGIN")
            try:
                database.execute(file.read_text())
                database.execute("INSERT INTO d1_migrations (name) VALUES (?)", (file.name,))
            except SqlError as error:
                database.control("ROLLBACK")
                raise ValueError(f"{file.name}: {error}") from error
            database.control("COMMIT")
        return [file.name for file in applied]

    def consume(self, handler: Handler, config: Path | str = "wrangler.toml") -> None:
        """Attaches `handler` to every queue that the Worker consumes, with the settings it is deployed with."""
        for consumer in tomllib.loads(Path(config).read_text())["queues"]["consumers"]:
            settings = {name: consumer[key] for key, name in CONSUMER_SETTINGS.items() if key in consumer}
            self.broker.consume(consumer["queue"], handler, **settings)

    async def advance(self, ms: int) -> None:
        """Lets `ms` pass; batches and alarms that come due on the way run at their time."""
        until_ms = self.clock.now_ms() + ms
        for _ in range(STEPS_MAX):
            due_ms = self._next_due_ms()
            if due_ms is None or due_ms > until_ms:
                self.clock.move_to(until_ms)
                return
            self.clock.move_to(due_ms)
            await self._run_due()
        raise AssertionError(f"still busy after {STEPS_MAX} deliveries")

    async def drain(self) -> None:
        """Lets time pass until every consumed queue is empty; alarms that come due on the way run too."""
        for _ in range(STEPS_MAX):
            due_ms = self.broker.next_due_ms()
            if due_ms is None:
                return
            await self.advance(max(0, due_ms - self.clock.now_ms()))
        raise AssertionError(f"queues still busy after {STEPS_MAX} steps")

    def _next_due_ms(self) -> int | None:
        dues = [self.broker.next_due_ms(), *(objects.next_due_ms() for objects in self._objects)]
        return min((due for due in dues if due is not None), default=None)

    async def _run_due(self) -> None:
        await self.broker.run_due()
        for objects in self._objects:
            await objects.run_due()


def _without_class(_ctx: Any, _env: Any) -> Any:
    """The class belongs to the application; whoever assembles that replaces the binding by `add_objects`."""
    raise NotImplementedError("this test has not given the object its class")
