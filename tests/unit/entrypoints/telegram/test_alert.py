"""The alert in each of its states."""

import re
from decimal import Decimal

import pytest
from msgspec.structs import replace

from arbedge.domain.opportunity import Transition
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.screens.alert import render_alert
from tests.unit.domain.builders import NOW
from tests.unit.entrypoints.telegram.builders import carry, cross, data_of, ended, read


def figures(text: str) -> list[Decimal]:
    """The bps of the waterfall, gross first and net last."""
    table = text[text.index("bps of the buy leg") :]
    return [Decimal(number) for number in re.findall(r"([+-][\d.]+)$", table, re.MULTILINE)][: table.count("\n")]


@pytest.mark.parametrize("opportunity", [cross(), carry()])
def test_the_shown_parts_sum_to_the_shown_net_and_a_part_of_exactly_nothing_takes_no_line(opportunity):
    text = read(render_alert(opportunity, NOW)).split("\n\n")[4]
    shown, parts = figures(text), opportunity.waterfall()
    assert shown == [part.bps for part in parts if part.bps]
    assert len(shown) < len(parts), "there is a part of nothing here"
    assert "slippage sell" not in text
    assert sum(shown[:-1]) == shown[-1] == opportunity.net_bps


def test_a_new_alert_says_net_first_with_route_money_source_mode_and_age():
    opportunity = cross()
    text = read(render_alert(opportunity, NOW + 3_000))
    net, gross = f"{opportunity.net_bps:+.2f}", f"{opportunity.sighting.edge.gross_bps:+.2f}"
    assert "MARKET MODE: synthetic" in text
    assert f"BTC cross exchange: {net} bps net" in text
    assert text.index(f"Net {net} bps") < text.index(f"gross {gross} bps")
    assert "Binance spot → OKX spot" in text
    assert "on 800.00 USDT" in text
    assert "Buy Binance spot at 100.01875 USDT · api synthetic, 3.0 s old" in text
    assert "Sell OKX spot at 100.9" in text


def test_its_buttons_open_below_it():
    opportunity = cross()
    assert data_of(render_alert(opportunity, NOW)) == {
        "Open": callbacks.open_alert(opportunity.id),
        "Why?": callbacks.why_alert(opportunity.id),
    }


def test_funding_is_shown_with_its_interval():
    text = read(render_alert(carry(), NOW))
    assert "Long Bybit perpetual at 100.02 USDT, funding -0.0400 % every 8 h" in text
    assert "Short OKX perpetual at 100.01 USDT, funding +0.1100 % every 4 h" in text
    assert "Funding counted for 24 h, then closed at today's books" in text
    assert "Funding counted" not in read(render_alert(cross(), NOW))


def test_a_changed_alert_says_so():
    assert "Changed; updated" not in read(render_alert(cross(), NOW))
    assert "Changed; updated" in read(render_alert(replace(cross(), revision=2), NOW))


def test_one_that_came_back_says_so():
    one = cross()
    back = replace(one, revision=3, transitions=[*one.transitions, Transition("active", NOW, "returned")])
    assert "came back" in read(render_alert(back, NOW))


@pytest.mark.parametrize(
    ("reason", "status", "said"),
    [
        ("below_minimum", "vanished", "Vanished {at}: after every cost the edge is below the minimum"),
        ("not_seen", "vanished", "Vanished {at}: the market no longer shows it"),
        ("unconfirmed_too_long", "expired", "Expired {at}: it could not be confirmed for ten minutes"),
        ("some_new_reason", "vanished", "Vanished {at}: some new reason"),
    ],
)
def test_an_ended_alert_says_how_and_why_and_keeps_its_last_figures(reason: str, status: str, said: str):
    opportunity = ended(cross(), reason, status)
    text = read(render_alert(opportunity, NOW + 60_000))
    assert text.split("\n\n")[0] == f"Ended: BTC cross exchange · {status}"
    assert said.format(at="2026-11-21 22:26:40 UTC") in text
    assert figures(text.split("\n\n")[4])[-1] == opportunity.net_bps
    assert data_of(render_alert(opportunity, NOW))


def test_a_live_market_has_no_banner():
    assert "MARKET MODE" not in read(render_alert(replace(cross(), mode="live"), NOW))


def test_a_hostile_asset_cannot_break_out():
    text = read(render_alert(cross("<b>&\u202eX</a>" * 9), NOW))
    assert "\u202e" not in text
