"""An hour of verdicts: the nearest of all, what decided how often, and runs of the same."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.decision import Known, choose, conclude
from arbedge.domain.policy import Policy
from arbedge.domain.verdicts import Account, Verdict, find_runs, sum_hour
from tests.unit.domain.builders import NOW, book, feed, instrument, quote, snapshot

POLICY = Policy()
KEY = "cross_exchange|BTC|USDT|binance:spot:BTCUSDT|okx:spot:BTC-USDT"
PERP = "spot_perp|BTC|USDT|binance:spot:BTCUSDT|okx:perp:BTC-USDT"


def account(place: int, *verdicts: Verdict) -> Account:
    return Account(NOW + place * 10_000, NOW + place * 10_000 + 900, list(verdicts))


def said(outcome: Any, net_bps: float | None = None, key: str = KEY) -> Verdict:
    return Verdict(key, outcome, net_bps)


def test_the_closest_is_the_best_edge_and_never_bad_data():
    hour = sum_hour(
        [
            account(0, said("fees", -4.0)),
            account(1, said("below_minimum", 6.1), said("stale", 90.0)),
            account(2, said("identity", 5_000.0)),
            account(3),
            account(4, said("fees", -5.0)),
        ],
        with_premium=True,
    )
    assert (hour.scans, hour.since) == (5, NOW + 900)
    assert hour.closest is not None
    assert (hour.closest.at, hour.closest.verdict.outcome) == (NOW + 10_900, "below_minimum")
    assert hour.reasons == {"fees": 2, "below_minimum": 1, "identity": 1}


def test_what_is_open_is_no_miss_and_what_has_no_number_is_the_furthest():
    hour = sum_hour(
        [account(0, said("confirmed", 30.0), said("no_quote")), account(1, said("held"))], with_premium=True
    )
    assert hour.reasons == {"no_quote": 1}


@pytest.mark.parametrize(
    ("verdict", "is_hidden"),
    [
        (said("fees", -1.0, PERP), True),
        (said("fees", -1.0), False),
        (said("unconfirmed", 50.0), True),
        (said("unconfirmed", 49.9), False),
        (said("below_minimum", 50.0), False),
    ],
)
def test_who_may_not_see_premium_hears_nothing_of_it(verdict: Verdict, is_hidden: bool):
    accounts = [account(0, verdict, said("depth", -9.0))]
    assert sum_hour(accounts, with_premium=False).reasons == {"depth" if is_hidden else verdict.outcome: 1}
    assert sum_hour(accounts, with_premium=True).reasons == {verdict.outcome: 1}


def test_runs_put_together_what_follows_and_is_the_same():
    runs = find_runs(
        [
            account(3, said("fees", -1.0)),
            account(0, said("confirmed", 12.0)),
            account(1, said("below_minimum", 6.1)),
            account(2, said("below_minimum", 8.9)),
            account(4, said("fees", -2.0, PERP)),
            account(5, said("no_quote")),
        ],
        KEY,
    )
    assert [(one.outcome, one.scans, one.net_bps_min, one.net_bps_max) for one in runs] == [
        ("confirmed", 1, 12.0, 12.0),
        ("below_minimum", 2, 6.1, 8.9),
        ("fees", 1, -1.0, -1.0),
        (None, 1, None, None),
        ("no_quote", 1, None, None),
    ]
    assert (runs[1].from_at, runs[1].to_at) == (NOW + 10_900, NOW + 20_900)


@given(st.lists(st.sampled_from([None, *map(said, ("fees", "held", "confirmed"))]), max_size=40))
def test_runs_hold_every_scan_once_and_no_two_neighbours_are_the_same(verdicts):
    accounts = [account(place, *([one] if one else [])) for place, one in enumerate(verdicts)]
    runs = find_runs(accounts, KEY)
    assert [one.outcome for one in runs for _ in range(one.scans)] == [one and one.outcome for one in verdicts]
    assert all(a.outcome != b.outcome for a, b in pairwise(runs))


GAP = [feed("binance", quote(99.9, 100.0)), feed("okx", quote(100.5, 100.6, symbol="BTC-USDT"))]
INSTRUMENTS: Any = {
    ("binance", "spot", "BTCUSDT"): instrument(),
    ("okx", "spot", "BTC-USDT"): instrument("okx", symbol="BTC-USDT"),
}
BOOKS: Any = {
    ("binance", "spot", "BTCUSDT"): book(symbol="BTCUSDT", bids=[("99.9", "50")], asks=[("100.0", "50")]),
    ("okx", "spot", "BTC-USDT"): book("okx", symbol="BTC-USDT", bids=[("100.5", "50")], asks=[("100.6", "50")]),
}


def decide(feeds, known: Known):
    market = snapshot(*feeds)
    return conclude(choose(market, known, POLICY), market, INSTRUMENTS, BOOKS, known, NOW, POLICY)


def test_a_scan_keeps_what_it_said_of_what_was_told_down_to_what_is_far_away(monkeypatch: pytest.MonkeyPatch):
    """With room for one near miss, and another asset nearer, what was open is still known exactly."""
    monkeypatch.setattr("arbedge.domain.detection.candidates.NEAR_MISSES_KEPT", 1)
    monkeypatch.setattr("arbedge.domain.detection.candidates.NEAR_MISSES_OF_A_TYPE_MIN", 1)
    first = decide(GAP, Known({}, []))
    assert [one.outcome for one in first.verdicts["BTC"]] == ["unconfirmed"]
    second = decide(GAP, Known(first.streaks, []))
    assert second.verdicts["BTC"] == [Verdict(KEY, "confirmed", 27.95)]
    near = [quote(50.0, 50.01, asset="ETH", symbol="ETH")]
    known = Known(second.streaks, second.changed)
    for far, reason in (
        (quote(98.0, 98.1, symbol="BTC-USDT"), "fees"),
        (quote(100.3, 100.4, symbol="BTC-USDT"), "below_minimum"),
        (quote(0.0, 100.4, symbol="BTC-USDT"), "crossed_book"),
    ):
        feeds = [feed("binance", GAP[0].quotes[0], *near), feed("okx", far, *near)]
        decision = decide(feeds, known)
        assert {one.key: one.outcome for one in decision.verdicts["BTC"]}[KEY] == reason
        [missed] = decision.changed
        gone = decide(feeds, Known({}, [replace(missed, missed_scans=2)])).changed[0]
        assert (gone.status, gone.end_reason) == ("vanished", reason)
    resting = replace(GAP[1], quotes=[], state="unreachable", is_asked=False)
    decision = decide([GAP[0], resting], Known({}, [replace(second.changed[0], missed_scans=2)]))
    assert decision.changed[0].end_reason == "circuit_open"
    assert decision.verdicts["BTC"] == [Verdict(KEY, "circuit_open", None)]


def test_what_counts_as_dropped_counts_once():
    first = decide(GAP, Known({}, []))
    assert first.drop_counts == {"unconfirmed": 1}
    second = decide(GAP, Known(first.streaks, []))
    assert (second.drop_counts, len(second.changed)) == ({}, 1)
