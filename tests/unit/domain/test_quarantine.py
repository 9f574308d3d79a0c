"""Who is kept out of comparisons: the odd one out, both of two, nobody for a glitch, and for how long."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from arbedge.domain.decision import Known, choose
from arbedge.domain.policy import Policy
from arbedge.domain.quarantine import CHECK_MS, FORGET_MS, PAUSE_MS_MAX, RELEASE_MS, Suspect, find_full, survey
from arbedge.limits import WATCHED_MAX
from tests.unit.domain.builders import NOW, feed, quote, snapshot

POLICY = Policy()
SCAN_MS = 10_000
EXCHANGES: tuple[Any, ...] = ("binance", "bybit", "okx")
A, B, C = (f"{exchange}:spot:X" for exchange in EXCHANGES)


def market(*prices: float | None, at: int = NOW, kind: Any = "spot", spread: float = 0.001, stamped: int | None = None):
    """One asset on up to three exchanges; None is a feed without it."""
    feeds = [
        feed(
            exchange,
            *([] if price is None else [quote(price, price * (1 + spread), asset="X", symbol="X", at=stamped or at)]),
            market=kind,
            received_at=at,
        )
        for exchange, price in zip(EXCHANGES, prices, strict=False)
    ]
    return snapshot(*feeds, at=at)


def watch_for(*scans, known=None, every=SCAN_MS, start=NOW):
    """The watch after these scans, each a tuple of prices."""
    watch = dict(known or {})
    for place, prices in enumerate(scans):
        watch = survey(market(*prices, at=start + place * every), watch, POLICY).watch
    return watch


def held(watch) -> set[str]:
    return {key for key, suspect in watch.items() if suspect.is_quarantined}


def test_an_instrument_apart_three_times_in_a_row_is_quarantined_with_its_evidence():
    watch = watch_for(*[(100, 100.2, 120)] * 3)
    assert held(watch) == {C}
    suspect = watch[C]
    assert (suspect.scans, suspect.first_at, suspect.seen_at) == (3, NOW, NOW + 2 * SCAN_MS)
    assert suspect.quarantined_at == NOW + 2 * SCAN_MS
    assert suspect.price == pytest.approx(120.06)
    assert suspect.median == pytest.approx(100.25, abs=0.01)
    assert [key for key, _ in suspect.others] == [A, B]


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_odd_one_out_is_found_in_whatever_order_and_at_whatever_price(order, unit):
    """The other two are nearer to each other than the guard is wide, and each of them is further from the third."""
    prices = (1.0 * unit, 1.13 * unit, 1.2 * unit)
    scan = tuple(prices[place] for place in order)
    (odd,) = held(watch_for(scan, scan, scan))
    assert odd == (A, B, C)[order.index(0)]


def test_two_scans_are_not_enough_and_one_that_agrees_starts_the_count_anew():
    apart, fine = (100, 100, 120), (100, 100, 100)
    assert held(watch_for(apart, apart)) == set()
    assert watch_for(apart, apart, fine) == {}
    assert held(watch_for(apart, apart, fine, apart, apart)) == set()


def test_of_two_that_disagree_nobody_knows_who_is_wrong():
    assert held(watch_for(*[(100, 109)] * 3)) == {A, B}


def test_of_three_that_all_disagree_the_middle_one_has_nobody_left_to_be_compared_with():
    watch = watch_for(*[(100, 200, 400)] * 3)
    assert held(watch) == {A, C}
    after = survey(market(100, 200, 400, at=NOW + 3 * SCAN_MS), watch, POLICY)
    assert [len(one.quotes) for one in after.snapshot.feeds] == [0, 1, 0]


def test_two_against_two_are_all_kept_out():
    spot = market(100, 120).feeds
    perp = market(100, 120, kind="perp").feeds
    watch: dict[str, Suspect] = {}
    for place in range(3):
        watch = survey(snapshot(*spot, *perp, at=NOW + place), watch, POLICY).watch
    assert len(held(watch)) == 4


def test_a_quarantined_instrument_does_not_spoil_the_median():
    watch = watch_for(*[(100, 100, 1000)] * 3)
    later = watch_for(*[(100, 106, 1000)] * 3, known=watch, start=NOW + 60_000)
    assert held(later) == {C}
    left_out = survey(market(100, 100, 1000), watch, POLICY).left_out
    assert [(feed, quote.symbol) for feed, quotes in left_out.items() for quote in quotes] == [(("okx", "spot"), "X")]


def test_agreement_for_a_week_releases_and_not_a_step_sooner():
    watch = watch_for(*[(100, 100, 120)] * 3)
    start = NOW + 60_000
    steps = 7 * 86_400_000 // CHECK_MS
    before = watch_for(*[(100, 100, 100)] * (steps - 1), known=watch, every=CHECK_MS, start=start)
    assert held(before) == {C}
    after = watch_for(*[(100, 100, 100)] * 3, known=before, every=CHECK_MS, start=start + (steps - 1) * CHECK_MS)
    assert after == {}


def test_one_disagreement_takes_all_agreement_back():
    watch = watch_for(*[(100, 100, 120)] * 3)
    watch = watch_for(*[(100, 100, 100)] * 50, known=watch, every=CHECK_MS, start=NOW + 60_000)
    assert watch[C].agreed_ms == 49 * CHECK_MS
    watch = watch_for((100, 100, 120), known=watch, start=NOW + 51 * CHECK_MS)
    assert (watch[C].agreed_ms, watch[C].agreed_at) == (0, None)
    assert watch[C].seen_at == NOW + 51 * CHECK_MS
    assert (watch[C].scans, watch[C].first_at) == (3, NOW)


def test_time_in_which_nobody_looked_is_no_agreement():
    watch = watch_for(*[(100, 100, 120)] * 3)
    watch = watch_for((100, 100, 100), (100, 100, 100), known=watch, every=RELEASE_MS, start=NOW + 60_000)
    assert watch[C].agreed_ms == 2 * CHECK_MS


@pytest.mark.parametrize("prices", [(100, 100, None), (None, None, 100), (None, None, None)])
def test_a_scan_without_the_instrument_or_without_the_others_changes_nothing(prices):
    watch = watch_for(*[(100, 100, 120)] * 3)
    assert watch_for(prices, known=watch, start=NOW + 3_600_001) == watch
    suspected = watch_for(*[(100, 100, 120)] * 2)
    assert watch_for(prices, known=suspected, start=NOW + 60_000) == suspected


def test_prices_on_the_edge_of_the_guard_do_not_flicker():
    watch = watch_for(*[(100, 100, 120)] * 3)
    assert watch_for((100, 100, 107), known=watch, start=NOW + 60_000) == watch, "agreement does not begin out here"
    agreeing = watch_for((100, 100, 101), known=watch, start=NOW + 60_000)
    assert watch_for((100, 100, 107), known=agreeing, start=NOW + 61_000) == agreeing, "nor does it end"


def test_what_is_quarantined_is_written_down_again_only_by_the_hour():
    watch = watch_for(*[(100, 100, 120)] * 3)
    assert watch_for(*[(100, 100, 130)] * 5, known=watch, start=NOW + 60_000) == watch
    renewed = watch_for((100, 100, 130), known=watch, start=NOW + 3_700_000)
    assert renewed[C].price == pytest.approx(130, rel=0.01)
    assert renewed[C].quarantined_at == watch[C].quarantined_at


@pytest.mark.parametrize(
    "proof", [{"stamped": NOW - 60_000}, {"spread": 0.2}, {"spread": 0.0}], ids=["stale", "wide", "locked"]
)
def test_a_book_that_proves_nothing_changes_nothing(proof):
    assert survey(market(100, 100, 150, **proof), {}, POLICY).watch == {}


def test_two_quarantined_against_each_other_are_released_together():
    watch = watch_for(*[(100, 120)] * 3)
    agreeing = watch_for((100, 100), (100, 100), known=watch, every=CHECK_MS, start=NOW + 60_000)
    assert agreeing[A].agreed_ms == agreeing[B].agreed_ms == CHECK_MS
    back = watch_for((100, 120), known=agreeing, start=NOW + 3 * CHECK_MS)
    assert (back[A].agreed_ms, back[B].agreed_ms) == (0, 0)


def test_while_the_others_contradict_each_other_the_quarantined_one_is_not_judged():
    watch = watch_for(*[(100, 100, 120)] * 3)
    after = watch_for((100, 130, 100), known=watch, start=NOW + 60_000)
    assert after[C] == watch[C]
    assert {A, B} < set(after)


def test_a_suspicion_and_what_is_no_longer_listed_are_forgotten():
    suspected = watch_for((100, 100, 120))
    assert watch_for((None, None, None), known=suspected, start=NOW + PAUSE_MS_MAX + 1) == {}
    again = watch_for((100, 100, 120), known={C: suspected[C]}, start=NOW + PAUSE_MS_MAX)
    assert again[C].scans == 2
    watch = watch_for(*[(100, 100, 120)] * 3)
    assert watch_for((None,), known=watch, start=NOW + FORGET_MS) == watch
    assert watch_for((None,), known=watch, start=NOW + FORGET_MS + 60_000) == {}


def crowd(count: int, factor: float, *, of: int = 400, at: int = NOW):
    """`of` assets on three exchanges; on the last one the first `count` of them cost `factor` times as much."""
    feeds = []
    for exchange in EXCHANGES:
        off = [factor if exchange == "okx" and place < count else 1.0 for place in range(of)]
        rows = [
            quote(10 * times, 10.01 * times, asset=f"X{place}", symbol=f"X{place}", at=at)
            for place, times in enumerate(off)
        ]
        feeds.append(feed(exchange, *rows, received_at=at))
    return snapshot(*feeds, at=at)


@pytest.mark.parametrize(("count", "expected"), [(40, 40), (41, 0), (400, 0)])
def test_a_feed_that_is_apart_in_many_instruments_is_wrong_itself(count, expected):
    watch: dict[str, Suspect] = {}
    for place in range(4):
        watch = survey(crowd(count, 1.5, at=NOW + place * SCAN_MS), watch, POLICY).watch
    assert len(held(watch)) == expected


def fill(feed: str) -> dict[str, Suspect]:
    return {
        f"{feed}:OLD{place}": Suspect("OLD", "USDT", 3, NOW, NOW, 1.0, 2.0, [], quarantined_at=NOW)
        for place in range(WATCHED_MAX)
    }


def test_a_feed_has_room_for_so_many_and_says_when_it_is_full():
    known = fill("okx:spot")
    after = survey(market(100, 100, 120), known, POLICY)
    assert set(after.watch) == set(known)
    assert find_full(after.watch) == ["okx:spot"]
    fresh = choose(market(100, 100, 120), Known({}, [], known), POLICY)
    assert fresh.drops.counts["identity"] == 2, "what found no room is withheld all the same, pair by pair"


def test_a_feed_that_is_full_takes_no_room_from_the_others():
    watch = watch_for(*[(100, 100, 120)] * 3, known=fill("bybit:spot"))
    assert C in held(watch)
    assert find_full(watch) == ["bybit:spot"]


def test_a_symbol_with_a_colon_is_kept_out_like_any_other():
    def scan(at: int):
        feeds = [
            feed(one, quote(price, price * 1.001, asset="X", symbol=symbol, at=at), received_at=at)
            for one, price, symbol in zip(EXCHANGES, (100, 100, 120), ("X", "X", "X:Y"), strict=True)
        ]
        return snapshot(*feeds, at=at)

    watch: dict[str, Suspect] = {}
    for place in range(3):
        watch = survey(scan(NOW + place * SCAN_MS), watch, POLICY).watch
    assert held(watch) == {"okx:spot:X:Y"}
    after = survey(scan(NOW + 3 * SCAN_MS), watch, POLICY)
    assert [len(one.quotes) for one in after.snapshot.feeds] == [1, 1, 0]


def test_a_scan_leaves_quarantined_instruments_out_and_counts_the_pairs():
    gap = market(100, 100, 101)
    watch = watch_for(*[(100, 100, 120)] * 3)
    fresh, kept = choose(gap, Known({}, []), POLICY), choose(gap, Known({}, [], watch), POLICY)
    assert [leg.exchange for one in fresh.chosen for leg in one.legs] != []
    assert kept.chosen == []
    assert kept.drops.counts["quarantine"] == 2
    assert held(kept.watch) == {C}


PRICES = st.one_of(st.none(), st.sampled_from([99.0, 100.0, 107.0, 109.0, 130.0]))
STEPS = st.sampled_from([1, SCAN_MS, CHECK_MS, PAUSE_MS_MAX + 1])


@settings(max_examples=150)
@given(st.lists(st.tuples(st.tuples(PRICES, PRICES, PRICES), STEPS), max_size=30))
def test_whatever_comes_the_watch_keeps_its_promises(scans):
    watch: dict[str, Suspect] = {}
    apart: dict[str, int] = {}
    now = NOW
    for prices, step in scans:
        now += step
        seen = market(*prices, at=now)
        found = survey(seen, watch, POLICY)
        again = survey(seen, json.decode(json.encode(watch), type=dict[str, Suspect]), POLICY)
        assert json.encode(found.watch) == json.encode(again.watch), "stored and loaded it decides the same"
        for key in (A, B, C):
            before, after = watch.get(key), found.watch.get(key)
            apart[key] = after.scans if after else 0
            if after and after.is_quarantined:
                assert after.scans >= 3
                assert after.agreed_ms < RELEASE_MS
            if before and before.is_quarantined:
                assert after, "nothing here lasts a week"
        left_in = {f"{one.exchange}:{one.market}:{row.symbol}" for one in found.snapshot.feeds for row in one.quotes}
        assert not left_in & held(found.watch)
        watch = found.watch


@given(st.lists(st.floats(92.7, 100), min_size=2, max_size=3))
def test_prices_within_the_guard_are_never_suspected(prices):
    assert watch_for(*[tuple(prices)] * 4) == {}
