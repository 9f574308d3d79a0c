"""Tickers, lots and units: what an instrument is made of."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.instruments import floor_to_lot, parse_base, shared_lot
from tests.unit.domain.builders import instrument


@pytest.mark.parametrize(
    ("base", "asset", "multiplier"),
    [
        ("BTC", "BTC", 1),
        ("1000PEPE", "PEPE", 1000),
        ("1000000MOG", "MOG", 1_000_000),
        ("10000SATS", "SATS", 10_000),
        ("1MBABYDOGE", "BABYDOGE", 1_000_000),
        ("SHIB1000", "SHIB", 1000),
        ("1INCH", "1INCH", 1),
        ("1000", "1000", 1),
        ("C98", "C98", 1),
        ("100X", "100X", 1),
    ],
)
def test_a_ticker_is_split_into_asset_and_multiplier(base, asset, multiplier):
    assert parse_base(base) == (asset, multiplier)


def test_a_contract_is_counted_in_asset_units():
    okx = instrument("okx", "perp", "PEPE-USDT-SWAP", contract_size=D("1e7"), lot_size=D("0.1"), min_size=D("0.1"))
    assert okx.lot_asset == D(1_000_000)
    assert okx.min_size_asset == D(1_000_000)


def test_a_multiplier_ticker_is_counted_in_asset_units():
    assert instrument(symbol="1000PEPEUSDT", lot_size=D(1), multiplier=1000).lot_asset == 1000


lots = st.decimals(min_value="0.00001", max_value=10_000, places=5)


@given(lots, lots)
def test_the_shared_lot_is_a_multiple_of_both_and_the_smallest(a, b):
    shared = shared_lot(a, b)
    assert shared % a == 0
    assert shared % b == 0
    assert shared == shared_lot(b, a)
    assert all((shared / n) % a or (shared / n) % b for n in range(2, 12) if (shared / n) % D("1e-12") == 0)


@given(st.decimals(min_value=0, max_value=1_000_000, places=8), lots)
def test_flooring_never_rises_and_loses_less_than_a_lot(size, lot):
    floored = floor_to_lot(size, lot)
    assert floored % lot == 0
    assert 0 <= size - floored < lot


@pytest.mark.parametrize("lot", ["NaN", "sNaN", "Infinity", "0", "-1", "1E-19", "1E+13", f"0.01{'0' * 100}1", "1" * 41])
def test_a_rule_that_nobody_could_count_with_is_none(lot):
    assert instrument().is_possible
    assert not instrument(lot_size=D(lot)).is_possible
    assert not instrument(contract_size=D(lot)).is_possible


@pytest.mark.parametrize("lot", ["0.00000001000000000000", "1E-18", "1E+12", "100.00000000"])
def test_a_rule_that_is_written_at_length_is_one(lot):
    assert instrument(lot_size=D(lot)).is_possible
