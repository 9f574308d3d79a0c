"""The quota's arithmetic: never exceeded, spread over the days, right at every edge of the calendar."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.quota import (
    DAY_MS,
    WINDOW_MS,
    Account,
    Ledger,
    Refusal,
    ceiling_at,
    check_spend,
    count_days_left,
    day_share,
    month_ceiling,
    next_reset,
    open_ledger,
    reconcile,
    requests_ceiling,
    roll,
)

LIMITS = (10_000, 30)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOON = at("2026-11-10T12:00:00")


def ledger(**changes) -> Ledger:
    return msgspec.structs.replace(open_ledger(*LIMITS, NOON), **changes)


def refused(known: Ledger, cost: int, now: int, *, is_priority: bool) -> Refusal:
    refusal = check_spend(known, cost, now, is_priority=is_priority)
    assert refusal
    return refusal


def said(used: int = 0, limit: int = 15_000, per_minute: int = 30, resets: str = "2026-12-01T00:00:00") -> Account:
    return Account(limit, used, per_minute, at(resets))


def correct(before: Ledger, account: Account, asked_at: int = NOON, settled_since: int = 0, is_quiet: bool = False):
    return reconcile(before, account, asked_at, LIMITS, settled_since=settled_since, is_quiet=is_quiet)


@pytest.mark.parametrize(
    ("anchor", "now", "expected"),
    [
        ("1970-01-01T00:00:00", "2026-11-10T12:00:00", "2026-12-01T00:00:00"),
        ("1970-01-01T00:00:00", "2026-12-01T00:00:00", "2027-01-01T00:00:00"),
        ("1970-01-01T00:00:00", "2026-11-30T23:59:59.999", "2026-12-01T00:00:00"),
        ("2026-01-31T08:30:00", "2026-02-10T00:00:00", "2026-02-28T08:30:00"),
        ("2028-01-31T08:30:00", "2028-02-10T00:00:00", "2028-02-29T08:30:00"),
        ("2026-01-31T08:30:00", "2026-02-28T08:30:00", "2026-03-31T08:30:00"),
        ("2026-11-15T08:30:00", "2026-11-15T08:29:59", "2026-11-15T08:30:00"),
        ("2026-12-15T08:30:00", "2026-12-15T08:30:00", "2027-01-15T08:30:00"),
    ],
)
def test_a_month_ends_on_the_day_it_began(anchor: str, now: str, expected: str):
    assert next_reset(at(anchor), at(now)) == at(expected)


@given(
    st.integers(0, 12_000),
    st.lists(st.tuples(st.integers(0, 4 * DAY_MS), st.integers(0, 60), st.booleans()), max_size=120),
)
def test_whatever_is_asked_and_whenever_nine_tenths_of_the_month_are_the_end(limit: int, asks):
    known = ledger(credits_limit=limit)
    now = NOON
    for step_ms, cost, is_priority in asks:
        now += step_ms
        known = roll(known, now)
        if check_spend(known, cost, now, is_priority=is_priority) is None:
            known = msgspec.structs.replace(known, credits_spent=known.credits_spent + cost)
        assert known.credits_used <= limit * 9 // 10
        assert known.period_ends_at > now


@given(st.integers(1, 28), st.integers(0, 9_000))
def test_who_takes_all_that_is_allowed_takes_the_same_every_day(first_day: int, before: int):
    start = at(f"2026-11-{first_day:02d}T00:00:00")
    known = msgspec.structs.replace(open_ledger(*LIMITS, start), credits_spent=before, day_base=before)
    taken = []
    for day in range(first_day, 31):
        now = start + (day - first_day) * DAY_MS + DAY_MS - 1
        known = roll(known, now)
        room = max(0, ceiling_at(known, now + 1, is_priority=True) - known.credits_used)
        taken.append(room)
        known = msgspec.structs.replace(known, credits_spent=known.credits_spent + room)
    assert known.credits_used == 9_000
    assert max(taken) - min(taken) <= 1


@given(st.integers(0, DAY_MS), st.integers(0, DAY_MS), st.integers(0, 9_000))
def test_the_ceiling_only_rises_within_a_day_and_priority_has_the_higher_one(one: int, other: int, base: int):
    known = ledger(credits_spent=base, day_base=base)
    start = known.day * DAY_MS
    earlier, later = sorted((start + one, start + other))
    for is_priority in (True, False):
        assert ceiling_at(known, earlier, is_priority=is_priority) <= ceiling_at(known, later, is_priority=is_priority)
    assert ceiling_at(known, later, is_priority=False) <= ceiling_at(known, later, is_priority=True)
    assert ceiling_at(known, later, is_priority=True) <= max(base, month_ceiling(known))


def test_a_morning_does_not_spend_the_evening():
    known = roll(ledger(), at("2026-11-11T00:00:00"))
    midnight, noon = known.day * DAY_MS, known.day * DAY_MS + DAY_MS // 2
    assert day_share(known) == 450  # 9,000 over 20 days
    assert ceiling_at(known, midnight, is_priority=True) == 112
    assert ceiling_at(known, noon, is_priority=True) == 281
    assert ceiling_at(known, midnight + DAY_MS, is_priority=True) == 450
    assert ceiling_at(known, midnight + DAY_MS, is_priority=False) == 337


def test_one_reason_and_when_to_come_back():
    spent_day = ledger(credits_spent=429, day_base=0)
    refusal = check_spend(spent_day, 1, NOON, is_priority=False)
    assert refusal
    assert refusal.reason == "day_spent"
    assert NOON < refusal.retry_at <= at("2026-11-11T00:00:00")
    spent_month = ledger(credits_spent=8_990, credits_open=10)
    assert refused(spent_month, 1, NOON, is_priority=True).reason == "month_spent"
    assert refused(spent_month, 1, NOON, is_priority=True).retry_at == at("2026-12-01T00:00:00")
    full = ledger(requests_recent=30)
    assert refused(full, 0, NOON, is_priority=True).reason == "minute_full"
    assert refused(full, 0, NOON, is_priority=True).retry_at == NOON + WINDOW_MS


def test_what_is_free_is_asked_even_when_all_is_spent():
    assert check_spend(ledger(credits_spent=10_000), 0, NOON, is_priority=False) is None


def test_the_last_requests_of_a_minute_are_for_priority():
    busy = ledger(requests_recent=24)
    assert requests_ceiling(busy, is_priority=False) == 24
    assert refused(busy, 1, NOON, is_priority=False).reason == "minute_full"
    assert check_spend(busy, 1, NOON, is_priority=True) is None


@pytest.mark.parametrize(
    ("pause", "free", "paid"),
    [
        ("minute", "paused", "paused"),
        ("address", "paused", "paused"),
        ("day", None, "paused"),
        ("month", None, "paused"),
        ("key_refused", None, "key_refused"),
    ],
)
def test_a_pause_of_pace_holds_all_and_one_of_credits_only_what_costs_some(pause, free, paid):
    held = ledger(paused_until=NOON + 1, pause=pause)
    for cost, expected in ((0, free), (1, paid)):
        refusal = check_spend(held, cost, NOON, is_priority=True)
        assert (refusal.reason if refusal else None) == expected
    assert check_spend(held, 1, NOON + 1, is_priority=True) is None


def test_a_new_month_begins_with_what_is_still_open():
    known = roll(ledger(credits_spent=9_000, credits_open=3), at("2026-12-01T00:00:00"))
    assert (known.credits_spent, known.credits_used, known.day_base) == (0, 3, 3)
    assert known.period_ends_at == at("2027-01-01T00:00:00")
    assert count_days_left(known) == 31


def test_a_clock_that_goes_back_gives_nothing_away():
    known = roll(ledger(credits_spent=7), at("2026-12-01T00:00:01"))
    assert roll(known, NOON) == known
    assert ceiling_at(known, NOON, is_priority=True) <= known.day_base + day_share(known)


def test_a_month_that_was_slept_through_is_one_roll():
    known = roll(ledger(credits_spent=9_000), at("2027-03-05T10:00:00"))
    assert (known.credits_spent, known.period_ends_at) == (0, at("2027-04-01T00:00:00"))


def test_the_last_hours_of_a_period_that_ends_in_the_day():
    known = roll(ledger(period_ends_at=at("2026-11-11T06:00:00"), credits_spent=8_000), at("2026-11-11T05:00:00"))
    assert count_days_left(known) == 1
    assert day_share(known) == 1_000


def test_the_larger_count_and_the_smaller_limit_hold():
    known = correct(ledger(credits_spent=50), said(used=80, limit=5_000, per_minute=60))
    assert (known.credits_spent, known.credits_limit, known.requests_limit) == (80, 5_000, 30)
    assert correct(ledger(credits_spent=50), said(used=20)).credits_spent == 50


def test_after_a_quiet_while_the_account_is_right_even_when_it_says_less():
    known = correct(ledger(credits_spent=50, day_base=40), said(used=20), is_quiet=True)
    assert (known.credits_spent, known.day_base) == (20, 20)


def test_the_accounts_next_month_begins_with_its_own_count():
    first = correct(ledger(credits_spent=9_000), said(used=9_000))
    known = correct(first, said(used=2, resets="2027-01-01T00:00:00"), NOON + 1, settled_since=1)
    assert (known.credits_spent, known.period_ends_at) == (3, at("2027-01-01T00:00:00"))


def test_an_answer_that_is_late_changes_nothing():
    known = correct(ledger(), said(used=5), NOON)
    assert correct(known, said(used=400, limit=1), NOON - 1) == known


def test_an_account_that_has_not_turned_its_month_yet_does_not_turn_ours_back():
    turned = roll(correct(ledger(), said(used=9_000)), at("2026-12-01T00:00:30"))
    known = correct(turned, said(used=9_000), at("2026-12-01T00:00:31"))
    assert (known.credits_spent, known.period_ends_at) == (0, at("2027-01-01T00:00:00"))


@pytest.mark.parametrize(("pause", "is_kept"), [("minute", True), ("month", False), ("key_refused", False)])
def test_an_account_that_answers_lifts_the_pauses_it_can_judge(pause, is_kept: bool):
    known = correct(ledger(paused_until=NOON + 60_000, pause=pause), said())
    assert (known.pause == pause) is is_kept
    assert (known.paused_until > 0) is is_kept
