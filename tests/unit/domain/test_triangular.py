"""Triangles are found: every cycle once, in its better direction, and each that is dropped has one reason."""

from decimal import Decimal as D
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.detection import triangular
from arbedge.domain.detection.board import read_board
from arbedge.domain.detection.candidates import Drops
from arbedge.domain.policy import Policy
from tests.unit.domain.builders import NOW, feed, instrument, quote, snapshot

POLICY = Policy()
BTC = quote(60_000.0, 60_001.0, asset="BTC", symbol="BTCUSDT")


def detect(*quotes, policy=POLICY, exchange: Any = "okx"):
    drops = Drops()
    found = triangular.detect(read_board(snapshot(feed(exchange, *quotes)), NOW, policy), drops)
    return list(found), drops


def cross(bid: float, ask: float, asset: str = "ETH", currency: str = "BTC", **changes):
    return quote(bid, ask, asset=asset, currency=currency, symbol=f"{asset}{currency}", **changes)


def test_a_dear_cross_pair_is_sold_between_the_two_others():
    [found], drops = detect(BTC, cross(3000.0, 3000.1, currency="USDT"), cross(0.0505, 0.05051))
    assert [(leg.symbol, leg.side) for leg in found.legs] == [
        ("ETHUSDT", "buy"),
        ("ETHBTC", "sell"),
        ("BTCUSDT", "sell"),
    ]
    assert (found.asset, found.quote) == ("ETH", "USDT")
    gross = 0.0505 * 60_000 / 3000.1 - 1
    assert found.gross_bps == pytest.approx(gross * 10_000)
    assert found.net_bps == pytest.approx(((1 + gross) * 0.999**3 - 1) * 10_000)
    assert found.key == "triangular|ETH|USDT|okx:spot:ETHUSDT|okx:spot:ETHBTC|okx:spot:BTCUSDT"
    assert not drops.counts


def test_a_cheap_cross_pair_is_bought_between_the_two_others():
    [found], _ = detect(BTC, cross(3000.0, 3000.1, currency="USDT"), cross(0.0494, 0.0495))
    assert [(leg.symbol, leg.side) for leg in found.legs] == [
        ("BTCUSDT", "buy"),
        ("ETHBTC", "buy"),
        ("ETHUSDT", "sell"),
    ]


def test_a_currency_that_usdt_is_priced_in_is_reached_by_selling_usdt():
    lira = quote(40.0, 40.01, asset="USDT", currency="TRY", symbol="USDTTRY")
    [found], _ = detect(BTC, lira, cross(2_440_000.0, 2_440_100.0, asset="BTC", currency="TRY"))
    assert [(leg.symbol, leg.side) for leg in found.legs] == [
        ("BTCUSDT", "buy"),
        ("BTCTRY", "sell"),
        ("USDTTRY", "buy"),
    ]
    [back], _ = detect(BTC, lira, cross(2_360_000.0, 2_360_100.0, asset="BTC", currency="TRY"))
    assert [(leg.symbol, leg.side) for leg in back.legs] == [
        ("USDTTRY", "sell"),
        ("BTCTRY", "buy"),
        ("BTCUSDT", "sell"),
    ]


def test_a_cycle_through_both_dollars_is_looked_at_once_and_others_from_either():
    dollars = cross(0.9999, 1.0, asset="USDC", currency="USDT")
    rows = [BTC, dollars, cross(60_000.0, 60_010.0, asset="BTC", currency="USDC")]
    _, drops = detect(*rows)
    assert drops.counts == {"fees": 1}
    ether = [cross(3000.0, 3001.0, currency="USDC"), cross(0.05, 0.0501)]
    _, drops = detect(*rows, *ether)  # ETH-BTC closes a triangle with USDC, not with USDT
    assert drops.counts == {"fees": 2}


@pytest.mark.parametrize(
    ("middle", "reason"),
    [
        (cross(0.05, 0.0501), "fees"),
        (cross(0.05019, 0.0502), "below_minimum"),
        (cross(0.0505, 0.0504), "crossed_book"),
        (cross(0.0505, 0.05051, at=NOW - 15_001), "stale"),
        (cross(0.0505, 0.05051, at=NOW - 10_001), "skew"),
        (cross(0.0555, 0.0556), "identity"),
        (cross(0.0, 0.0501), "crossed_book"),
    ],
)
def test_a_dropped_cycle_has_exactly_one_reason(middle, reason):
    found, drops = detect(BTC, cross(3000.0, 3000.1, currency="USDT"), middle)
    assert found == []
    assert drops.counts == {reason: 1}
    [drop] = drops.nearest()
    assert (drop.reason, len(drop.candidate.legs)) == (reason, 3)


def test_a_price_of_zero_drops_its_cycles_and_stops_nothing():
    nothing = quote(0.0, 0.0, asset="BTC", symbol="BTCUSDT")
    backwards = quote(0.0, 0.0, asset="USDT", currency="BTC", symbol="USDTBTC")
    for free in (nothing, backwards):
        found, drops = detect(free, cross(3000.0, 3000.1, currency="USDT"), cross(0.05, 0.0501))
        assert (found, drops.counts) == ([], {"crossed_book": 1})


NAMES = ["USDT", "USDC", "BTC", "ETH", "EUR"]
VALUES = {"USDT": 1.0, "USDC": 1.0, "BTC": 60_000.0, "ETH": 3_000.0, "EUR": 1.1}


@st.composite
def graphs(draw):
    """Any of the markets among five currencies, each in one direction at most."""
    rows = []
    for place, one in enumerate(NAMES):
        for other in NAMES[place + 1 :]:
            asset, currency = draw(st.sampled_from([(one, other), (other, one)]))
            if draw(st.booleans()):
                bid = VALUES[asset] / VALUES[currency] * draw(st.floats(0.99, 1.01))
                rows.append(cross(bid, bid * 1.0001, asset=asset, currency=currency))
    return rows


@given(graphs())
def test_all_cycles_and_no_others_are_found_in_their_better_direction(rows):
    everything = Policy(min_net_bps={"triangular": -1e9})
    found, drops = detect(*rows, policy=everything)
    assert not drops.counts
    rates = {}
    for row in rows:
        rates[row.quote, row.asset], rates[row.asset, row.quote] = 1 / row.ask, row.bid
    best = {}
    for way in permutations(NAMES, 3):
        steps = list(zip(way, (*way[1:], way[0]), strict=True))
        starts = [name for name in ("USDT", "USDC") if name in way]
        if starts and way[0] == starts[0] and all(step in rates for step in steps):
            product = rates[steps[0]] * rates[steps[1]] * rates[steps[2]]
            best[frozenset(way)] = max(product, best.get(frozenset(way), 0.0))
    assert len(found) == len(best)
    assert sorted(one.gross_bps for one in found) == pytest.approx(
        sorted((rate - 1) * 10_000 for rate in best.values())
    )
    few, drops = detect(*rows)
    assert len(few) + drops.counts.total() == len(best)


def test_in_a_sound_market_what_cannot_come_near_is_only_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("arbedge.domain.detection.candidates.NEAR_MISSES_KEPT", 1)
    near = [cross(3000.0, 3000.1, currency="USDT"), cross(0.05, 0.05001)]
    far = [cross(90.0, 95.0, asset="SOL", currency="USDT"), cross(0.0015, 0.0016, asset="SOL")]
    _, drops = detect(BTC, *near, *far)
    assert drops.counts == {"fees": 2}
    assert [drop.candidate.asset for drop in drops.nearest()] == ["ETH"]


def test_an_instrument_alone_is_no_cycle():
    assert detect(BTC)[1].counts == {}
    assert instrument().lot_asset == D("0.001")
