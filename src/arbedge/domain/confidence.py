"""How likely an alert's edge is still there 5 s later: learned from what became of earlier alerts, and calibrated.

    outcomes, oldest first:  [ 60 % train: logistic regression ][ 20 % calibrate: Platt ][ 20 % hold out: judge ]

Calibration scales and shifts the log odds, never turning them round, so a higher score is a higher probability. A model
is judged on outcomes newer than all it was made from, and takes another's place only if it is not worse on them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from arbedge.domain.claim import Confidence
from arbedge.domain.features import Features
from arbedge.domain.logistic import Weights, climb, fit, to_probability
from arbedge.domain.market import Mode

OUTCOMES_MIN: Final = 200  # before anything is learned
OUTCOMES_OF_A_KIND_MIN: Final = 20  # in the training part, of those that lasted and of those that did not
TRAIN_SHARE: Final = 0.6
CALIBRATE_SHARE: Final = 0.2
BINS: Final = 10
FEATURES_VERSION: Final = "v1"


class Example(Struct, frozen=True):
    """What was known of an alert at its confirmation, and whether its edge was still there 5 s later."""

    claimed_at: int
    features: Features
    lasted: bool


class ReliabilityBin(Struct, frozen=True):
    """Held-out alerts with a probability in [low, high): what was said, and what happened."""

    low: float
    high: float
    n: int
    mean_p: float
    positive_share: float


class Judgement(Struct, frozen=True):
    """How a model did on outcomes that it had not seen, against always saying the share known before them."""

    n: int
    brier: float
    brier_of_base_rate: float
    reliability: list[ReliabilityBin]


class Model(Struct, frozen=True):
    """A version of the arithmetic between features and probability; data, so that a replay can use the same."""

    version: str
    mode: Mode
    trained_at: int
    n: int
    data_from: int
    data_to: int
    base_rate: float
    weights: Weights
    slope: float
    shift: float
    judgement: Judgement

    def predict(self, features: Mapping[str, float]) -> float:
        return to_probability(self.slope * self.weights.score(features) + self.shift)


class Learned(Struct, frozen=True):
    """What one market's outcomes have taught so far: always how many there are, and a model once they suffice.

    `shares` counts outcomes by pair, `everyone` is the share of all that lasted, both as of `learned_at`.
    """

    mode: Mode
    learned_at: int
    n: int
    everyone: float
    shares: dict[str, tuple[int, int]]
    model: Model | None = None


def state_confidence(learned: Learned | None, features: Features) -> Confidence:
    """The probability with where it comes from; without a model, how many outcomes there are."""
    if learned is None:
        return Confidence()
    model = learned.model
    if model is None:
        return Confidence(n=learned.n)
    return Confidence(p=model.predict(features), n=model.n, model=model.version)


def train(examples: Sequence[Example], mode: Mode, now: int) -> Model | None:
    """A model of these outcomes; None where there are too few of them, or too few of one kind."""
    ordered = sorted(examples, key=lambda one: one.claimed_at)
    cut, hold = _cut(len(ordered), TRAIN_SHARE), _cut(len(ordered), TRAIN_SHARE + CALIBRATE_SHARE)
    training, calibrating, held_out = ordered[:cut], ordered[cut:hold], ordered[hold:]
    lasted = sum(one.lasted for one in training)
    if len(ordered) < OUTCOMES_MIN or min(lasted, cut - lasted) < OUTCOMES_OF_A_KIND_MIN:
        return None
    weights = fit([one.features for one in training], [one.lasted for one in training])
    slope, shift = calibrate([weights.score(one.features) for one in calibrating], [one.lasted for one in calibrating])
    seen = ordered[:hold]
    base_rate = sum(one.lasted for one in seen) / len(seen)
    said = [to_probability(slope * weights.score(one.features) + shift) for one in held_out]
    return Model(
        version=f"{FEATURES_VERSION}-{mode}-{now}",
        mode=mode,
        trained_at=now,
        n=len(ordered),
        data_from=ordered[0].claimed_at,
        data_to=ordered[-1].claimed_at,
        base_rate=base_rate,
        weights=weights,
        slope=slope,
        shift=shift,
        judgement=judge(said, [one.lasted for one in held_out], base_rate),
    )


def take_held_out(examples: Sequence[Example]) -> list[Example]:
    """The newest outcomes, on which models are judged."""
    ordered = sorted(examples, key=lambda one: one.claimed_at)
    return ordered[_cut(len(ordered), TRAIN_SHARE + CALIBRATE_SHARE) :]


def is_not_worse(new: Model, old: Model | None, examples: Sequence[Example]) -> bool:
    """Compares both on the newest outcomes, which the new one has not seen."""
    held_out = take_held_out(examples)
    if old is None or not held_out:
        return True
    lasted = [one.lasted for one in held_out]
    return new.judgement.brier <= measure_brier([old.predict(one.features) for one in held_out], lasted)


def calibrate(scores: Sequence[float], lasted: Sequence[bool]) -> tuple[float, float]:
    """Platt's scaling: slope and shift of the log odds, drawn towards leaving them as they are, never falling."""
    if not scores:
        return 1.0, 0.0
    rows = [[score, 1.0] for score in scores]
    slope, shift = climb(rows, [float(one) for one in lasted], [1.0, 1.0], [1.0, 0.0])
    if slope >= 0:
        return slope, shift
    # Scores that point the wrong way say nothing: what is left is the share itself.
    (shift,) = climb([[1.0]] * len(scores), [float(one) for one in lasted], [1.0])
    return 0.0, shift


def judge(said: Sequence[float], lasted: Sequence[bool], base_rate: float) -> Judgement:
    return Judgement(
        n=len(said),
        brier=measure_brier(said, lasted),
        brier_of_base_rate=measure_brier([base_rate] * len(said), lasted),
        reliability=tabulate(said, lasted),
    )


def measure_brier(said: Sequence[float], lasted: Sequence[bool]) -> float:
    """The mean squared difference between what was said and what happened."""
    return sum((p - one) ** 2 for p, one in zip(said, lasted, strict=True)) / len(said)


def tabulate(said: Sequence[float], lasted: Sequence[bool]) -> list[ReliabilityBin]:
    """Up to ten bins of equal width; empty ones are left out."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for p, one in zip(said, lasted, strict=True):
        bins.setdefault(min(int(p * BINS), BINS - 1), []).append((p, one))
    return [
        ReliabilityBin(
            low=place / BINS,
            high=(place + 1) / BINS,
            n=len(found),
            mean_p=sum(p for p, _ in found) / len(found),
            positive_share=sum(one for _, one in found) / len(found),
        )
        for place, found in sorted(bins.items())
    ]


def _cut(count: int, share: float) -> int:
    return round(count * share)
