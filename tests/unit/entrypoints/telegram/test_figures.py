"""Numbers as people read them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.entrypoints.telegram.screens.figures import (
    render_age,
    render_bps,
    render_money,
    render_percent,
    render_price,
    render_time,
)

D = Decimal


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        ("64120.10", "64120.1"),
        ("64120.123456789", "64120.123"),
        ("0.000012345678999", "0.000012345679"),
        ("1E+3", "1000"),
        ("123456789012.5", "123456789012"),
        ("1E-12", "0.000000000001"),
        ("100", "100"),
        ("0", "0"),
    ],
)
def test_prices_have_eight_digits_and_no_exponent(price: str, shown: str):
    assert render_price(D(price)) == shown


@given(st.decimals("1e-12", "1e9", allow_nan=False, allow_infinity=False))
def test_a_shown_price_is_within_a_ten_millionth_of_the_price(price: Decimal):
    assert abs(D(render_price(price)) - price) <= price * D("1e-7")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("999.9875", "999.99"),
        ("1234567.891", "1,234,567.89"),
        ("0", "0.00"),
        ("0.00012345", "0.0001234"),
        ("0.017664", "0.01766"),
    ],
)
def test_money_is_shown_to_the_cent_and_below_one_to_four_digits(amount: str, shown: str):
    assert render_money(D(amount)) == shown


def test_rates_carry_their_sign():
    assert render_bps(12.3456) == "+12.35"
    assert render_bps(-3.2) == "-3.20"
    assert render_percent(0.0001) == "+0.0100 %"


@pytest.mark.parametrize(
    ("age_ms", "shown"),
    [(None, "never"), (0, "0.0 s"), (3_240, "3.2 s"), (42_000, "42 s"), (180_000, "3 min"), (7_200_000, "2 h"),
     (259_200_000, "3 d")],
)  # fmt: skip
def test_ages_have_their_unit(age_ms: int | None, shown: str):
    assert render_age(age_ms) == shown


def test_a_moment_is_a_time_tag_with_a_fallback():
    expected = '<tg-time unix="1795300600" format="r">2026-11-21 22:36:40 UTC</tg-time>'
    assert render_time(1_795_300_600_123) == expected
