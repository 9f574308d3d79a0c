"""Sizes are counted in USDT: what one is in another currency, or that nobody knows."""

from decimal import Decimal as D

import pytest

from arbedge.domain.conversion import find_units
from arbedge.domain.policy import Policy
from tests.unit.domain.builders import NOW, feed, quote, snapshot

POLICY = Policy()


def find(*feeds, currencies=("USDT", "BTC", "TRY")):
    return find_units(snapshot(*feeds), currencies, NOW, POLICY)


def test_a_usdt_is_a_usdt_without_any_market():
    assert find(currencies=("USDT",)) == find(currencies=()) == {"USDT": D(1)}


def test_the_rate_is_the_median_of_the_exchanges_whichever_way_the_pair_is_named():
    units = find(
        feed("binance", quote(99.0, 101.0), quote(39.0, 41.0, asset="USDT", currency="TRY")),
        feed("bybit", quote(100.0, 102.0)),
        feed("okx", quote(124.0, 126.0)),
    )
    assert units["BTC"] == D(str(1 / 101))
    assert units["TRY"] == 40


@pytest.mark.parametrize(
    "feeds",
    [
        [feed("okx", quote(101.0, 100.0))],
        [feed("okx", quote(99.0, 101.0, at=NOW - 15_001))],
        [feed("okx", quote(99.0, 101.0, at=NOW + 15_001))],
        [feed("okx", quote(99.0, 101.0), market="perp")],
        [feed("okx", quote(99.0, 101.0, currency="USDC"))],
        [],
    ],
    ids=["crossed", "stale", "ahead", "perpetual", "of another currency", "nothing"],
)
def test_without_a_live_rate_there_is_none(feeds):
    assert "BTC" not in find(*feeds)
