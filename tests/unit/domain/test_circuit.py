"""A feed that fails is asked less and less often, never before its time, and at once again when it is back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.circuit import Circuit
from arbedge.limits import BACK_OFF_MS_FIRST, BACK_OFF_MS_MAX, FAILURES_MAX, JITTER_SHARE_MAX

NOW = 1_800_000_000_000
LUCK = st.floats(0, 1, exclude_max=True)


def fail_often(times: int, luck: float = 0.0) -> Circuit:
    circuit = Circuit()
    for _ in range(times):
        circuit = circuit.failed(NOW, luck)
    return circuit


def test_a_few_failures_change_nothing():
    circuit = fail_often(FAILURES_MAX - 1)
    assert circuit.get_state(NOW) == "closed"
    assert circuit.retry_at is None


def test_one_more_opens_it_then_one_probe_may_pass():
    circuit = fail_often(FAILURES_MAX)
    assert circuit.retry_at == NOW + BACK_OFF_MS_FIRST
    assert circuit.get_state(NOW + BACK_OFF_MS_FIRST - 1) == "open"
    assert circuit.get_state(NOW + BACK_OFF_MS_FIRST) == "half_open"


def test_a_failed_probe_doubles_the_pause_up_to_its_limit():
    pauses = [(fail_often(FAILURES_MAX + more).retry_at or 0) - NOW for more in range(7)]
    assert pauses == [min(BACK_OFF_MS_MAX, BACK_OFF_MS_FIRST * 2**more) for more in range(7)]


@pytest.mark.parametrize("failures", [0, 5, 10_000])
def test_a_wait_that_was_asked_for_opens_it_at_once_and_is_never_shortened(failures):
    circuit = Circuit(failures).failed(NOW, 0.0, told_ms=3 * 86_400_000)
    assert circuit.retry_at == NOW + 3 * 86_400_000
    assert circuit.get_state(NOW) == "open"


def test_what_was_not_sent_is_no_failure():
    circuit = Circuit(1).held(NOW + 500)
    assert (circuit.failures, circuit.get_state(NOW), circuit.get_state(NOW + 500)) == (1, "open", "closed")


@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.integers(0, 700_000), LUCK, st.integers(0, 600_000)), min_size=1, max_size=60
    )
)
def test_whatever_happens_nothing_is_sent_before_its_time_and_no_pause_is_endless(steps):
    """A model of the loop: each step lets time pass, asks if it may, and fails or succeeds."""
    circuit, now, forbidden_until = Circuit(), NOW, 0
    for succeeds, pause_ms, luck, told_ms in steps:
        now += pause_ms
        if circuit.get_state(now) == "open":
            assert circuit.retry_at is not None
            longest = max(BACK_OFF_MS_MAX, 600_000) * (1 + JITTER_SHARE_MAX)
            assert circuit.retry_at - now <= longest
            continue
        assert now >= forbidden_until
        if succeeds:
            circuit, forbidden_until = Circuit(), 0
            continue
        circuit = circuit.failed(now, luck, told_ms)
        forbidden_until = now + told_ms
        state = circuit.get_state(now)
        assert state == ("open" if told_ms or circuit.failures >= FAILURES_MAX else "closed")
