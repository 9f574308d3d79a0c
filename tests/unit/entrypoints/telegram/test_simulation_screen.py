"""The simulation on a phone: the verdict first, each order as it would be sent, and what was not looked at."""

from decimal import Decimal as D

import pytest
from msgspec.structs import replace

from arbedge.app.simulation_view import SimulationView, view_simulation
from arbedge.domain.gauge import choose_gauge
from arbedge.domain.policy import Policy
from arbedge.domain.simulation import EXPLANATIONS, Simulation, simulate
from arbedge.entrypoints.telegram.callbacks import Place
from arbedge.entrypoints.telegram.screens.simulation import SIZES_USDT, render_simulation
from tests.unit.domain.builders import NOW
from tests.unit.domain.test_simulation import CLAIM, markets
from tests.unit.entrypoints.telegram.builders import cross, data_of, read

PLACE = Place(3, "cross_exchange", "BTC")


def view(asset: str = "BTC", amount: D = D(1000)) -> SimulationView:
    one = cross(asset, claim=CLAIM)
    found = simulate(one, markets(asset=asset), amount, 10.0, NOW, Policy())
    return view_simulation(one, found, choose_gauge(None, Policy(), amount), "synthetic", NOW + 400)


def test_the_orders_and_their_worth_can_be_read():
    text = read(render_simulation(view(), PLACE))
    assert "✅ Executable now with 1,000.00 USDT" in text
    assert "IOC limit 100.2, average" in text
    assert "book 0.4 s old, source api, mode synthetic" in text
    assert "the same size now" in text
    assert "800 ms" in text
    assert "No order was placed" in text


def test_the_exchange_s_own_units_are_said_where_they_differ():
    one = view("PEPE")
    leg = replace(one.legs[0], order_quantity=D("0.01"), order_limit_price=D(100_200))
    assert "as the exchange counts: 0.01 at 100200" in read(render_simulation(replace(one, legs=[leg]), PLACE))


@pytest.mark.parametrize("reason", EXPLANATIONS)
def test_every_reason_is_a_sentence(reason):
    one = cross("<b>&" * 9)
    shown = view_simulation(one, Simulation(reason, {"wanted": 2.0}), choose_gauge(None, Policy()), "synthetic", NOW)
    text = read(render_simulation(shown, PLACE))
    assert "⛔ Not executable now" in text
    assert f"({reason})" in text


def test_sizes_and_ways_back_keep_the_place():
    buttons = data_of(render_simulation(view(amount=D(500)), PLACE))
    assert [text.replace("• ", "") for text in buttons][: len(SIZES_USDT)] == [f"{size:,}" for size in SIZES_USDT]
    assert "• 500" in buttons
    assert all(data.endswith(":3:x:BTC") for text, data in buttons.items() if text != "Menu")
