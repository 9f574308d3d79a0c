"""What is learned of outcomes: too little is no number, probabilities are calibrated, the newest outcomes judge."""

import random
from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.claim import Confidence
from arbedge.domain.confidence import (
    Example,
    Learned,
    calibrate,
    is_not_worse,
    measure_brier,
    state_confidence,
    tabulate,
    take_held_out,
    train,
)
from arbedge.domain.logistic import to_probability

DAY = 86_400_000


def make_world(count: int, seed: int = 1, base: float = 0.8) -> tuple[list[Example], list[float]]:
    """Alerts whose true probabilities are known: the model's own shape, but other units and a useless feature."""
    rng = random.Random(seed)
    examples, truths = [], []
    for place in range(count):
        edge, depth, noise = rng.gauss(3, 1), rng.expovariate(1), rng.random()
        truth = to_probability(base + 1.2 * (edge - 3) - 0.8 * (depth - 1))
        truths.append(truth)
        features = {"edge": 100 * edge, "depth": depth, "noise": noise}
        examples.append(Example(place * 60_000, features, rng.random() < truth))
    return examples, truths


@pytest.fixture(scope="module")
def world():
    examples, truths = make_world(1_500)
    model = train(examples, "synthetic", DAY)
    assert model
    return examples, truths, model


def test_the_reliability_table_lies_within_its_bands_and_brier_near_the_best(world):
    examples, truths, model = world
    judged = model.judgement
    best = measure_brier(truths[-300:], [one.lasted for one in examples[-300:]])
    assert (judged.n, sum(one.n for one in judged.reliability)) == (300, 300)
    assert judged.brier == pytest.approx(best, abs=0.015)
    assert judged.brier < judged.brier_of_base_rate - 0.02
    for one in judged.reliability:
        band = 3 * sqrt(one.mean_p * (1 - one.mean_p) / one.n)
        assert abs(one.positive_share - one.mean_p) <= band + 0.03
    fresh, known = make_world(400, seed=9)
    assert max(abs(model.predict(one.features) - p) for one, p in zip(fresh, known, strict=True)) < 0.25


def test_training_is_the_same_whatever_the_order_of_the_rows(world):
    examples, _, model = world
    shuffled = random.Random(5).sample(examples, len(examples))
    assert train(shuffled, "synthetic", DAY) == model


def test_the_newest_fifth_judges_and_teaches_nothing(world):
    examples, _, model = world
    held_out = take_held_out(examples)
    assert held_out == examples[-300:]
    turned = examples[:-300] + [replace(one, lasted=not one.lasted) for one in held_out]
    other = train(turned, "synthetic", DAY)
    assert other
    assert (other.weights, other.slope, other.shift, other.base_rate) == (
        model.weights, model.slope, model.shift, model.base_rate,
    )  # fmt: skip
    assert other.judgement.brier > model.judgement.brier


@pytest.mark.parametrize(
    ("count", "lasting", "is_enough"), [(199, 100, False), (200, 100, True), (300, 0, False), (300, 15, False)]
)
def test_too_few_outcomes_or_too_few_of_a_kind_teach_nothing(count, lasting, is_enough):
    rng = random.Random(2)
    examples = [Example(place, {"x": rng.random()}, place % count < lasting) for place in range(count)]
    if lasting == 100:
        examples = [replace(one, lasted=place % 2 == 0) for place, one in enumerate(examples)]
    assert (train(examples, "live", 1) is not None) == is_enough


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(-20, 20), st.booleans()), max_size=40))
def test_calibration_never_turns_scores_round(pairs):
    slope, shift = calibrate([score for score, _ in pairs], [lasted for _, lasted in pairs])
    assert slope >= 0
    said = [to_probability(slope * score + shift) for score in sorted(score for score, _ in pairs)]
    assert all(before <= after for before, after in pairwise(said))
    assert all(0 <= p <= 1 for p in said)


def test_scores_that_point_the_wrong_way_leave_the_share():
    slope, shift = calibrate([float(x) for x in range(-50, 50)], [x < 0 for x in range(-50, 50)])
    assert slope == 0
    assert to_probability(shift) == pytest.approx(0.5, abs=0.01)


def test_overconfident_scores_are_toned_down():
    rng = random.Random(4)
    scores = [rng.gauss(0, 4) for _ in range(400)]
    slope, _ = calibrate(scores, [rng.random() < to_probability(score / 4) for score in scores])
    assert 0.15 < slope < 0.4


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_each_outcome_is_in_one_bin_and_bins_hold_what_they_say(pairs):
    bins = tabulate([p for p, _ in pairs], [lasted for _, lasted in pairs])
    assert sum(one.n for one in bins) == len(pairs)
    assert len(bins) <= 10
    for one in bins:
        assert one.low - 1e-9 <= one.mean_p <= one.high + 1e-9
        assert 0 <= one.positive_share <= 1


def test_a_model_takes_anothers_place_only_if_it_is_not_worse(world):
    examples, _, model = world
    assert is_not_worse(model, None, examples)
    assert is_not_worse(model, model, examples)
    shifted = replace(model, shift=model.shift + 3)
    assert is_not_worse(model, shifted, examples)
    held_out = take_held_out(examples)
    said = [shifted.predict(one.features) for one in held_out]
    bad = replace(
        shifted, judgement=replace(model.judgement, brier=measure_brier(said, [one.lasted for one in held_out]))
    )
    assert not is_not_worse(bad, model, examples)


def test_confidence_is_stated_with_its_model_or_with_how_little_is_known(world):
    examples, _, model = world
    features = examples[0].features
    assert state_confidence(None, features) == Confidence(None, 0, None)
    learned = Learned("synthetic", 1, 37, 0.5, {})
    assert state_confidence(learned, features) == Confidence(None, 37, None)
    said = state_confidence(replace(learned, model=model), features)
    assert said == Confidence(model.predict(features), 1_500, f"v1-synthetic-{DAY}")
    assert model.predict({}) == pytest.approx(model.predict(dict.fromkeys(model.weights.names, 0.0)))
