"""What a snapshot yields: candidates at an upper bound of their edge, and one reason for each pair that is dropped."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.detection import cross_exchange, detect_all
from arbedge.domain.detection.board import read_board
from arbedge.domain.detection.candidates import Drops
from arbedge.domain.detection.holding import count_settlements
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.edge import Refused
from arbedge.domain.market import Funding
from arbedge.domain.policy import Policy
from arbedge.limits import NEAR_MISSES_KEPT
from tests.unit.domain.builders import HOUR, NOW, book, feed, instrument, quote, snapshot

POLICY = Policy()


def detect(*feeds, policy=POLICY):
    drops = Drops()
    return detect_all(snapshot(*feeds), NOW, policy, drops), drops


def test_a_gap_that_pays_for_its_costs_is_found_in_the_right_direction():
    [found], drops = detect(feed("binance", quote(99.9, 100.0)), feed("okx", quote(100.5, 100.6, symbol="BTC-USDT")))
    assert tuple(leg.exchange for leg in found.legs) == ("binance", "okx")
    assert found.gross_bps == pytest.approx(50)
    assert found.net_bps == pytest.approx(50 - 10 - 10 * 1.005 - 2)
    assert found.key == "cross_exchange|BTC|USDT|binance:spot:BTCUSDT|okx:spot:BTC-USDT"
    assert not drops.counts


def test_the_same_gap_the_other_way_round_swaps_the_legs():
    [found], _ = detect(feed("binance", quote(100.5, 100.6)), feed("okx", quote(99.9, 100.0)))
    assert tuple(leg.exchange for leg in found.legs) == ("okx", "binance")


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (quote(100.0, 100.1), quote(100.0, 100.1), "fees"),
        (quote(99.9, 100.0), quote(100.1, 100.2), "fees"),
        (quote(99.9, 100.0), quote(100.3, 100.4), "below_minimum"),
        (quote(101.0, 100.0), quote(100.5, 100.6), "crossed_book"),
        (quote(99.9, 100.0, at=NOW - 15_001), quote(100.5, 100.6), "stale"),
        (quote(99.9, 100.0, at=NOW - 10_001), quote(100.5, 100.6), "skew"),
        (quote(99.9, 100.0), quote(109.0, 109.1), "identity"),
    ],
)
def test_a_dropped_pair_has_exactly_one_reason(a, b, reason):
    found, drops = detect(feed("binance", a), feed("okx", b))
    assert found == []
    assert drops.counts == {reason: 1}
    [drop] = drops.nearest()
    assert drop.reason == reason
    assert drop.numbers


def test_a_quote_without_an_exchange_time_ages_from_its_receipt():
    old = feed("binance", quote(99.9, 100.0, at=None), received_at=NOW - 20_000)
    _, drops = detect(old, feed("okx", quote(100.5, 100.6)))
    assert drops.counts == {"stale": 1}


def test_the_odd_one_of_three_is_withheld_and_the_others_are_compared():
    odd, fine, other = quote(89.0, 89.1), quote(99.9, 100.0), quote(100.5, 100.6)
    found, drops = detect(feed("binance", odd), feed("bybit", fine), feed("okx", other))
    assert [tuple(leg.exchange for leg in one.legs) for one in found] == [("bybit", "okx")]
    assert drops.counts == {"identity": 2}


def test_unequal_quote_currencies_are_never_compared():
    found, drops = detect(feed("binance", quote(99.9, 100.0)), feed("okx", quote(100.5, 100.6, currency="USDC")))
    assert found == []
    assert not drops.counts


def test_two_instruments_of_one_exchange_are_not_a_pair():
    found, drops = detect(feed("binance", quote(99.9, 100.0), quote(100.5, 100.6, symbol="OTHER")))
    assert (found, drops.counts) == ([], {})


def perp(rate: float, interval_h: float = 8, next_at: int = NOW + HOUR, bid=100.0, ask=100.01):
    return quote(bid, ask, funding=Funding(rate=rate, next_at=next_at, interval_h=interval_h, mark=100.0))


def test_funding_goes_long_where_it_is_low_and_short_where_it_is_high():
    [found], _ = detect(feed("bybit", perp(0.0030), market="perp"), feed("okx", perp(-0.0001), market="perp"))
    assert (found.type, *(leg.exchange for leg in found.legs)) == ("funding", "okx", "bybit")
    assert found.gross_bps == pytest.approx(93, rel=1e-3)  # three settlements of 31 bps within 24 h
    assert found.net_bps == pytest.approx(93 - 10 - 11 - 2, abs=0.05)


def test_funding_without_a_rate_cannot_be_valued():
    found, drops = detect(feed("bybit", quote(100, 100.01), market="perp"), feed("okx", perp(0.01), market="perp"))
    assert (found, drops.counts, drops.nearest()) == ([], {"interval": 1}, [])


def test_stale_funding_is_dropped_like_a_stale_price():
    late = perp(0.0030)
    old = quote(late.bid, late.ask, funding=late.funding, at=NOW - 20_000)
    _, drops = detect(feed("bybit", old, market="perp"), feed("okx", perp(-0.0001), market="perp"))
    assert drops.counts == {"stale": 1}


def test_a_small_funding_difference_is_eaten_by_the_fees():
    _, drops = detect(feed("bybit", perp(0.0001), market="perp"), feed("okx", perp(0.0001), market="perp"))
    assert drops.counts == {"fees": 1}


@pytest.mark.parametrize(
    ("next_in_h", "interval_h", "expected"),
    [
        (1, 8, 3),
        (8, 8, 3),
        (0.5, 8, 3),
        (24, 8, 1),
        (24.001, 8, 0),
        (1, 1, 24),
        (4, 4, 6),
        (2, 2, 12),
        (-1, 8, 3),
        (0, 8, 3),
    ],
)
def test_only_settlements_strictly_inside_the_horizon_count(next_in_h, interval_h, expected):
    rate = Funding(rate=0.0001, next_at=NOW + round(next_in_h * HOUR), interval_h=interval_h, mark=1.0)
    assert count_settlements(rate, NOW, 24) == expected


@given(st.integers(-100, 100), st.sampled_from([1, 2, 4, 8]), st.integers(1, 72))
def test_settlements_equal_a_count_one_by_one(next_in_h, interval_h, horizon_h):
    rate = Funding(rate=0.0001, next_at=NOW + next_in_h * HOUR, interval_h=interval_h, mark=1.0)
    stamps = range(NOW + next_in_h * HOUR, NOW + 400 * HOUR, interval_h * HOUR)
    expected = sum(NOW < stamp <= NOW + horizon_h * HOUR for stamp in stamps)
    assert count_settlements(rate, NOW, horizon_h) == expected


prices = st.floats(90, 110)
gaps = st.floats(0.001, 1)


@given(prices, gaps, prices, gaps)
def test_the_edge_at_top_of_book_bounds_the_edge_at_a_size(bid_a, gap_a, bid_b, gap_b):
    a, b = quote(round(bid_a, 4), round(bid_a + gap_a, 4)), quote(round(bid_b, 4), round(bid_b + gap_b, 4))
    drops = Drops()
    everything = Policy(min_net_bps={"cross_exchange": -1e9}, identity_ratio_max=10)
    [candidate] = cross_exchange.detect(
        read_board(snapshot(feed("binance", a), feed("okx", b)), NOW, everything), drops
    )
    buy, sell = (a, b) if candidate.legs[0].exchange == "binance" else (b, a)
    legs = [
        LegMarket(
            instrument(leg.exchange),
            book(
                leg.exchange,
                bids=[(str(q.bid), "5"), (str(q.bid - 1), "50")],
                asks=[(str(q.ask), "5"), (str(q.ask + 1), "50")],
            ),
            None,
        )
        for leg, q in zip(candidate.legs, (buy, sell), strict=True)
    ]
    sighting = verify(candidate, legs, NOW, everything)
    assert float(sighting.edge.net_bps) <= candidate.net_bps + 0.001


def candidate_and_legs():
    [candidate], _ = detect(feed("binance", quote(99.9, 100.0)), feed("okx", quote(100.5, 100.6)))
    buy = LegMarket(instrument(), book(bids=[("99.9", "50")], asks=[("100.0", "50")]), None)
    sell = LegMarket(instrument("okx"), book("okx", bids=[("100.5", "50")], asks=[("100.6", "50")]), None)
    return candidate, buy, sell


def test_a_candidate_that_holds_on_both_books_is_sighted():
    candidate, buy, sell = candidate_and_legs()
    sighting = verify(candidate, (buy, sell), NOW, POLICY)
    assert sighting.key == candidate.key
    assert sighting.edge.size_base == 10
    assert [leg.price for leg in sighting.legs] == [D("100.0"), D("100.5")]
    assert sighting.capacity_quote == 5000
    assert sighting.books[0] == buy.book.asks


@pytest.mark.parametrize(
    ("bids", "asks", "late", "reason"),
    [
        ([], [("100.6", "50")], 0, "crossed_book"),
        ([("100.7", "50")], [("100.6", "50")], 0, "crossed_book"),
        ([("100.5", "50")], [("100.6", "50")], 16_000, "stale"),
        ([("100.5", "50")], [("100.6", "50")], 11_000, "skew"),
        ([("120.5", "50")], [("120.6", "50")], 0, "identity"),
        ([("100.1", "50")], [("100.6", "50")], 0, "fees"),
        ([("100.3", "50")], [("100.6", "50")], 0, "below_minimum"),
        ([("100.5", "1")], [("100.6", "50")], 0, "depth"),
    ],
)
def test_a_candidate_that_does_not_hold_is_refused_for_one_reason(bids, asks, late, reason):
    candidate, buy, _ = candidate_and_legs()
    sell = LegMarket(instrument("okx"), book("okx", bids=bids, asks=asks, at=NOW - late), None)
    with pytest.raises(Refused) as refused:
        verify(candidate, (buy, sell), NOW, POLICY)
    assert refused.value.reason == reason
    assert refused.value.numbers


def test_a_funding_sighting_needs_the_rates_it_was_found_with():
    [candidate], _ = detect(feed("bybit", perp(0.0030), market="perp"), feed("okx", perp(-0.0001), market="perp"))
    legs = [
        LegMarket(
            instrument(leg.exchange, "perp"),
            book(leg.exchange, "perp", bids=[("100", "50")], asks=[("100.01", "50")]),
            None,
        )
        for leg in candidate.legs
    ]
    with pytest.raises(ValueError, match="funding rate"):
        verify(candidate, legs, NOW, POLICY)


def test_the_nearest_misses_are_kept_whatever_order_they_come_in():
    [found], _ = detect(feed("binance", quote(99.9, 100.0)), feed("okx", quote(100.5, 100.6)))
    drops = Drops()
    nets = [float(n * 7919 % 1000) for n in range(1000)]
    for net in nets:
        drops.add("cross_exchange", net, ("below_minimum", {"net_bps": net}), lambda: found)
    kept = [drop.numbers["net_bps"] for drop in drops.nearest()]
    assert kept == sorted(nets, reverse=True)[:NEAR_MISSES_KEPT]
    assert drops.counts == {"below_minimum": 1000}


def test_a_rate_whose_settlement_is_long_overdue_is_not_counted_with():
    frozen = perp(0.0030, next_at=NOW - 9 * HOUR)
    _, drops = detect(feed("bybit", frozen, market="perp"), feed("okx", perp(-0.0001), market="perp"))
    assert drops.counts == {"interval": 1}
