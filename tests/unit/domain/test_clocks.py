"""A clock that is off is found out, and a slow answer is not taken for one."""

from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.clocks import estimate_offset
from arbedge.domain.market import Feed, Quote

NOW = 1_800_000_000_000


def test_clocks_that_agree_need_no_correction_however_slow_the_answer():
    assert estimate_offset(NOW, NOW + 3_000, NOW + 10, NOW + 10) == 0
    assert estimate_offset(NOW, NOW + 100, NOW - 400, NOW + 599) == 0


def test_a_time_that_no_clock_would_show_is_ignored():
    assert estimate_offset(NOW, NOW + 100, 0, 0) is None
    assert estimate_offset(NOW, NOW + 100, NOW * 2, NOW * 2) is None


@given(true=st.integers(-3_000_000, 3_000_000), there=st.integers(0, 4_000), back=st.integers(0, 4_000))
def test_the_estimate_is_never_further_off_than_the_answer_took(true, there, back):
    shown = NOW + there + true
    offset = estimate_offset(NOW, NOW + there + back, shown, shown)
    assert offset is not None
    assert abs(offset - true) <= there + back
    assert abs(offset) <= abs(true), "it never corrects more than there is"


def make_feed(offset: int) -> Feed:
    return Feed(exchange="bybit", market="spot", state="ok", received_at=NOW, latency_ms=50, clock_offset_ms=offset)


def test_a_clock_ahead_of_ours_does_not_hide_staleness_nor_make_ages_negative():
    ahead = 60_000
    fresh = Quote("BTCUSDT", "BTC", "USDT", 1.0, 1.0, 2.0, 1.0, NOW - 100 + ahead)
    stale = Quote("BTCUSDT", "BTC", "USDT", 1.0, 1.0, 2.0, 1.0, NOW - 45_000 + ahead)
    assert make_feed(ahead).age_ms(fresh, NOW) == 100
    assert make_feed(ahead).age_ms(stale, NOW) == 45_000
