"""Rolling correlation: what each window alone would give, whatever went through before."""

from fractions import Fraction
from math import sqrt
from statistics import correlation as pearson

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from arbedge.domain.correlation import RollingPearson

whole = st.integers(-1000, 1000)
pairs = st.lists(st.tuples(whole, whole), max_size=60)
lengths = st.integers(2, 20)


def exact(window: list[tuple[int, int]]) -> float | None:
    """Pearson in fractions; only the last step is rounded."""
    count = len(window)
    mean_x, mean_y = (Fraction(sum(pair[side] for pair in window), count) for side in (0, 1))
    xx = sum((x - mean_x) ** 2 for x, _ in window)
    yy = sum((y - mean_y) ** 2 for _, y in window)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in window)
    return float(xy) / sqrt(xx * yy) if xx and yy else None


def run(given_pairs, length: int) -> list[float | None]:
    rolling = RollingPearson(length)
    return [rolling.update(x, y) for x, y in given_pairs]


@given(pairs, lengths)
def test_rolling_is_the_definition_on_every_window(given_pairs, length):
    for index, got in enumerate(run(given_pairs, length)):
        window = given_pairs[max(0, index + 1 - length) : index + 1]
        wanted = exact(window) if len(window) == length else None
        assert got == (None if wanted is None else pytest.approx(wanted, rel=1e-9, abs=1e-9))
        assert got is None or -1 <= got <= 1


@given(
    st.lists(
        st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
        min_size=5,
        max_size=30,
        unique_by=(lambda p: round(p[0], 3), lambda p: round(p[1], 3)),
    )
)
def test_rolling_agrees_with_the_standard_library(given_pairs):
    found = run(given_pairs, len(given_pairs))[-1]
    assert found == pytest.approx(pearson(*zip(*given_pairs, strict=True)), abs=1e-9)


@given(pairs, lengths, st.sampled_from([-4.0, 0.5, 1024.0]))
def test_units_do_not_matter_and_an_inverse_turns_the_sign(given_pairs, length, factor):
    sign = 1 if factor > 0 else -1
    before = run(given_pairs, length)
    after = run([(x * factor, y) for x, y in given_pairs], length)
    assert after == [None if one is None else pytest.approx(one * sign, abs=1e-12) for one in before]
    assert run([(y, x) for x, y in given_pairs], length) == [
        None if one is None else pytest.approx(one, abs=1e-12) for one in before
    ]


@given(st.lists(whole, min_size=2, max_size=20))
def test_a_series_goes_with_itself(values):
    assume(len(set(values)) > 1)
    assert run([(value, value) for value in values], len(values))[-1] == pytest.approx(1)
    assert run([(value, 5 - 3 * value) for value in values], len(values))[-1] == pytest.approx(-1)


def test_an_extreme_pair_leaves_nothing_behind():
    quiet = [(float(index % 3), float(index % 3)) for index in range(30)]
    assert run([*quiet, (1e12, -1e12), *quiet], 10)[-1] == pytest.approx(1, abs=1e-12)


def test_a_constant_correlates_with_nothing():
    assert set(run([(0.1, float(index)) for index in range(20)], 5)) == {None}


def test_a_missing_value_starts_anew():
    line = [(float(index), float(index)) for index in range(6)]
    assert [one is None for one in run([*line, (None, 1.0), *line[:3], (1.0, None), *line], 4)] == [
        *[True] * 3,
        *[False] * 3,
        *[True] * 4,
        *[True] * 4,
        *[False] * 3,
    ]


@pytest.mark.parametrize("length", [-1, 0, 1])
def test_two_pairs_at_least(length):
    with pytest.raises(ValueError, match="nothing"):
        RollingPearson(length)
