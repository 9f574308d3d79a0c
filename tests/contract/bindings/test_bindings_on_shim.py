"""The binding contract on the twins: every case passes, or fails in the one way that is listed."""

import traceback

import pytest

from tests.contract.bindings.differences import DIFFERENCES, Side, check_outcome
from tests.contract.bindings.shim_world import ShimWorld
from tests.contract.bindings.suites import CASES

KV_CASES = [name for name in CASES if name.startswith("kv/")]
SIDES: list[Side] = ["shim", "stale shim", "workerd"]


async def run(name: str, *, fresh_kv: bool) -> str:
    """The traceback of a failed case; empty when it passed."""
    try:
        await CASES[name](ShimWorld(fresh_kv=fresh_kv))
    except Exception:  # noqa: BLE001 - the outcome is judged, whatever it is
        return traceback.format_exc()
    return ""


@pytest.mark.parametrize("name", CASES)
async def test_shim(name: str) -> None:
    check_outcome("shim", name, await run(name, fresh_kv=True))


@pytest.mark.parametrize("name", KV_CASES)
async def test_stale_shim(name: str) -> None:
    check_outcome("stale shim", name, await run(name, fresh_kv=False))


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: f"{each.side}-{each.case}")
def test_every_difference_names_a_case(difference) -> None:
    assert difference.case in CASES
    assert difference.side in SIDES
    assert difference.reason


def test_the_checks_of_differences_bite() -> None:
    listed = next(each for each in DIFFERENCES if each.side == "workerd")
    other = next(name for name in CASES if name not in {each.case for each in DIFFERENCES})
    check_outcome("workerd", listed.case, f"... {listed.symptom} ...")
    for case, failure in ((listed.case, ""), (listed.case, "something else"), (other, "a failure")):
        with pytest.raises(AssertionError):
            check_outcome("workerd", case, failure)
