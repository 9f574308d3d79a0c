"""Nothing gets lost: whatever there is to look at is a candidate or has one reason, and what was told has its own."""

from collections import Counter
from decimal import Decimal as D
from itertools import combinations, product
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.decision import Known, choose
from arbedge.domain.detection import detect_all
from arbedge.domain.detection.candidates import Candidate, Drops
from arbedge.domain.detection.census import count_with, find_absence
from arbedge.domain.detection.tracing import trace
from arbedge.domain.edge import Edge
from arbedge.domain.market import EXCHANGES, MARKETS, Funding
from arbedge.domain.opportunity import Leg, Opportunity, Sighting
from arbedge.domain.policy import Policy
from arbedge.domain.quarantine import Suspect, survey
from arbedge.domain.reasons import BAD_DATA, EXPLANATIONS, ONLY_UNSEEN, Reason
from tests.unit.domain.builders import HOUR, NOW, feed, instrument, quote, snapshot

POLICY = Policy()
NAMES = [("BTC", "USDT"), ("ETH", "USDT"), ("ETH", "BTC"), ("USDC", "USDT"), ("ETH", "USDC"), ("BTC", "USDC")]
MIDS = {"BTC": 100.0, "ETH": 10.0, "USDC": 1.0, "USDT": 1.0}
RATES = st.sampled_from([-0.004, 0.0, 0.0001, 0.003])


def test_every_reason_has_a_sentence_and_the_groups_are_of_them():
    assert EXPLANATIONS.keys() == set(get_args(Reason))
    assert not BAD_DATA & ONLY_UNSEEN


@st.composite
def markets(draw):
    """A market with missing feeds, missing rates, a quarantine and the lists of what is missing."""
    feeds, listed, watch = [], {}, {}
    for exchange, market in product(EXCHANGES, MARKETS):
        names = draw(st.lists(st.sampled_from(NAMES), unique=True))
        rows = []
        for asset, currency in names:
            mid = MIDS[asset] / MIDS[currency] * draw(st.sampled_from([0.9, 0.998, 1.0, 1.0005, 1.004]))
            gap = mid * draw(st.sampled_from([-0.0001, 0.0002, 0.0002]))
            at = draw(st.sampled_from([NOW] * 4 + [None, NOW - 16_000, NOW - 12_000]))
            next_at = draw(st.sampled_from([NOW + HOUR] * 3 + [NOW - 9 * HOUR]))
            rate = draw(st.one_of(st.none(), RATES)) if market == "perp" else None
            funding = None if rate is None else Funding(rate, next_at, 8.0, mid)
            symbol = f"{asset}{currency}"
            rows.append(quote(mid, mid + gap, asset=asset, currency=currency, at=at, funding=funding, symbol=symbol))
            if draw(st.integers(0, 9)) == 0:
                watch[f"{exchange}:{market}:{symbol}"] = Suspect(
                    asset, currency, 3, NOW, NOW, mid, mid, [], quarantined_at=NOW
                )
        one = feed(exchange, *rows, market=market)
        if absent := draw(st.sampled_from([None] * 4 + ["asked", "resting"])):
            one = replace(one, quotes=[], state="unreachable", is_asked=absent == "asked")
            listed[exchange, market] = [
                instrument(exchange, market, row.symbol, asset=row.asset, base=row.asset, quote=row.quote)
                for row in rows
            ]
        feeds.append(one)
    return snapshot(*feeds), listed, watch


def count_everything(market, listed) -> int:
    """All pairs and cycles, from the sentences of the specification."""
    rows = [
        (one.exchange, one.market, row.asset, row.quote)
        for one in market.feeds
        for row in (*one.quotes, *listed.get((one.exchange, one.market), ()))
    ]
    pairs = sum(a[2:] == b[2:] and (a[1] != b[1] or a[0] != b[0]) for a, b in combinations(rows, 2))
    cycles = 0
    for exchange in EXCHANGES:
        spot = [row[2:] for row in rows if row[:2] == (exchange, "spot")]
        for three in combinations(spot, 3):
            currencies = Counter(currency for name in three for currency in name)
            is_circle = len(currencies) == 3 and set(currencies.values()) == {2}
            cycles += is_circle and bool({"USDT", "USDC"} & currencies.keys())
    return pairs + cycles


@settings(max_examples=150)
@given(markets())
def test_whatever_there_is_to_look_at_is_a_candidate_or_has_one_reason(given_):
    market, listed, watch = given_
    choice = choose(market, Known({}, [], watch), POLICY, listed)
    counts = choice.drops.counts
    candidates = len(choice.chosen) + len(choice.left)
    assert counts.total() - counts["not_shortlisted"] + candidates == count_everything(market, listed)


def told(one: Candidate) -> Opportunity:
    """An episode of a candidate, as far as tracing looks at it."""
    legs = tuple(
        Leg(leg.exchange, leg.market, leg.symbol, leg.side, D(1), D(1), 0.0, "base_tier", None, NOW, "api")
        for leg in one.legs
    )
    nothing = Edge(D(1), D(1), D(0), (), D(0), ())
    sighting = Sighting(one.key, one.type, one.asset, one.quote, NOW, nothing, legs, D(0), [], ())
    times: Any = dict.fromkeys(("detected_at", "updated_at", "expires_at", "revised_at"), NOW)
    return Opportunity(
        id="0" * 16,
        key=one.key,
        type=one.type,
        asset=one.asset,
        quote=one.quote,
        status="active",
        mode="synthetic",
        horizon_h=24,
        revised_net_bps=D(0),
        sighting=sighting,
        **times,
    )


def turn_round(one: Candidate) -> Candidate:
    return replace(one, legs=one.legs[::-1])


@settings(max_examples=150)
@given(markets(), st.data())
def test_what_was_told_gets_the_reason_that_a_look_at_everything_gives(given_, data):
    market, _, watch = given_
    everything = Drops(kept=100_000)
    surveyed = survey(market, watch, POLICY)
    found = detect_all(surveyed.snapshot, NOW, POLICY, everything)
    drops = everything.by_key()
    if not drops:
        return
    sought = [drops[key] for key in data.draw(st.sets(st.sampled_from(sorted(drops)), min_size=1))]
    traced = trace([told(drop.candidate) for drop in sought], market, surveyed.watch, POLICY)
    assert {key: one.reason for key, one in traced.items()} == {drop.candidate.key: drop.reason for drop in sought}
    assert all(one.drop == drops[key] for key, one in traced.items())
    turned = trace([told(turn_round(drop.candidate)) for drop in sought], market, surveyed.watch, POLICY)
    for drop in sought:
        is_bad = drop.reason in BAD_DATA
        expected = drop.reason if is_bad else "fees"
        assert turned[turn_round(drop.candidate).key].reason == expected
    for candidate in found:
        other = turn_round(candidate)
        assert trace([told(other)], market, surveyed.watch, POLICY)[other.key].reason == "fees"


GAP = [feed("binance", quote(99.9, 100.0)), feed("okx", quote(100.5, 100.6, symbol="BTC-USDT"))]
[FOUND] = detect_all(snapshot(*GAP), NOW, POLICY, Drops())
HELD = {"okx:spot:BTC-USDT": Suspect("BTC", "USDT", 3, NOW, NOW, 1.0, 1.0, [], quarantined_at=NOW)}
DOWN = replace(GAP[1], quotes=[], state="unreachable")


@pytest.mark.parametrize(
    ("feeds", "watch", "reason"),
    [
        ([GAP[0], replace(DOWN, is_asked=False)], {}, "circuit_open"),
        ([GAP[0], DOWN], {}, "feed_unavailable"),
        ([DOWN, replace(GAP[0], quotes=[], state="rate_limited", is_asked=False)], {}, "circuit_open"),
        ([GAP[0], DOWN], HELD, "feed_unavailable"),
        (GAP, HELD, "quarantine"),
        ([GAP[0], replace(GAP[1], quotes=[])], {}, "no_quote"),
        ([GAP[0], feed("okx", quote(99.0, 99.1, symbol="BTC-USDT"))], {}, "fees"),
        ([GAP[0], feed("okx", quote(100.3, 100.4, symbol="BTC-USDT"))], {}, "below_minimum"),
        ([GAP[0], feed("okx", quote(120.0, 120.1, symbol="BTC-USDT"))], {}, "identity"),
    ],
)
def test_the_end_of_something_told_has_its_own_reason(feeds, watch, reason):
    assert trace([told(FOUND)], snapshot(*feeds), watch, POLICY)[FOUND.key].reason == reason


def test_a_feed_is_missing_when_it_did_not_answer_and_not_when_it_answered_little():
    assert [find_absence(replace(DOWN, state=state)) for state in ("ok", "degraded", "down")] == [
        None,
        None,
        "feed_unavailable",
    ]


def test_what_is_missing_counts_once_for_every_pair_it_would_make():
    here: Any = {("binance", "spot"): [quote(1, 2)], ("bybit", "perp"): [quote(1, 2)]}
    missing: Any = {("okx", "spot"): [quote(1, 2), quote(1, 2, asset="ETH")], ("okx", "perp"): [quote(1, 2)]}
    # spot: okx-binance; perpetuals: okx-bybit; spot with perpetual: okx-bybit, okx-okx, binance-okx.
    assert count_with(missing, here) == 5
    assert count_with({}, here) == 0
