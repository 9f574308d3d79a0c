"""The regression finds the greatest likelihood, gives the same for the same rows, and does not care about units."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.logistic import climb, fit, to_probability

ROWS = st.lists(
    st.tuples(st.fixed_dictionaries({"a": st.floats(-1e3, 1e3), "b": st.floats(-1e-3, 1e-3)}), st.booleans()),
    min_size=2,
    max_size=30,
)


@given(st.floats(allow_nan=False))
def test_every_log_odds_is_a_probability(log_odds):
    assert 0 <= to_probability(log_odds) <= 1
    assert to_probability(log_odds) + to_probability(-log_odds) == pytest.approx(1)


def test_probabilities_rise_with_the_log_odds():
    said = [to_probability(step / 10) for step in range(-300, 300)]
    assert all(before < after for before, after in pairwise(said))


@given(ROWS)
def test_the_same_rows_give_the_same_weights_and_probabilities(rows):
    features, labels = [row for row, _ in rows], [label for _, label in rows]
    found = fit(features, labels)
    assert found == fit(features, labels)
    assert all(0 <= to_probability(found.score(row)) <= 1 for row in features)


@given(ROWS, st.floats(0.01, 100), st.floats(-50, 50))
def test_units_of_a_feature_change_no_probability(rows, factor, offset):
    features = [{"a": round(row["a"], 3), "b": 0.0} for row, _ in rows]
    labels = [label for _, label in rows]
    moved = [{**row, "a": row["a"] * factor + offset} for row in features]
    before, after = fit(features, labels), fit(moved, labels)
    for row, other in zip(features, moved, strict=True):
        assert before.score(row) == pytest.approx(after.score(other), abs=1e-4)


def test_separable_rows_are_told_apart_without_infinite_weights():
    rows = [{"x": float(x)} for x in range(-20, 20)]
    found = fit(rows, [row["x"] >= 0 for row in rows])
    assert all((found.score(row) > 0) == (row["x"] >= 0) for row in rows)
    assert max(map(abs, found.weights)) < 20


def test_where_all_are_alike_the_share_is_all_that_is_said():
    rows = [{"x": 3.0}] * 40
    found = fit(rows, [place < 30 for place in range(40)])
    assert to_probability(found.score({"x": 3.0})) == pytest.approx(0.75, abs=1e-6)


def test_what_is_found_has_the_least_loss_around_it():
    rng = random.Random(3)
    rows = [[rng.gauss(0, 1), rng.gauss(0, 1), 1.0] for _ in range(60)]
    targets = [float(rng.random() < to_probability(row[0] - row[1])) for row in rows]
    found = climb(rows, targets, [1.0, 1.0, 0.0])

    def slope(place: int) -> float:
        errors = (
            to_probability(sum(x * w for x, w in zip(row, found, strict=True))) - t
            for row, t in zip(rows, targets, strict=True)
        )
        return sum(error * row[place] for error, row in zip(errors, rows, strict=True)) + (
            found[place] if place < 2 else 0
        )

    assert [slope(place) for place in range(3)] == pytest.approx([0, 0, 0], abs=1e-4)


def test_one_step_goes_in_the_right_direction_and_further_ones_on():
    rows, targets = [[float(x), 1.0] for x in range(-5, 6)], [float(x > 1) for x in range(-5, 6)]
    (early, _), (late, _) = (climb(rows, targets, [0.1, 0.0], steps_max=steps) for steps in (1, 50))
    assert 0 < early < late


def test_nothing_teaches_nothing():
    with pytest.raises(ValueError, match="nothing"):
        fit([], [])
