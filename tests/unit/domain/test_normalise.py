"""Exchange rows become quotes of assets, and what cannot is counted by reason."""

from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.market import Ticker
from arbedge.domain.normalise import normalise
from tests.unit.domain.builders import NOW, instrument

PERP = {"mark": 100.0, "funding_rate": 0.0001, "funding_at": NOW, "funding_interval_h": 8.0}


def row(symbol: Any = "BTCUSDT", **changes: Any):
    return Ticker(**({"symbol": symbol, "bid": 99.0, "bid_size": 2.0, "ask": 101.0, "ask_size": 3.0} | changes))


def test_a_multiplier_ticker_is_divided_out():
    pepe = instrument("bybit", "perp", "1000PEPEUSDT", asset="PEPE", multiplier=1000)
    [quote], rejected = normalise([row("1000PEPEUSDT", **PERP)], {"1000PEPEUSDT": pepe})
    assert (quote.asset, quote.bid, quote.ask_size) == ("PEPE", 0.099, 3000.0)
    assert quote.funding
    assert quote.funding.mark == 0.1
    assert not rejected


@given(st.sampled_from(["0.01", "10", "100", "1e7"]), st.floats(0.1, 1e6))
def test_contracts_become_base_units_and_prices_stay(contract_size, contracts):
    swap = instrument("okx", "perp", "X", contract_size=D(contract_size))
    [quote], _ = normalise([row("X", bid_size=contracts, **PERP)], {"X": swap})
    assert quote.bid_size == pytest.approx(contracts * float(contract_size))
    assert quote.bid == 99.0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"symbol": "OTHER"}, "unknown_instrument"),
        ({"bid": None}, "no_quote"),
        ({"ask": 0.0}, "no_quote"),
        ({"bid_size": 0.0}, "no_quote"),
        ({"ask_size": None}, "no_quote"),
    ],
)
def test_a_row_that_cannot_be_used_is_counted(changes, reason):
    quotes, rejected = normalise([row(**changes), row()], {"BTCUSDT": instrument()})
    assert len(quotes) == 1
    assert rejected == {reason: 1}


def test_a_suspended_instrument_is_left_out():
    quotes, rejected = normalise([row()], {"BTCUSDT": instrument(is_trading=False)})
    assert (quotes, rejected) == ([], {"unknown_instrument": 1})


@pytest.mark.parametrize("missing", ["mark", "funding_rate", "funding_at", "funding_interval_h"])
def test_a_perpetual_with_incomplete_funding_is_kept_without_it(missing):
    [quote], rejected = normalise([row(**(PERP | {missing: None}))], {"BTCUSDT": instrument(market="perp")})
    assert quote.funding is None
    assert rejected == {"no_funding": 1}


def test_the_interval_comes_from_the_instrument_where_the_ticker_has_none():
    perp = instrument(market="perp", funding_interval_h=4.0)
    [quote], _ = normalise([row(**(PERP | {"funding_interval_h": None}))], {"BTCUSDT": perp})
    assert quote.funding
    assert quote.funding.interval_h == 4.0
    assert quote.mid == 100.0


def test_a_symbol_counts_once_however_often_it_is_told():
    """Each row would be compared with every other exchange's."""
    quotes, rejected = normalise([row(), row(bid=1.0), row()], {"BTCUSDT": instrument()})
    assert [quote.bid for quote in quotes] == [99.0]
    assert rejected == {"repeated": 2}
