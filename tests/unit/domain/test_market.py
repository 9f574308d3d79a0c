"""What makes an order book usable."""

import pytest

from tests.unit.domain.builders import book

GOOD = [("99", "1"), ("98", "2")]


@pytest.mark.parametrize(
    "asks",
    [
        [],
        [("NaN", "1")],
        [("sNaN", "1")],
        [("Infinity", "1")],
        [("1E+999999", "1")],
        [("100", "0"), ("101", "5")],
        [("100", "1"), ("101", "-5")],
        [("100", "NaN")],
        [("101", "1"), ("100", "1")],
        [("99", "1")],
        [("0", "1")],
    ],
)
def test_a_book_with_a_level_that_cannot_be_is_not_usable(asks):
    assert not book(bids=GOOD, asks=asks).is_usable


def test_a_book_in_order_is_usable():
    assert book(bids=GOOD, asks=[("100", "1"), ("100.5", "3")]).is_usable
