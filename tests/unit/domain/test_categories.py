"""The categories: each predicate at its numbers, and no forecast among arbitrage."""

from decimal import Decimal as D
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from arbedge.domain.categories import CATEGORIES, Category, categorise
from arbedge.domain.claim import Claim, Confidence
from arbedge.domain.technical.rules import RULES, Rule
from tests.integration.store.builders import make_opportunity
from tests.unit.domain.builders import NOW
from tests.unit.domain.technical.builders import backed, signal


def make(
    kind: Any = "cross_exchange", *, room: str = "3", p: float | None = None, by: tuple[Rule, ...] = (), **leg: Any
):
    one = make_opportunity(type_=kind)
    edge = one.sighting.edge
    legs = one.sighting.legs[:1] if kind == "technical" else one.sighting.legs
    legs = tuple(replace(single, **leg) for single in legs)
    sighting = replace(one.sighting, legs=legs, capacity_quote=edge.size_quote * D(room))
    claim = Claim(NOW, one.net_bps, edge.size_base, NOW, confidence=Confidence(p, 300), confirmed_by=by)
    return replace(one, sighting=sighting, claim=claim)


def technical(rule: Rule):
    one = make("technical", room="100", p=0.99)
    return replace(one, sighting=replace(one.sighting, signal=backed(signal(rule=rule))))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (make(), {"low_risk", "beginner_friendly"}),
        (make(room="2.999"), set()),
        (make("funding"), {"low_risk"}),
        (make("spot_perp"), {"low_risk"}),
        (make("spot_perp", market="spot"), set()),
        (make("triangular"), set()),
        (make("triangular", p=0.8), {"high_confidence"}),
        (make("triangular", p=0.79), set()),
        (make("triangular", by=("momentum",)), {"hybrid"}),
        (technical("momentum"), {"technical_signals", "momentum"}),
        (technical("macd_cross"), {"technical_signals", "momentum"}),
        (technical("rsi_reversal"), {"technical_signals", "mean_reversion"}),
        (technical("bollinger_breakout"), {"technical_signals", "breakout"}),
    ],
)
def test_which_categories_hold(one, expected):
    assert set(categorise(one)) == expected


def test_one_table_has_them_all_each_with_a_sentence():
    assert set(CATEGORIES) == set(get_args(Category))
    assert all(row.sentence and row.name for row in CATEGORIES.values())
    assert "3 times" in CATEGORIES["low_risk"].sentence
    assert "80%" in CATEGORIES["high_confidence"].sentence


@pytest.mark.parametrize("rule", RULES)
def test_no_forecast_stands_among_arbitrage_and_no_arbitrage_among_forecasts(rule):
    for kind in ("cross_exchange", "funding", "spot_perp", "triangular"):
        found = categorise(make(kind, p=0.9, by=(rule,)))
        assert found
        assert all(kind in CATEGORIES[category].types for category in found)
        assert not set(categorise(technical(rule))) & set(found)
    assert all(CATEGORIES[category].types == {"technical"} for category in categorise(technical(rule)))


def test_nothing_is_recommended_by_a_model_that_recommended_nothing():
    assert not any("ai_recommended" in categorise(make(kind, p=1.0)) for kind in ("cross_exchange", "funding"))
