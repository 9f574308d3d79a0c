"""The flood gate counts by key, and where it fails requests pass."""

from arbedge.adapters.cloudflare.ratelimit import BindingFloodGate
from tests.miniflare_shim import ShimEnv


async def test_each_key_has_its_own_count() -> None:
    gate = BindingFloodGate(ShimEnv(flood_limit=2).FLOOD)
    assert [await gate.admits("a") for _ in range(3)] == [True, True, False]
    assert await gate.admits("b")


async def test_a_gate_that_does_not_answer_lets_requests_pass() -> None:
    env = ShimEnv(flood_limit=1)
    env.faults.fail("FLOOD", times=None)
    assert all([await BindingFloodGate(env.FLOOD).admits("a") for _ in range(3)])
