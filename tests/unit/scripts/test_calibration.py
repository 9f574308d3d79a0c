"""Calibration over a market laid out by hand: what is claimed, what is left of it, and what is not recorded."""

import asyncio
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from arbedge.domain.appraisal import Appraisal
from arbedge.domain.decision import LegKey
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId
from arbedge.domain.policy import Policy
from scripts.calibration.building import charge_last
from scripts.calibration.course import Claimed, Course, Found, Rules, list_outcomes
from scripts.calibration.document import render_finding
from scripts.calibration.figures import Finding, add_up, sum_realised
from scripts.calibration.markets import TOLD
from scripts.calibration.tape import About, Frame, RecordedTape, Row, level

ROOT = Path(__file__).parents[3]
START = 1_795_000_000_000
BUY: LegKey = ("binance", "spot", "LTCUSDT")
SELL: LegKey = ("okx", "spot", "LTCUSDT")
ABOUT = About("hand", "by hand", (), "5 s", "all", "none", ("cross_exchange",), "after_5s")
TOLD_RULES = Rules(TOLD, Policy())


def instrument(exchange: ExchangeId) -> Instrument:
    fine = Decimal("0.001")
    return Instrument(exchange, "spot", "LTCUSDT", "LTC", "LTC", "USDT", fine, fine, fine, None, is_trading=True)


def frame(at: int, gap_bps: float, size: float = 1000) -> Frame:
    """Bought at 100, sold `gap_bps` above it."""
    bid = 100 * (1 + gap_bps / 10_000)
    return {
        BUY: Row([level("99.99", size)], [level("100", size)], at),
        SELL: Row([level(f"{bid:.6f}", size)], [level(f"{bid + 0.01:.6f}", size)], at),
    }


def net_bps(gap_bps: float) -> float:
    """Two fees of 10 bps, the second on the higher price, and 2 bps of rebalancing."""
    return gap_bps - 10 - 10 * (1 + gap_bps / 10_000) - 2


def run(frames: dict[int, Frame], moments: list[int] | None = None, rules: Rules = TOLD_RULES) -> Finding:
    instruments = {BUY: instrument("binance"), SELL: instrument("okx")}
    tape = RecordedTape(ABOUT, instruments, sorted(frames), lambda at: frames[at], moments)
    return add_up(ABOUT, rules, asyncio.run(Course(tape, rules, lambda *_: None).run()))


def only(found: Found) -> Claimed:
    (claimed,) = found.claims.values()
    return claimed


def valued(claimed: Claimed, step: str) -> Appraisal:
    answer = next(answer for name, answer in claimed.answers.items() if name == step)
    assert answer is not None
    return answer


def test_what_is_left_is_worked_out_from_the_books_of_that_moment():
    gaps = {0: 60, 10: 50, 15: 40, 20: 60, 70: 30}
    frames = {START + s * 1000: frame(START + s * 1000, gap) for s, gap in gaps.items()}
    finding = run(frames, [START, START + 10_000, START + 20_000])
    claimed = only(finding.found)
    assert claimed.opportunity.claim is not None
    assert float(claimed.opportunity.claim.net_bps) == pytest.approx(net_bps(50), abs=1e-3)
    assert valued(claimed, "after_5s").realised_bps == pytest.approx(net_bps(40), abs=1e-3)
    assert valued(claimed, "after_60s").realised_bps == pytest.approx(net_bps(30), abs=1e-3)
    assert claimed.answers["expiry"] is None
    (first, *_) = finding.realised
    assert (first.name, first.step, first.n) == ("all", "after_5s", 1)
    assert first.median == pytest.approx(net_bps(40) / net_bps(50), abs=1e-4)


def test_a_moment_that_is_not_recorded_has_no_figure():
    """Between two minutes nothing is known, however close they are to each other in price."""
    frames = {START + minute * 60_000: frame(START + minute * 60_000, 50) for minute in range(3)}
    finding = run(frames)
    claimed = only(finding.found)
    assert claimed.answers["after_5s"] is None
    assert valued(claimed, "after_60s").realised_bps == pytest.approx(net_bps(50), abs=1e-3)
    assert finding.answered["after_5s"] == {"not recorded": 1}
    assert "+5 s: not recorded 1" in "\n".join(render_finding(finding, [finding]))


def test_a_book_has_no_depth_but_what_was_recorded():
    frames = {START + s * 1000: frame(START + s * 1000, 50, 10.1) for s in (0, 10)}
    assert len(run(frames).found.claims) == 1
    frames = {START + s * 1000: frame(START + s * 1000, 50, 9.9) for s in (0, 10)}
    finding = run(frames)
    assert not finding.found.claims
    assert finding.found.drops["depth"] == 2


def test_a_side_that_was_not_recorded_is_not_traded_on():
    at = START + 10_000
    late = frame(at + 5_000, 50)
    frames = {
        START: frame(START, 50),
        at: frame(at, 50),
        at + 5_000: {**late, BUY: late[BUY]._replace(sides=frozenset({"sell"}))},
    }
    assert only(run(frames).found).answers["after_5s"] is None


def test_every_sighting_is_a_claim_where_that_is_asked_for():
    frames = {START + s * 1000: frame(START + s * 1000, 3) for s in range(0, 50, 5)}
    below = Policy(min_net_bps={**Policy().min_net_bps, "cross_exchange": -1e6}, confirmations=1)
    assert not run(frames).found.claims
    finding = run(frames, rules=Rules("all", below, is_every_sighting=True))
    assert len(finding.found.claims) == 10
    assert finding.answered["after_5s"] == {"valued": 9, "not recorded": 1}
    assert finding.judged.lasted == 0
    assert finding.judged.why == "none of 9 lasted: there is nothing to tell apart"
    assert finding.realised == []  # what claims less than nothing has no ratio


def test_nothing_is_learned_before_it_is_known():
    frames = {START + s * 1000: frame(START + s * 1000, 50) for s in (0, 10, 17)}
    claims = list(run(frames, [START, START + 10_000]).found.claims.values())
    due = START + 15_000
    assert list_outcomes(claims, "after_5s", due) == []
    assert [one.example.lasted for one in list_outcomes(claims, "after_5s", due + 2_000)] == [True]


def test_quartiles_are_by_rank_and_what_is_gone_counts_as_judged():
    frames = {START + s * 1000: frame(START + s * 1000, 50) for s in (0, 10, 15)}
    claimed = only(run(frames, [START, START + 10_000]).found)
    answer = valued(claimed, "after_5s")

    def with_left(realised: float | None) -> Claimed:
        state, reason = ("valued", None) if realised is not None else ("unvalued", "depth")
        changed = replace(answer, claimed_bps=10.0, state=state, reason=reason, realised_bps=realised)
        return Claimed(claimed.opportunity, {"after_5s": changed})

    group = [with_left(left) for left in (40.0, 10.0, 30.0, 20.0, None)]
    first = sum_realised(group)[0]
    assert (first.n, first.judged, first.median, first.lower_quartile, first.upper_quartile) == (4, 5, 2.5, 1.0, 3.0)
    assert first.positive_share == 0.8


def test_funding_is_what_was_charged_last_and_never_what_is_charged_next():
    hour = 3_600_000
    charged = [(0, 0.0001), (8 * hour, 0.0002), (16 * hour, 0.0003)]
    for at, rate, next_at in ((8 * hour - 1, 0.0001, 8), (8 * hour, 0.0002, 16), (15 * hour, 0.0002, 16)):
        funding = charge_last(charged, at, 8, 100.0)
        assert funding is not None
        assert (funding.rate, funding.next_at) == (rate, next_at * hour)
    assert charge_last(charged[1:], hour, 8, 100.0) is None


def test_without_the_recorded_data_the_command_says_so(tmp_path):
    environment = os.environ | {"ARBEDGE_FIXTURES": str(tmp_path), "PYTHONPATH": "src"}
    command = [sys.executable, "-m", "scripts.calibration"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert str(tmp_path) in done.stdout.replace("\n", "")
    assert "ARBEDGE_FIXTURES" in done.stdout
    assert "Traceback" not in done.stderr
