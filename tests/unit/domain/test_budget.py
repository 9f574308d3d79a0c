"""No window is ever overspent, whatever is asked and whenever; what is known survives a restart."""

from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.budget import Host, Limit, Used, learn_used, merge_hosts, reserve

NOW = 1_800_000_000_000
MINUTE = Limit("weight", 100, 60_000)
SLIDING = Limit("address", 100, 5_000, is_sliding=True)
CALLS = st.lists(st.tuples(st.integers(0, 4_000), st.integers(1, 30)), max_size=120)


def spend(limit: Limit, calls: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(time, weight) of what was allowed."""
    host, now, sent = Host(), NOW, []
    for pause_ms, weight in calls:
        now += pause_ms
        room_at = reserve(host, limit, weight, now)
        if room_at is None:
            sent.append((now, weight))
        else:
            assert now < room_at <= now + limit.window_ms
    return sent


@given(calls=CALLS)
def test_a_calendar_window_is_never_overspent(calls):
    windows: Counter[int] = Counter()
    for at, weight in spend(MINUTE, calls):
        windows[at // MINUTE.window_ms] += weight
    assert max(windows.values(), default=0) <= 80


@given(calls=CALLS)
def test_no_stretch_of_a_sliding_window_is_overspent(calls):
    sent = spend(SLIDING, calls)
    for start, _ in sent:
        assert sum(weight for at, weight in sent if start <= at < start + SLIDING.window_ms) <= 80


def test_four_fifths_are_ours_and_a_new_window_starts_anew():
    host = Host()
    assert [reserve(host, MINUTE, 40, NOW) for _ in range(2)] == [None, None]
    assert reserve(host, MINUTE, 1, NOW) == NOW + 60_000
    assert reserve(host, MINUTE, 80, NOW + 60_000) is None


def test_what_others_spent_counts():
    host = Host()
    reserve(host, MINUTE, 1, NOW)
    learn_used(host, MINUTE, 75, NOW, NOW + 100)
    assert reserve(host, MINUTE, 5, NOW + 200) is None
    assert reserve(host, MINUTE, 1, NOW + 200) is not None


def test_a_count_never_falls_within_a_window_and_says_nothing_of_the_next():
    host = Host()
    reserve(host, MINUTE, 50, NOW)
    learn_used(host, MINUTE, 7, NOW, NOW + 100)
    assert host.used["weight"].weight == 50
    learn_used(host, MINUTE, 79, NOW + 59_900, NOW + 60_100)
    assert host.used["weight"].weight == 0


def test_limits_are_counted_apart():
    host = Host()
    other = Limit("other", 100, 60_000)
    assert reserve(host, MINUTE, 80, NOW) is None
    assert reserve(host, other, 80, NOW) is None


def test_it_comes_back_from_storage_as_it_was():
    host = Host(quiet_until=5, clock_offset_ms=-7, used={"weight": Used(3, 4, 5)})
    assert msgspec.json.decode(msgspec.json.encode(host), type=Host) == host


def test_of_memory_and_storage_the_stricter_counts():
    kept = {"a": Host(quiet_until=10, used={"w": Used(7, 5), "x": Used(7, 5)})}
    stored = {"a": Host(quiet_until=20, used={"w": Used(7, 9), "x": Used(6, 9), "y": Used(1, 1)}), "b": Host(3)}
    merge_hosts(kept, stored)
    assert kept["a"].quiet_until == 20
    assert {name: used.weight for name, used in kept["a"].used.items()} == {"w": 9, "x": 5, "y": 1}
    assert kept["b"].quiet_until == 3
    merge_hosts(kept, {"a": Host(quiet_until=1)})
    assert kept["a"].quiet_until == 20
