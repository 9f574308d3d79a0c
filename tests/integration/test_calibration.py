"""Calibration on a slice of recorded scans, against the same figures worked out from the file by hand."""

import asyncio
import csv
import gzip
from math import exp
from statistics import median

import pytest

from arbedge.domain.confidence import Example, Model
from scripts.calibration.course import Course, list_outcomes
from scripts.calibration.figures import Finding, add_up
from scripts.calibration.markets import SET_OFF, SET_OFF_MIN_BPS, TOLD, list_rules
from scripts.calibration.quoted import SCANS_FILE, load_scans
from scripts.calibration.tape import RecordedTape
from scripts.sandbox.config import fixtures_directory

SCANS = 160
FEES_BPS = 10.0
pytestmark = pytest.mark.skipif(
    not (fixtures_directory() / "market" / SCANS_FILE).exists(), reason="the recorded data is not there"
)


def run(title: str) -> Finding:
    tape = load_scans(fixtures_directory())
    short = RecordedTape(tape.about, tape.instruments, tape.moments, tape.get_frame, tape.moments[:SCANS])
    rules = next(one for one in list_rules(tape.about) if one.title == title)
    return add_up(tape.about, rules, asyncio.run(Course(short, rules, lambda *_: None).run()))


@pytest.fixture(scope="module")
def set_off() -> Finding:
    return run(SET_OFF)


def read_by_hand() -> dict[int, dict[str, tuple[str, str, float]]]:
    """By time and coin: where to buy, where to sell, and the edge with both fees given back."""
    scans: dict[int, dict[str, tuple[str, str, float]]] = {}
    with gzip.open(fixtures_directory() / "market" / SCANS_FILE, "rt") as lines:
        for row in csv.DictReader(lines):
            coins = scans.setdefault(int(row["ts_ms"]), {})
            middle, half = float(row["mid_price"]), float(row["gross_bps"]) / 20_000
            if row["best_buy"] != row["best_sell"] and middle:
                ratio = (1 + half) / (1 - half)
                edge = (ratio - 1) * 10_000 - FEES_BPS - FEES_BPS * ratio + 2 * FEES_BPS
                coins[row["coin"]] = (row["best_buy"], row["best_sell"], edge)
    return scans


def follow_by_hand() -> dict[tuple[int, str], tuple[float, float]]:
    """What was claimed and what was left at the first scan from 60 to 70 s later in which the same pair was the best."""
    scans = read_by_hand()
    times = sorted(scans)
    followed: dict[tuple[int, str], tuple[float, float]] = {}
    for at in times[:SCANS]:
        later = next((time for time in times if at + 60_000 <= time <= at + 70_000), None)
        for coin, (buy, sell, claimed) in scans[at].items():
            found = scans[later].get(coin) if later else None
            if claimed >= SET_OFF_MIN_BPS and found and found[:2] == (buy, sell):
                followed[at, coin] = (claimed, found[2])
    return followed


def test_nothing_recorded_was_worth_telling():
    finding = run(TOLD)
    assert finding.found.scans == SCANS
    assert not finding.found.claims
    scans = read_by_hand()
    assert finding.found.drops == {"fees": sum(len(scans[at]) for at in sorted(scans)[:SCANS])}
    assert finding.judged.why == "no outcome is recorded"


def test_claims_and_what_was_left_are_those_of_the_file(set_off: Finding):
    scans, followed = read_by_hand(), follow_by_hand()
    expected = sum(one[2] >= SET_OFF_MIN_BPS for at in sorted(scans)[:SCANS] for one in scans[at].values())
    assert len(set_off.found.claims) == pytest.approx(expected, abs=2)  # a claim on the line may round either way
    ours = {}
    for claimed in set_off.found.claims.values():
        answer, one = claimed.answers["after_60s"], claimed.opportunity
        if answer is not None and one.claim is not None:
            ours[one.claim.at, one.asset] = (float(one.claim.net_bps), answer.realised_bps)
    assert len(ours) > 200
    assert len(ours.keys() ^ followed.keys()) <= 2
    for key in ours.keys() & followed.keys():
        assert ours[key] == pytest.approx(followed[key], abs=2e-3)
    row = next(one for one in set_off.realised if (one.grouping, one.step) == ("all", "after_60s"))
    assert row.n == len(ours)
    assert row.median == pytest.approx(median(realised / claimed for claimed, realised in ours.values()), abs=1e-9)
    assert row.positive_share == pytest.approx(sum(realised > 0 for _, realised in ours.values()) / len(ours), abs=1e-9)


def predict_by_hand(model: Model, example: Example) -> float:
    weights = model.weights
    rows = zip(weights.names, weights.means, weights.scales, weights.weights, strict=True)
    score = weights.intercept + sum(
        weight * (example.features.get(name, 0.0) - mean) / scale for name, mean, scale, weight in rows
    )
    return 1 / (1 + exp(-(model.slope * score + model.shift)))


def test_the_score_is_the_mean_square_of_what_was_said_against_what_happened(set_off: Finding):
    model = set_off.judged.model
    assert model is not None
    outcomes = list_outcomes(set_off.found.claims.values(), "after_60s")
    examples = sorted((one.example for one in outcomes), key=lambda one: one.claimed_at)
    older, newer = examples[: round(len(examples) * 0.8)], examples[round(len(examples) * 0.8) :]
    said = [predict_by_hand(model, one) for one in newer]
    brier = sum((p - one.lasted) ** 2 for p, one in zip(said, newer, strict=True)) / len(newer)
    base = sum(one.lasted for one in older) / len(older)
    assert model.judgement.n == len(newer)
    assert model.judgement.brier == pytest.approx(brier, abs=1e-12)
    assert model.judgement.brier_of_base_rate == pytest.approx(
        sum((base - one.lasted) ** 2 for one in newer) / len(newer), abs=1e-12
    )
    assert sum(one.n for one in model.judgement.reliability) == len(newer)


def test_no_feature_of_a_claim_knows_what_came_after_it(set_off: Finding):
    """A claim's own outcome must not be in the history of its pair: the same run cut short says the same of it."""
    tape = load_scans(fixtures_directory())
    half = tape.moments[: SCANS // 2]
    short = RecordedTape(tape.about, tape.instruments, half, tape.get_frame)
    found = asyncio.run(Course(short, set_off.rules, lambda *_: None).run())
    assert len(found.claims) > 100
    for id_, claimed in found.claims.items():
        assert claimed.opportunity.claim == set_off.found.claims[id_].opportunity.claim
