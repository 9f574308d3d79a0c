"""Request limits: calendar windows, bans that grow, counts that slide."""

from scripts.sandbox.clock import SettableClock
from scripts.sandbox.exchanges.limits import OVERRUNS_MAX, SlidingCount, WeightWindow

MINUTE_MS = 60_000


def test_weight_is_counted_per_calendar_minute_and_address() -> None:
    clock = SettableClock(10 * MINUTE_MS + 59_000)
    window = WeightWindow(clock, 100)
    assert window.spend("a", 60).used == 60
    assert window.spend("a", 40).status == 200
    over = window.spend("a", 1)
    assert (over.status, over.until_ms) == (429, 11 * MINUTE_MS)
    assert window.spend("b", 1).used == 1
    clock.advance(1_000)
    assert window.spend("a", 7).used == 7


def ban(window: WeightWindow) -> int:
    """Go on until banned; when the ban ends."""
    for _ in range(OVERRUNS_MAX + 2):
        verdict = window.spend("a", 200)
        if verdict.status == 418:
            return verdict.until_ms
    raise AssertionError("never banned")


def test_going_on_after_429_leads_to_bans_that_grow() -> None:
    clock = SettableClock(10 * MINUTE_MS)
    window = WeightWindow(clock, 100)
    first_ms = ban(window)
    assert first_ms - clock.now_ms() == 2 * MINUTE_MS
    assert window.spend("a", 1).status == 418
    clock.set(first_ms)
    assert window.spend("a", 1).status == 200
    second_ms = ban(window)
    assert second_ms - clock.now_ms() == 4 * MINUTE_MS
    window.reset()
    assert window.spend("a", 1).status == 200


def test_a_sliding_count_forgets_what_is_old() -> None:
    clock = SettableClock(0)
    count = SlidingCount(clock, 2, 1_000)
    assert [count.allow("k") for _ in range(3)] == [True, True, False]
    assert count.allow("other")
    clock.advance(1_000)
    assert count.allow("k")


def test_a_sliding_count_may_lock_out() -> None:
    clock = SettableClock(0)
    count = SlidingCount(clock, 1, 1_000, ban_ms=600_000)
    assert count.allow("k")
    assert not count.allow("k")
    clock.advance(599_000)
    assert not count.allow("k")
    clock.advance(1_000)
    assert count.allow("k")
