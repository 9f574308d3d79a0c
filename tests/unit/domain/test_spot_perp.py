"""Spot against a perpetual: which pairs are looked at, in which direction, and when one is told."""

import pytest

from arbedge.domain.detection import spot_perp
from arbedge.domain.detection.board import read_board
from arbedge.domain.detection.candidates import Drops
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.market import Funding
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import Policy
from tests.unit.domain.builders import HOUR, NOW, book, feed, instrument, quote, snapshot

POLICY = Policy()


def perp(rate: float = 0.003, *, currency: str = "USDT", next_at: int = NOW + HOUR, bid: float = 100.4):
    return quote(bid, bid + 0.01, currency=currency, funding=Funding(rate, next_at, 8.0, 100.0), symbol="PERP")


def detect(*feeds):
    drops = Drops()
    return list(spot_perp.detect(read_board(snapshot(*feeds), NOW, POLICY), drops)), drops


SPOT = quote(99.99, 100.0)


def test_funding_above_zero_buys_spot_and_shorts_the_perpetual():
    [found], drops = detect(feed("binance", SPOT), feed("okx", perp(), market="perp"))
    assert [(leg.exchange, leg.market, leg.side) for leg in found.legs] == [
        ("binance", "spot", "buy"),
        ("okx", "perp", "sell"),
    ]
    assert found.gross_bps == pytest.approx(40 + 90)
    assert found.net_bps == pytest.approx(90 - 1 - 1 - 19.999 - 10.0405, abs=0.01)
    assert found.key == "spot_perp|BTC|USDT|binance:spot:BTCUSDT|okx:perp:PERP"
    assert not drops.counts


def test_funding_below_zero_goes_the_other_way_round():
    [found], _ = detect(feed("binance", SPOT), feed("okx", perp(-0.003), market="perp"))
    assert [(leg.market, leg.side) for leg in found.legs] == [("perp", "buy"), ("spot", "sell")]
    assert found.gross_bps == pytest.approx((99.99 - 100.41 + 0.9) / 100.41 * 10_000)


def test_one_exchange_is_enough():
    [found], _ = detect(feed("bybit", SPOT), feed("bybit", perp(), market="perp"))
    assert {leg.exchange for leg in found.legs} == {"bybit"}


def test_every_spot_meets_every_perpetual_once():
    exchanges = ("binance", "bybit", "okx")
    feeds = [feed(one, SPOT) for one in exchanges] + [feed(one, perp(0.0), market="perp") for one in exchanges]
    found, drops = detect(*feeds)
    assert (found, drops.counts) == ([], {"fees": 9})


def test_unequal_quote_currencies_are_no_pair_and_one_without_a_rate_is_counted():
    found, drops = detect(feed("binance", SPOT), feed("okx", perp(currency="USDC"), market="perp"))
    assert (found, drops.counts) == ([], {})
    found, drops = detect(feed("binance", SPOT), feed("okx", quote(100.4, 100.41, symbol="PERP"), market="perp"))
    assert (found, drops.counts, drops.nearest()) == ([], {"interval": 1}, [])


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (perp(0.0001), "fees"),
        (perp(0.0012), "below_minimum"),
        (perp(next_at=NOW - 9 * HOUR), "interval"),
        (perp(bid=109.0), "identity"),
    ],
)
def test_a_dropped_pair_has_exactly_one_reason(other, reason):
    found, drops = detect(feed("binance", SPOT), feed("okx", other, market="perp"))
    assert (found, drops.counts) == ([], {reason: 1})
    assert drops.nearest()[0].numbers


@pytest.mark.parametrize(("rate", "needs_inventory"), [(0.003, False), (-0.003, True)])
def test_selling_spot_needs_inventory_and_the_record_keeps_the_books_of_the_exit(rate, needs_inventory):
    [found], _ = detect(feed("binance", SPOT), feed("okx", perp(rate), market="perp"))
    markets = {
        "spot": LegMarket(instrument(), book(bids=[("99.99", "50")], asks=[("100", "50")]), None),
        "perp": LegMarket(
            instrument("okx", "perp", "PERP"),
            book("okx", "perp", "PERP", bids=[("100.4", "50")], asks=[("100.41", "50")]),
            perp(rate).funding,
        ),
    }
    legs = [markets[leg.market] for leg in found.legs]
    sighting = verify(found, legs, NOW, POLICY)
    assert float(sighting.edge.net_bps) <= found.net_bps + 0.001
    assert sighting.exit_books == (legs[0].book.bids, legs[1].book.asks)
    one = Opportunity(
        id="0" * 16,
        key=found.key,
        type=found.type,
        asset="BTC",
        quote="USDT",
        status="active",
        mode="synthetic",
        horizon_h=24,
        detected_at=NOW,
        updated_at=NOW,
        expires_at=NOW + 1,
        revised_at=NOW,
        revised_net_bps=sighting.edge.net_bps,
        sighting=sighting,
    )
    assert (one.needs_inventory, one.is_premium) == (needs_inventory, True)
