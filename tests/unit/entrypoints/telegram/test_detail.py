"""The detail screen: all that is needed to check the net edge by hand."""

import re
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from arbedge.app.views import view_opportunity
from arbedge.domain.appraisal import Appraisal, State, Step
from arbedge.domain.claim import Claim, Confidence
from arbedge.domain.opportunity import Opportunity
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.callbacks import Place
from arbedge.entrypoints.telegram.screens.alert import render_alert
from arbedge.entrypoints.telegram.screens.detail import render_detail, render_hidden, render_leg, render_missing
from tests.unit.domain.builders import NOW
from tests.unit.entrypoints.telegram.builders import carry, cross, data_of, ended, read


def shown(opportunity, now: int = NOW + 2_000, place: Place | None = None) -> str:
    return read(render_detail(view_opportunity(opportunity, now), now, place or Place()))


def test_a_reader_can_compute_the_net_edge_from_what_is_shown():
    """Size, averages and fees off the screen give the net off the screen, to the rounding of each part."""
    opportunity = cross()
    text = shown(opportunity)
    (size,) = (Decimal(size) for size in re.findall(r"Size ([\d.]+) BTC", text))
    tops = [Decimal(price) for price in re.findall(r"top of book ([\d.]+)", text)]
    averages = [Decimal(price) for price in re.findall(r"average at the size ([\d.]+)", text)]
    fees = [Decimal(fee) / 10_000 for fee in re.findall(r"taker fee ([\d.]+) bps", text)]
    (transfer,) = (Decimal(bps) for bps in re.findall(r"transfer\s+([+-][\d.]+)", text))
    bought, sold = size * averages[0], size * averages[1]
    cash = sold * (1 - fees[1]) - bought * (1 + fees[0])
    by_hand = cash / (size * tops[0]) * 10_000 + transfer
    assert abs(by_hand - opportunity.net_bps) < Decimal("0.0005")
    assert f"Net {opportunity.net_bps:+.2f} bps" in text


def test_every_leg_states_price_fee_basis_age_source_and_mode():
    text = shown(cross())
    assert (
        "Buy Binance spot BTCUSDT\n8 BTC in lots of 0.001\ntop of book 100, average at the size 100.01875 USDT" in text
    )
    assert "taker fee 10 bps a fill, entry tier of a new account" in text
    assert text.count("book 2.0 s old (2026-11-21 22:26:40 UTC), source api, mode synthetic") == 2


def test_funding_legs_state_rate_interval_and_next_settlement():
    text = shown(carry())
    assert "funding -0.0400 % every 8 h, next 2026-11-22 00:26:40 UTC" in text
    assert "funding +0.1100 % every 4 h, next 2026-11-21 23:26:40 UTC" in text
    assert "3 settlements counted on a mark of 100; rate 4.0 s old, source api" in text
    assert "Held for 24 h" in text
    assert "Funding has paid for all costs after 5.0 h, at today's rates" in text
    assert "Held for" not in shown(cross())


def test_size_capacity_curve_confidence_and_life_are_shown():
    opportunity = cross()
    text = shown(opportunity)
    assert "Size 8 BTC = 800.00 USDT" in text
    assert "Stays above the minimum up to 2,500.00 USDT" in text
    assert "Net bps by size" in text
    assert re.search(r"1,000\.00 USDT\s+\+\d", text)
    assert "Confidence not known" in text
    assert "detected 2026-11-21 22:26:30 UTC" in text
    assert "ends without confirmation 2026-11-21 22:36:40 UTC" in text


def test_an_ended_one_says_why():
    text = shown(replace(ended(cross(), at=NOW + 60_000), updated_at=NOW + 60_000))
    assert "BTC · cross exchange · vanished" in text
    assert "after every cost the edge is below the minimum" in text
    assert "ends without confirmation" not in text
    assert "Figures as of 2026-11-21 22:26:40 UTC" in text, "of the scan that confirmed it last, not of its end"


def test_a_multiplier_ticker_shows_the_price_the_exchange_quotes():
    view = view_opportunity(cross("PEPE"), NOW)
    leg = replace(view.legs[0], price=Decimal("0.00001234"), vwap=Decimal("0.000012341"), multiplier=1000)
    text = render_leg(leg, NOW)
    assert "top of book 0.00001234" in text
    assert "the exchange quotes 1,000 units at 0.01234" in text


def test_it_leads_back_to_where_it_was_opened():
    opportunity, place = cross(), Place(3, "cross_exchange", "BTC")
    screen = render_detail(view_opportunity(opportunity, NOW), NOW, place)
    assert data_of(screen) == {
        "Books": callbacks.books(opportunity.id, place=place),
        "Simulate": callbacks.simulate(opportunity.id, place=place),
        "Similar": callbacks.similar(opportunity.id, place),
        "Refresh": callbacks.detail(opportunity.id, place),
        "Why?": callbacks.why(opportunity.id),
        "Back to the list": callbacks.list_page(place),
        "Menu": callbacks.HOME,
    }


def test_what_is_missing_or_kept_back_says_so():
    assert "not on record" in read(render_missing("synthetic"))
    assert "50 bps" in read(render_hidden("live"))


def test_hostile_symbols_and_many_transitions_stay_within_the_limits():
    one = cross("<script>&" * 10)
    view = view_opportunity(replace(one, transitions=one.transitions * 200), NOW)
    legs = [replace(leg, symbol="</code>\u202e" * 50, fee_basis="<b>" * 50) for leg in view.legs]
    read(render_detail(replace(view, legs=legs), NOW, Place()))


def afterwards(step: Step, state: State, realised: float | None = None, reason: Any = None) -> Appraisal:
    return Appraisal("a", step, NOW, 34.0, state, realised, reason, None if state == "scheduled" else NOW)


def test_what_became_of_it_is_said_step_by_step_and_a_miss_as_plainly_as_a_number():
    steps = [
        afterwards("after_5s", "valued", 31.2),
        afterwards("after_60s", "unvalued", None, "depth"),
        afterwards("expiry", "missed", None, "late"),
    ]
    text = read(render_detail(view_opportunity(ended(cross()), NOW, steps), NOW, Place()))
    assert "+5 s: 31.2 bps of 34.0 claimed (92 %)" in text
    assert "+60 s: no value, the books are too thin for the size" in text
    assert "at its end: missed, nobody could look in time" in text


def test_what_is_still_ahead_is_named_and_without_a_record_nothing_is():
    text = read(render_detail(view_opportunity(cross(), NOW, [afterwards("after_60s", "scheduled")]), NOW, Place()))
    assert "+60 s: due" in text
    assert "Afterwards" not in shown(cross())


def claimed(confidence: Confidence) -> Opportunity:
    one = cross()
    edge = one.sighting.edge
    return replace(one, claim=Claim(NOW, edge.net_bps, edge.size_base, one.expires_at, {}, confidence))


def test_confidence_names_its_model_or_how_little_is_known():
    known = shown(claimed(Confidence(0.876, 1234, "v1-live-1")))
    assert "Confidence 88% to last 5 s, from 1,234 outcomes, model v1-live-1" in known
    assert "not enough outcomes yet (37 of 200)" in shown(claimed(Confidence(None, 37)))
    assert "not enough outcomes yet (0 of 200)" in shown(cross())


def test_the_alert_and_the_list_say_it_shortly_and_only_when_it_is_known():
    known, unknown = claimed(Confidence(0.876, 1234, "v1-live-1")), claimed(Confidence(None, 37))
    assert "Confidence 88% (n 1,234)" in read(render_alert(known, NOW))
    assert "Confidence" not in read(render_alert(unknown, NOW))
