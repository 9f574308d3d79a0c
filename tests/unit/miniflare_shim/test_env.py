"""The environment applies migrations once, runs what comes due in order of time, and carries variables."""

from pathlib import Path

import pytest

from tests.miniflare_shim import JsError, MessageBatch, ShimEnv


def migrations(folder: Path, **files: str) -> Path:
    for name, sql in files.items():
        (folder / f"{name}.sql").write_text(sql)
    return folder


async def test_migrations_run_once_and_in_order(tmp_path: Path) -> None:
    env = ShimEnv()
    trigger = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET n = n + 1; UPDATE t SET n = n + 1; END;"
    folder = migrations(tmp_path, a_first="-- a; comment\nCREATE TABLE t (n INTEGER);", b_second=trigger)
    assert env.migrate(folder) == ["a_first.sql", "b_second.sql"]
    assert env.migrate(folder) == []
    migrations(tmp_path, c_third="INSERT INTO t VALUES (1);")
    assert env.migrate(folder) == ["c_third.sql"]
    assert await env.DB.prepare("SELECT n FROM t").first("n") == 3


async def test_a_failed_migration_leaves_nothing(tmp_path: Path) -> None:
    env = ShimEnv()
    folder = migrations(tmp_path, a="CREATE TABLE t (n INTEGER); CREATE TABLE t (n INTEGER);")
    with pytest.raises(ValueError, match=r"a\.sql: table t already exists"):
        env.migrate(folder)
    with pytest.raises(JsError, match="no such table"):
        await env.DB.prepare("SELECT * FROM t").all()
    migrations(tmp_path, a="CREATE TABLE t (n INTEGER);")
    assert env.migrate(folder) == ["a.sql"]


async def test_a_database_file_outlives_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "d1.sqlite"
    await ShimEnv(database=path).DB.exec("CREATE TABLE t (n INTEGER)\nINSERT INTO t VALUES (7)")
    assert await ShimEnv(database=path).DB.prepare("SELECT n FROM t").first("n") == 7


async def test_batches_and_alarms_run_in_order_of_time() -> None:
    env = ShimEnv()
    happened: list[tuple[str, int]] = []
    start = env.clock.now_ms()

    class Bell:
        def __init__(self, ctx, _env) -> None:
            self.ctx = ctx

        async def wake(self, at_ms: int) -> None:
            await self.ctx.storage.setAlarm(at_ms)

        async def alarm(self, _info) -> None:
            happened.append(("alarm", env.clock.now_ms() - start))

    async def consumer(_batch: MessageBatch) -> None:
        happened.append(("batch", env.clock.now_ms() - start))

    bell = env.add_objects("BELLS", Bell).getByName("a")
    env.broker.consume("deliveries", consumer, max_batch_timeout_s=0)
    await bell.wake(start + 1500)
    await env.DELIVERIES.send(1, delaySeconds=1)
    await env.DELIVERIES.send(1, delaySeconds=2)
    await env.drain()
    assert happened == [("batch", 1000), ("alarm", 1500), ("batch", 2000)]
    assert env.clock.now_ms() - start == 2000
    await env.advance(500)
    assert env.clock.now_ms() - start == 2500


async def test_queues_are_consumed_as_deployed(tmp_path: Path) -> None:
    config = tmp_path / "wrangler.toml"
    config.write_text("""
        [[queues.consumers]]
        queue = "deliveries"
        max_batch_timeout = 1
        max_retries = 1
        retry_delay = 5
        dead_letter_queue = "deliveries-dlq"
        [[queues.consumers]]
        queue = "deliveries-dlq"
    """)
    env = ShimEnv()
    seen: list[tuple[str, int]] = []
    start = env.clock.now_ms()

    async def consumer(batch: MessageBatch) -> None:
        seen.append((batch.queue, env.clock.now_ms() - start))
        batch.ackAll() if batch.queue.endswith("-dlq") else batch.retryAll()

    env.consume(consumer, config)
    await env.DELIVERIES.send(1)
    await env.drain()
    assert seen == [("deliveries", 1000), ("deliveries", 7000), ("deliveries-dlq", 12_000)]


def test_variables_are_attributes() -> None:
    env = ShimEnv(variables={"ENVIRONMENT": "test"})
    assert env.ENVIRONMENT == "test"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        _ = env.MISSING  # pyright: ignore[reportAttributeAccessIssue]
