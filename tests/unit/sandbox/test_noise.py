"""Noise: the same everywhere, bounded, without jumps."""

from hypothesis import given
from hypothesis import strategies as st

from scripts.sandbox.market.noise import Wave, key_of, signed, uniform

KEYS = st.integers(0, 2**64 - 1)
TIMES = st.integers(0, 4_000_000_000_000)


@given(KEYS, st.integers(0, 2**62))
def test_draws_stay_in_their_range(key: int, n: int) -> None:
    assert -1 <= signed(key, n) < 1
    assert 0 <= uniform(key, n) < 1


@given(KEYS, TIMES)
def test_a_wave_remembers_nothing_that_matters(key: int, t_ms: int) -> None:
    octaves = [(60_000, 0.5), (7_000, 0.1)]
    used = Wave(key, octaves)
    for other in (t_ms + 1_000_000, 0, t_ms - 60_000 if t_ms > 60_000 else 5):
        used.at(other)
    assert used.at(t_ms) == Wave(key, octaves).at(t_ms)


@given(KEYS, TIMES)
def test_a_wave_is_bounded_and_has_no_jumps(key: int, t_ms: int) -> None:
    wave = Wave(key, [(60_000, 0.5)])
    assert abs(wave.at(t_ms)) <= 0.5
    # The steepest blend rises by 1.5 times the corner distance per period.
    assert abs(wave.at(t_ms + 100) - wave.at(t_ms)) <= 1.0 * 1.5 * 100 / 60_000 + 1e-9


def test_keys_do_not_depend_on_the_process() -> None:
    assert key_of("market", 7) == 17526797688162877850
