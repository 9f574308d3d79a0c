"""KV keeps showing what was read before, until its time is up; the last write is certain only after that."""

import pytest

from tests.miniflare_shim import JsError, KvNamespace, ShimEnv


async def test_values_and_absences_stay_for_a_minute() -> None:
    env = ShimEnv()
    assert await env.KV.get("k") is None
    await env.KV.put("k", "one")
    env.clock.advance(59_999)
    assert await env.KV.get("k") is None
    env.clock.advance(1)
    assert await env.KV.get("k") == "one"
    await env.KV.put("k", "two")
    await env.KV.delete("other")
    assert await env.KV.get("k") == "one"
    env.clock.advance(60_000)
    assert await env.KV.get("k") == "two"


async def test_what_was_never_read_is_current() -> None:
    env = ShimEnv()
    await env.KV.put("k", "one")
    await env.KV.put("k", "two")
    assert await env.KV.get("k") == "two"


async def test_the_staleness_can_be_stretched_and_turned_off() -> None:
    env = ShimEnv()
    env.KV.stale_ms = 600_000
    assert await env.KV.get("k") is None
    await env.KV.put("k", "one")
    env.clock.advance(599_999)
    assert await env.KV.get("k") is None
    fresh = ShimEnv(fresh_kv=True).KV
    assert await fresh.get("k") is None
    await fresh.put("k", "one")
    assert await fresh.get("k") == "one"


async def test_a_stale_value_still_expires() -> None:
    env = ShimEnv()
    await env.KV.put("k", "one", expirationTtl=60)
    env.clock.advance(30_000)
    assert await env.KV.get("k") == "one"
    env.clock.advance(30_000)
    assert await env.KV.get("k") is None
    assert (await env.KV.list())["keys"] == []


async def test_drawn_lifetimes_differ_and_end() -> None:
    env = ShimEnv(seed=3)
    env.KV.rng = env.rng
    for number in range(20):
        assert await env.KV.get(f"k{number}") is None
        await env.KV.put(f"k{number}", "v")
    env.clock.advance(30_000)
    seen = [await env.KV.get(f"k{number}") for number in range(20)]
    assert set(seen) == {None, "v"}
    env.clock.advance(60_001)
    assert [await env.KV.get(f"k{number}") for number in range(20)] == ["v"] * 20


async def test_one_write_a_second_and_key() -> None:
    env = ShimEnv()
    kv = KvNamespace(clock=env.clock, faults=env.faults, write_limit=True)
    await kv.put("k", "one")
    await kv.put("other", "one")
    with pytest.raises(JsError, match="429 Too Many Requests"):
        await kv.put("k", "two")
    env.clock.advance(1000)
    await kv.put("k", "two")
