"""The life of a technical opportunity: over with its hour, never back, no probability; and what it says of arbitrage."""

from decimal import Decimal as D
from typing import Any

import pytest
from msgspec.structs import replace

from arbedge.domain.appraisal import Due, appraise
from arbedge.domain.claim import Confidence
from arbedge.domain.confidence import Learned
from arbedge.domain.decision import Known, LegKey, choose, conclude
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.eligibility import check_eligibility, get_alert_setting
from arbedge.domain.episodes import is_remembered
from arbedge.domain.person import Preferences
from arbedge.domain.policy import Policy
from tests.unit.domain import test_decision as arbitrage
from tests.unit.domain.builders import HOUR, NOW, book, instrument
from tests.unit.domain.technical.builders import BAR, batch, place, signal
from tests.unit.domain.test_eligibility import person, session
from tests.unit.domain.test_technical import FUNDING, market

POLICY = Policy()
START = BAR + HOUR + 600_000
ENTER_BY = BAR + 2 * HOUR
KEY: LegKey = ("binance", "perp", "BTCUSDT")
LEARNED = Learned("synthetic", NOW, 500, 0.7, {})


class Course:
    """Scans of one signal on one book, as the application runs them."""

    def __init__(self, **told: Any) -> None:
        self.known = Known({}, [], learned=LEARNED, signals=batch(signal(**told)))
        self.episodes: dict[str, Any] = {}

    def scan(self, at: int, bid: float = 99.9):
        ask = bid + 0.2
        seen = replace(market(bid, ask, at=at, funding=replace(FUNDING, next_at=at + HOUR)), scan_id=at, finished_at=at)
        seen = replace(seen, feeds=[replace(seen.feeds[0], received_at=at)])
        books = {KEY: book(*KEY, bids=[(f"{bid:.1f}", "90")], asks=[(f"{ask:.1f}", "90")], at=at)}
        rules = {KEY: instrument(*KEY)}
        decision = conclude(choose(seen, self.known, POLICY), seen, rules, books, self.known, at, POLICY)
        self.episodes |= {one.id: one for one in decision.changed}
        remembered = [one for one in self.episodes.values() if is_remembered(one, at - POLICY.reopen_ms_max)]
        self.known = replace(self.known, streaks=decision.streaks, episodes=remembered)
        return decision

    def open(self):
        self.scan(START)
        [opened] = self.scan(START + 10_000).changed
        return opened


def test_two_scans_open_it_with_its_signal_and_without_a_probability():
    one = Course().open()
    assert (one.type, one.status, one.is_premium, one.needs_inventory) == ("technical", "active", True, False)
    assert one.sighting.signal
    assert one.sighting.signal.signal == signal()
    assert one.sighting.exit_books
    assert one.claim
    assert (one.claim.features, one.claim.confidence) == ({}, Confidence())
    assert one.claim.entered_at == one.sighting.edge.fills[0].vwap


def test_it_expires_with_the_hour_in_which_it_may_be_entered():
    course = Course()
    opened = course.open()
    assert opened.expires_at == START + 10_000 + POLICY.unconfirmed_ms_max
    course.scan(ENTER_BY - 30_000)
    [late] = course.episodes.values()
    assert late.expires_at == ENTER_BY
    decision = course.scan(ENTER_BY)
    [ended] = decision.changed
    assert (ended.status, ended.end_reason) == ("expired", "signal_over")
    assert decision.drop_counts == {"signal_over": 1}


@pytest.mark.parametrize(("bid", "reason"), [(106.5, "target_passed"), (95.0, "stop_passed")])
def test_what_has_reached_target_or_stop_ends_and_never_comes_back(bid, reason):
    course = Course()
    opened = course.open()
    decisions = [course.scan(START + number * 10_000, bid) for number in range(2, 5)]
    assert [decision.drop_counts for decision in decisions] == [{reason: 1}] * 3
    ended = course.episodes[opened.id]
    assert (ended.status, ended.end_reason) == ("vanished", reason)
    for at in range(START + 60_000, ENTER_BY, 300_000):
        # Nor does it take another candidate's place on the shortlist.
        assert course.scan(at).drop_counts == course.scan(at + 10_000).drop_counts == {"signal_done": 1}
    assert list(course.episodes) == [opened.id]


def test_it_is_forgotten_an_hour_after_others_are():
    ended = replace(Course().open(), ended_at=START)
    assert is_remembered(ended, START + HOUR)
    assert not is_remembered(ended, START + HOUR + 1)
    assert not is_remembered(replace(ended, type="funding"), START + 1)
    assert is_remembered(replace(ended, ended_at=None), START + 10 * HOUR)


def test_nobody_is_told_who_did_not_ask_for_forecasts():
    one = Course().open()
    reader = person(tier="premium", session=session(expires_in=10**12))
    assert check_eligibility(reader, one, START + 10_000, POLICY) == "alerts_off"
    asked = person(tier="premium", session=reader.session, preferences=Preferences(alerts={"technical": "silent"}))
    assert check_eligibility(asked, one, START + 10_000, POLICY) is None
    assert get_alert_setting(asked, one) == "silent"
    free = person(session=reader.session, preferences=Preferences(alerts={"technical": "on"}))
    assert check_eligibility(free, one, START + 10_000, POLICY) == "premium"


def test_later_it_is_valued_as_closed_then():
    one = Course().open()
    assert one.claim
    size, entered = one.claim.size_base, one.claim.entered_at
    assert entered
    at = one.claim.at + 5_000
    now = book(*KEY, bids=[("103", "90")], asks=[("103.2", "90")], at=at)
    found = appraise(Due("after_5s", at, one), [LegMarket(instrument(*KEY), now, FUNDING)], at, POLICY)
    expected = (size * 103 - size * entered - D("0.0005") * size * (entered + 103)) / (size * entered) * 10_000
    assert found.state == "valued"
    assert found.realised_bps == pytest.approx(float(expected), abs=3e-4)
    thin = book(*KEY, bids=[("103", "0.1")], asks=[("103.2", "90")], at=at)
    assert (
        appraise(Due("after_5s", at, one), [LegMarket(instrument(*KEY), thin, FUNDING)], at, POLICY).reason == "depth"
    )


def confirm(*signals, **evidence):
    """An arbitrage that buys BTC first, confirmed while these signals stand."""
    known = Known({}, [], signals=batch(*signals, **evidence))
    first = arbitrage.decide(known)
    [opened] = arbitrage.decide(replace(known, streaks=first.streaks)).changed
    assert opened.claim
    return opened.claim.confirmed_by


def test_arbitrage_is_confirmed_by_signals_of_its_asset_the_way_its_first_leg_goes():
    assert confirm() == ()
    assert confirm(signal(), signal(rule="macd_cross"), signal(bar=BAR)) == ("macd_cross", "momentum")
    assert confirm(signal("sell")) == ()
    assert confirm(signal(at=place(asset="ETH"))) == ()
    assert confirm(signal(bar=BAR - HOUR)) == (), "it is over"
    assert confirm(signal(), net_bps=1.0) == (), "its rule has not earned it"
