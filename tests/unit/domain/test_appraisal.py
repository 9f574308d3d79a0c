"""Re-pricing: when steps are due, whom a round values, and what becomes of a claim on the books of the moment."""

from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.appraisal import (
    EXPLANATIONS,
    STEPS,
    TOLERANCE_MS,
    Due,
    appraise,
    choose_round,
    explain_absence,
    list_exchanges,
    plan,
)
from arbedge.domain.claim import Claim
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import Policy
from arbedge.limits import APPRAISAL_BOOKS_MAX, APPRAISAL_TICK_MS
from tests.integration.store.builders import make_opportunity
from tests.unit.domain.builders import NOW, book, instrument

POLICY = Policy()
CLAIM = Claim(at=NOW, net_bps=D(20), size_base=D(1), expires_at=NOW + 600_000)


def told(
    id_: str = "a", *, symbol: str = "BTCUSDT", exchanges: Any = ("binance", "okx"), **changes: Any
) -> Opportunity:
    one = make_opportunity(id_, exchanges=exchanges)
    legs = tuple(replace(leg, market="spot", symbol=symbol, fee_bps=10.0, funding=None) for leg in one.sighting.legs)
    return replace(one, **({"claim": CLAIM, "sighting": replace(one.sighting, legs=legs)} | changes))


def due(one: Opportunity | None = None, step: Any = "after_5s", at: int = NOW + 5_000) -> Due:
    return Due(step, at, one or told())


def markets(bid: str = "100.5", ask: str = "100", size: str = "50", at: int = NOW + 5_000, **instruments: Any):
    buy = book(bids=[("99", size)], asks=[(ask, size)], at=at)
    sell = book("okx", bids=[(bid, size)], asks=[("109", size)], at=at)
    return [LegMarket(instrument(), buy, None), LegMarket(instrument("okx", **instruments), sell, None)]


@pytest.mark.parametrize(("ended_after", "expiry"), [(None, 600_000), (30_000, 30_000), (900_000, 600_000)])
def test_steps_are_due_by_the_claim_and_the_last_at_the_end_if_that_comes_sooner(ended_after, expiry):
    ended_at = None if ended_after is None else NOW + ended_after
    assert plan(told(ended_at=ended_at)) == {
        "after_5s": NOW + 5_000, "after_60s": NOW + 60_000, "expiry": NOW + expiry,
    }  # fmt: skip


def test_what_claims_nothing_is_not_valued():
    assert plan(told(claim=None)) == {}
    found = choose_round([due(told(claim=None))], "synthetic", NOW + 5_000)
    assert [one.reason for one in found.missed] == ["no_claim"]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_waits_so_long_and_no_longer(step):
    last = NOW + TOLERANCE_MS[step]
    one = due(step=step, at=NOW)
    assert choose_round([one], "synthetic", last).chosen == [one]
    found = choose_round([one], "synthetic", last + 1)
    assert ([late.reason for late in found.missed], found.chosen) == (["late"], [])
    assert (found.missed[0].state, found.missed[0].realised_bps, found.missed[0].ratio) == ("missed", None, None)


def test_another_market_is_not_asked():
    assert choose_round([due()], "live", NOW + 5_000).missed[0].reason == "market_mode_changed"


def test_a_round_takes_what_its_books_reach_for_and_what_can_wait_waits():
    many = [due(told(f"{place:03}", symbol=f"A{place}USDT"), at=NOW) for place in range(APPRAISAL_BOOKS_MAX + 3)]
    found = choose_round(many, "synthetic", NOW)
    assert len(found.chosen) == APPRAISAL_BOOKS_MAX
    assert found.missed == [], "the next round is soon enough"
    found = choose_round(many, "synthetic", NOW + TOLERANCE_MS["after_5s"] - APPRAISAL_TICK_MS + 1)
    assert [one.reason for one in found.missed] == ["capacity"] * 3


def test_the_first_step_goes_before_the_others_and_shared_books_count_once():
    first = [due(told(f"{place:03}", symbol=f"A{place}USDT"), at=NOW) for place in range(APPRAISAL_BOOKS_MAX)]
    others = [due(told("x", symbol="XUSDT"), "expiry", NOW - 9_000), due(told("y", symbol="A1USDT"), "after_60s", NOW)]
    found = choose_round([*others, *first], "synthetic", NOW)
    assert [one.opportunity.id for one in found.chosen] == [
        *(f"{place:03}" for place in range(APPRAISAL_BOOKS_MAX)),
        "y",
    ]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(-40_000, 0), st.integers(0, 30)), max_size=40))
def test_each_due_step_is_chosen_given_up_or_left_and_no_exchange_is_asked_too_much(rows):
    steps = [due(told(f"{place}", symbol=f"A{name}"), step, NOW + at) for place, (step, at, name) in enumerate(rows)]
    found = choose_round(steps, "synthetic", NOW)
    ids = [one.opportunity.id for one in found.chosen] + [one.opportunity_id for one in found.missed]
    assert len(ids) == len(set(ids))
    for exchange in ("binance", "okx"):
        asked = {leg.symbol for one in found.chosen for leg in one.legs if leg.exchange == exchange}
        assert len(asked) <= APPRAISAL_BOOKS_MAX
    left = [one for one in steps if one.opportunity.id not in ids]
    assert all(one.due_at + TOLERANCE_MS[one.step] >= NOW + APPRAISAL_TICK_MS for one in left)


def test_the_claimed_size_is_walked_with_the_claimed_fees():
    found = appraise(due(), markets(), NOW + 5_000, POLICY)
    # 50 gross, less 10 and 10.05 of fees and 2 for the transfer.
    assert (found.state, found.realised_bps, found.reason) == ("valued", 27.95, None)
    assert found.ratio == pytest.approx(27.95 / 20)
    cheap = told()
    legs = tuple(replace(leg, fee_bps=0.0, fee_basis="own_tier") for leg in cheap.sighting.legs)
    cheap = replace(cheap, sighting=replace(cheap.sighting, legs=legs))
    assert appraise(due(cheap), markets(), NOW + 5_000, POLICY).realised_bps == 48.0


def test_the_ages_of_the_books_go_with_it():
    found = appraise(due(), markets(at=NOW + 4_000), NOW + 5_000, POLICY)
    assert [(one.exchange, one.age_ms, one.source) for one in found.ages] == [
        ("binance", 1_000, "api"),
        ("okx", 1_000, "api"),
    ]


@pytest.mark.parametrize(
    ("given", "now", "state", "reason"),
    [
        (markets(size="0.5"), 5_000, "unvalued", "depth"),
        (markets(at=NOW - 11_000), 5_000, "unvalued", "stale"),
        (markets(ask="98"), 5_000, "unvalued", "crossed_book"),
        ("circuit_open", 5_000, "unvalued", "circuit_open"),
        (markets(), 8_001, "missed", "late"),
        ("book_unavailable", 8_001, "missed", "late"),
    ],
)
def test_without_a_number_there_is_one_reason(given, now, state, reason):
    found = appraise(due(), given, NOW + now, POLICY)
    assert (found.state, found.reason, found.realised_bps) == (state, reason, None)
    assert explain_absence(found.reason) == EXPLANATIONS[reason]


def test_books_that_cannot_be_counted_with_give_no_number():
    fee = replace(told().sighting.legs[0], fee_bps=float("nan"))
    one = told()
    one = replace(one, sighting=replace(one.sighting, legs=(fee, one.sighting.legs[1])))
    assert appraise(due(one), markets(), NOW + 5_000, POLICY).reason == "arithmetic"
    of_nothing = told(claim=replace(CLAIM, size_base=D(0)))
    assert appraise(due(of_nothing), markets(), NOW + 5_000, POLICY).reason == "arithmetic"
    assert appraise(due(told(claim=None)), markets(), NOW + 5_000, POLICY).reason == "no_claim"


def test_a_claim_of_nothing_has_no_ratio():
    one = told(claim=replace(CLAIM, net_bps=D(0)))
    assert appraise(due(one), markets(), NOW + 5_000, POLICY).ratio is None


def test_exchanges_have_one_name_whichever_of_them_buys():
    assert list_exchanges(told()) == list_exchanges(told(exchanges=("okx", "binance"))) == "binance+okx"
    assert explain_absence(None) is None
