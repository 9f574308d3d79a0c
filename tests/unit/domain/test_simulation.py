"""An execution now: the limit prices that a size reaches, one reason why not, and the claim on the same books."""

from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.claim import Claim
from arbedge.domain.detection.verification import LegMarket
from arbedge.domain.edge import Ladder
from arbedge.domain.market import Level
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import Policy
from arbedge.domain.simulation import EXPLANATIONS, check_open, simulate
from tests.unit.domain.builders import NOW, book, instrument
from tests.unit.entrypoints.telegram.builders import cross, ended

POLICY = Policy()
CLAIM = Claim(at=NOW, net_bps=D(20), size_base=D(2), expires_at=NOW + 600_000)
LEVELS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 30)), min_size=1, max_size=12)


def markets(*, bid: str = "101", size: str = "30", at: int = NOW, **changes: Any) -> list[LegMarket]:
    buy = book("binance", bids=[("99", "50")], asks=[("100", "4"), ("100.2", size)], at=at)
    sell = book("okx", bids=[(bid, "3"), ("100.9", size)], asks=[("109", "50")], at=NOW)
    return [LegMarket(instrument(**changes), buy, None), LegMarket(instrument("okx", **changes), sell, None)]


def run(one: Opportunity | None = None, given: Any = None, quote: D | None = D(800), minimum: float = 10.0):
    return simulate(one or cross(), markets() if given is None else given, quote, minimum, NOW, POLICY)


def test_each_order_says_what_it_takes_and_the_worst_price_it_reaches():
    found = run()
    assert found.reason is None
    assert found.edge is not None
    assert found.edge.size_base == 8
    buy, sell = found.orders
    assert [(order.fill.size, order.limit) for order in found.orders if order.fill] == [
        (8, D("100.2")),
        (8, D("100.9")),
    ]
    assert (buy.fee, buy.is_fee_in_asset) == (D("0.008"), True)
    assert (sell.fee, sell.is_fee_in_asset) == (sell.fill and sell.fill.cash * D("0.001"), False)
    assert run(quote=D(300)).orders[1].limit == D(101), "three units do not reach the second level"


@settings(max_examples=150)
@given(LEVELS, st.integers(1, 400))
def test_the_reached_price_takes_all_and_no_better_one_does(rows: list[tuple[int, int]], wanted: int):
    prices = sorted({price for price, _ in rows})
    levels = [Level(D(price), D(size)) for price, (_, size) in zip(prices, rows, strict=False)]
    wanted = min(wanted, int(sum(level.size for level in levels)))
    limit = Ladder(levels).reach(D(wanted))
    assert sum(level.size for level in levels if level.price <= limit) >= wanted
    assert sum(level.size for level in levels if level.price < limit) < wanted


@pytest.mark.parametrize(
    ("given", "quote", "minimum", "reason", "is_numbered"),
    [
        ("circuit_open", D(800), 10.0, "circuit_open", False),
        (markets(), None, 10.0, "no_conversion", False),
        (markets(at=NOW - 16_000), D(800), 10.0, "stale", False),
        (markets(at=NOW - 11_000), D(800), 10.0, "skew", False),
        (markets(bid="98"), D(800), 10.0, "crossed_book", False),
        (markets(size="1"), D(800), 10.0, "depth", False),
        (markets(min_notional=D(900)), D(800), 10.0, "min_notional", False),
        (markets(min_size=D(9)), D(800), 10.0, "min_size", False),
        (markets(), D(800), 500.0, "below_minimum", True),
    ],
)
def test_what_stands_against_it_is_one_reason(given, quote, minimum, reason, is_numbered):
    if reason == "crossed_book":
        given = [given[0], replace(given[1], book=replace(given[1].book, bids=[]))]
    found = run(given=given, quote=quote, minimum=minimum)
    assert found.reason == reason
    assert reason in EXPLANATIONS
    assert (found.edge is not None) is is_numbered
    assert all((order.limit is not None) is is_numbered for order in found.orders)


def test_a_short_spot_leg_is_never_executable_without_the_asset():
    one = cross()
    legs = (replace(one.sighting.legs[0], market="spot"), one.sighting.legs[1])
    sold = replace(one, type="spot_perp", sighting=replace(one.sighting, legs=legs))
    assert sold.needs_inventory
    found = simulate(sold, markets(), D(800), -10_000.0, NOW, POLICY)
    assert (found.reason, found.edge is not None) == ("needs_inventory", True)
    worthless = simulate(sold, markets(), D(800), 10_000.0, NOW, POLICY)
    assert worthless.reason in {"fees", "below_minimum"}, "that it is worth nothing comes first"


def test_the_claim_is_compared_at_its_own_size():
    assert run().at_claimed_size is None
    found = run(cross(claim=CLAIM))
    assert found.at_claimed_size is not None
    assert found.edge is not None
    assert found.at_claimed_size.size_base == 2
    assert found.at_claimed_size.net_bps > found.edge.net_bps, "two units take the best levels only"
    assert run(cross(claim=replace(CLAIM, size_base=D(500)))).at_claimed_size is None


def test_what_is_over_or_of_another_market_is_not_looked_at():
    assert check_open(cross(), "synthetic", NOW) is None
    for one, mode, reason in (
        (cross(), "live", "market_mode_changed"),
        (ended(cross()), "synthetic", "ended"),
        (cross(expires_at=NOW), "synthetic", "ended"),
    ):
        found = check_open(one, mode, NOW)
        assert found is not None
        assert (found.reason, found.orders) == (reason, ())
