"""A fault before the call leaves nothing behind; one after it loses only the answer."""

import contextlib
import random

import pytest

from tests.miniflare_shim import Crashed, JsError, ShimEnv


async def table(env: ShimEnv) -> None:
    await env.DB.exec("CREATE TABLE t (n INTEGER)")


async def count(env: ShimEnv) -> int:
    return await env.DB.prepare("SELECT count(*) AS n FROM t").first("n")


@pytest.mark.parametrize(("moment", "kept"), [("before", 0), ("after", 1)])
async def test_a_lost_commit_and_a_lost_answer_look_the_same(moment, kept: int) -> None:
    env = ShimEnv()
    await table(env)
    env.faults.fail("DB", "batch", moment=moment)
    with pytest.raises(JsError) as caught:
        await env.DB.batch([env.DB.prepare("INSERT INTO t VALUES (1)")])
    assert caught.value.message == "D1_ERROR: Network connection lost."
    assert await count(env) == kept
    await env.DB.batch([env.DB.prepare("INSERT INTO t VALUES (2)")])
    assert await count(env) == kept + 1
    assert [(each.binding, each.operation, each.moment) for each in env.faults.injected] == [("DB", "batch", moment)]


async def test_a_slow_call_lets_virtual_time_pass() -> None:
    env = ShimEnv()
    env.faults.slow("LAKE", "put", ms=20_000)
    before = env.clock.now_ms()
    await env.LAKE.put("k", "v")
    await env.LAKE.put("k", "v")
    assert env.clock.now_ms() - before == 20_000


async def test_rules_end_after_their_number_of_times_or_when_cleared() -> None:
    env = ShimEnv()
    env.faults.fail("KV", times=2, message="down")
    outcomes = []
    for _ in range(3):
        try:
            await env.KV.get("k")
        except JsError as error:
            outcomes.append(error.message)
    assert outcomes == ["KV GET failed: 500 down"] * 2
    env.faults.fail("KV", times=None)
    env.faults.clear()
    await env.KV.get("k")


@pytest.mark.parametrize("seed", range(3))
async def test_a_seed_repeats_its_faults(seed: int) -> None:
    async def trace() -> list[str]:
        env = ShimEnv(seed=seed)
        env.faults.fail("*", probability=0.3, times=None)
        env.faults.fail("*", moment="after", probability=0.3, times=None)
        for number in range(50):
            try:
                await env.LAKE.put(f"k{number}", "v")
            except JsError:
                continue
        return [f"{each.operation} {each.moment} {each.at_ms}" for each in env.faults.injected]

    first = await trace()
    assert first
    assert first == await trace()


async def test_a_crash_is_no_exception_the_product_could_catch() -> None:
    env = ShimEnv()
    await table(env)
    env.faults.crash("DB", "run")

    async def product() -> None:
        with contextlib.suppress(Exception):
            await env.DB.prepare("INSERT INTO t VALUES (1)").run()

    with pytest.raises(Crashed):
        await product()
    assert await count(env) == 1


async def test_a_simulator_sees_every_call_twice() -> None:
    env = ShimEnv()
    calls: list[tuple[str, str, str]] = []

    async def on_call(binding: str, operation: str, moment: str) -> None:
        calls.append((binding, operation, moment))

    env.faults.on_call = on_call
    await env.LAKE.put("k", "v")
    await env.FLOOD.limit(key="a")
    assert calls == [
        (*call, moment) for call in (("LAKE", "put"), ("FLOOD", "limit")) for moment in ("before", "after")
    ]


async def test_pipelines_keep_what_they_took_and_fail_when_asked() -> None:
    env = ShimEnv()
    await env.PIPELINE.send([{"a": 1}])
    env.faults.fail("PIPELINE")
    with pytest.raises(JsError):
        await env.PIPELINE.send([{"a": 2}])
    assert env.PIPELINE.records == [{"a": 1}]


async def test_points_are_kept_and_counted_by_invocation() -> None:
    env = ShimEnv()
    for _ in range(25):
        env.ANALYTICS.writeDataPoint({"blobs": ["scan"], "doubles": [1], "indexes": ["i"]})
    with pytest.raises(JsError, match="25 data points"):
        env.ANALYTICS.writeDataPoint({"doubles": [1]})
    env.ANALYTICS.begin_invocation()
    env.ANALYTICS.writeDataPoint({"doubles": [2]})
    assert [point.doubles for point in env.ANALYTICS.points[-2:]] == [(1.0,), (2.0,)]


def test_the_default_seed_is_fixed() -> None:
    assert ShimEnv().rng.random() == random.Random(0).random()
