"""The books in the bot: what the size takes, level by level, and the sums that come to the net."""

import re
from decimal import Decimal as D

from msgspec.structs import replace

from arbedge.app.views import OpportunityDetail, view_opportunity
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.callbacks import Place
from arbedge.entrypoints.telegram.screens.books import render_books
from tests.unit.domain.builders import NOW
from tests.unit.entrypoints.telegram.builders import carry, cross, data_of, read

PLACE = Place(3, "cross_exchange", "BTC")


def shown(view: OpportunityDetail, size_usdt: int | None = None) -> str:
    return read(render_books(view, PLACE, size_usdt))


def test_the_levels_that_the_size_takes_and_what_they_come_to():
    text = shown(view_opportunity(cross(), NOW))
    assert re.search(r"^100 +5 of 5$", text, re.MULTILINE)
    assert re.search(r"^100\.05 +3 of 20$", text, re.MULTILINE)
    assert "paid 800.15 USDT, fee 0.008 BTC = 0.80015 USDT" in text
    assert "received 807.2 USDT, fee 0.8072 USDT" in text
    assert "101.5" not in text, "the other side of a book that is only entered is not walked"
    assert "less the transfer, over 800.00 USDT" in text


def test_what_is_held_is_closed_at_the_other_sides_and_funding_is_spelled_out():
    text = shown(view_opportunity(carry(), NOW))
    assert text.count("closed at the other side") == 2
    assert "funding -0.04 % on a mark of 100, counted 3 times: received 0.96 USDT" in text
    assert "funding +0.11 % on a mark of 100, counted 6 times: received 5.28 USDT" in text


def test_a_deep_walk_is_cut_and_says_so():
    view = view_opportunity(cross(), NOW)
    levels = [(D(100) + D(step) / 100, D("0.1")) for step in range(50)]
    text = shown(replace(view, books=[levels, levels]))
    assert text.count("and 42 more levels") == 2


def test_no_price_is_cut_short_by_a_large_size():
    view = view_opportunity(cross(), NOW)
    legs = [replace(leg, quantity=D(342_000_000)) for leg in view.legs]
    levels = [(D("0.0000029234"), D(2_184_829_260))]
    text = shown(replace(view, legs=legs, books=[levels, levels]))
    assert re.search(r"^0\.0000029234 +342000000\n +of 2184829260$", text, re.MULTILINE)


def test_it_leads_back_to_the_size_and_the_place():
    view = view_opportunity(cross(), NOW)
    assert data_of(render_books(view, PLACE, None))["Back to it"] == callbacks.detail(view.id, PLACE)
    assert data_of(render_books(view, PLACE, 5_000))["Back to it"] == callbacks.detail_at(view.id, 5_000, PLACE)


def test_hostile_names_can_be_shown():
    view = view_opportunity(carry("<b>&" * 9), NOW)
    shown(replace(view, legs=[replace(leg, symbol="</code>\u202e" * 50) for leg in view.legs]))
