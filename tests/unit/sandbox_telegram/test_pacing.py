"""Telegram's flood limits on a clock that stands still until told."""

import pytest

from scripts.sandbox.clock import SettableClock
from scripts.sandbox.telegram.errors import ApiError
from scripts.sandbox.telegram.pacing import Pacing

NOW_MS = 1_795_300_000_000
GROUP = -1002147483777


def refused(pacing: Pacing, chat_id: int) -> int:
    """The wait in seconds, which the answer must tell both ways."""
    with pytest.raises(ApiError) as refusal:
        pacing.take(chat_id)
    wait_s = refusal.value.parameters["retry_after"]
    assert refusal.value.code == 429
    assert refusal.value.description == f"Too Many Requests: retry after {wait_s}"
    return wait_s


def test_thirty_a_second_over_all_chats() -> None:
    clock = SettableClock(NOW_MS)
    pacing = Pacing(clock)
    for chat_id in range(1, 31):
        pacing.take(chat_id)
    assert refused(pacing, 31) == 1
    clock.advance(1000)
    for chat_id in range(31, 61):
        pacing.take(chat_id)
    assert pacing.violations == 1


def test_a_chat_takes_a_short_burst_and_then_one_a_second() -> None:
    clock = SettableClock(NOW_MS)
    pacing = Pacing(clock)
    for _ in range(20):
        pacing.take(7)
    assert refused(pacing, 7) == 1
    pacing.take(8)
    clock.advance(1000)
    pacing.take(7)
    assert refused(pacing, 7) == 1


def test_a_group_takes_twenty_a_minute() -> None:
    clock = SettableClock(NOW_MS)
    pacing = Pacing(clock)
    for _ in range(20):
        pacing.take(GROUP)
        clock.advance(2000)
    assert refused(pacing, GROUP) == 20
    clock.advance(20_000)
    pacing.take(GROUP)
    assert refused(pacing, GROUP) == 2


def test_paid_broadcasts_pass_the_overall_limit() -> None:
    pacing = Pacing(SettableClock(NOW_MS))
    for chat_id in range(1, 200):
        pacing.take(chat_id, paid=True)
    pacing.take(500)


def test_a_load_test_may_switch_it_off() -> None:
    pacing = Pacing(SettableClock(NOW_MS))
    pacing.enforced = False
    for _ in range(100):
        pacing.take(GROUP)
    assert pacing.violations == 0
