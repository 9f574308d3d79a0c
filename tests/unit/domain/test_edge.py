"""The worth of an opportunity at a size: exact sums, honest costs, monotone curves."""

from decimal import Decimal as D
from itertools import accumulate
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.detection import cross_exchange, funding
from arbedge.domain.edge import CURVE_SIZES_USDT, Ladder, Refused, find_capacity, measure_pair, size_for, trace_curve
from arbedge.domain.market import Funding, Level
from arbedge.domain.policy import Policy
from tests.unit.domain.builders import HOUR, NOW, book, pair, terms

POLICY = Policy()
DEEP = "1000"
prices = st.decimals(min_value="50", max_value="150", places=2)
sizes = st.decimals(min_value="0.1", max_value="20", places=1)


def flat(price_bid: str = "100", price_ask: str = "100.01", size: str = DEEP, exchange="binance", market="spot"):
    return book(exchange, market, bids=[(price_bid, size)], asks=[(price_ask, size)])


def test_filling_takes_the_best_levels_first():
    fill = Ladder([Level(D(100), D(1)), Level(D(101), D(2))]).fill(D(2))
    assert (fill.cash, fill.vwap, fill.slippage) == (D(201), D("100.5"), D(1))


def test_filling_past_the_last_level_is_refused_with_what_there_was():
    with pytest.raises(Refused) as refused:
        Ladder([Level(D(100), D(1))]).fill(D(2))
    assert refused.value.reason == "depth"
    assert refused.value.numbers == {"wanted": 2.0, "available": 1.0}


@given(
    st.lists(st.tuples(prices, sizes), min_size=1, max_size=8), st.decimals(min_value="0.1", max_value=200, places=1)
)
def test_a_fill_is_what_walking_level_by_level_gives(rows, size):
    levels, left, cash = [Level(*row) for row in rows], size, D(0)
    for level in levels:
        taken = min(left, level.size)
        cash, left = cash + taken * level.price, left - taken
    if left:
        with pytest.raises(Refused) as refused:
            Ladder(levels).fill(size)
        assert refused.value.numbers == {"wanted": float(size), "available": float(size - left)}
    else:
        assert Ladder(levels).fill(size).cash == cash


def test_an_empty_side_has_no_depth():
    for ask in (Ladder([]).fill, Ladder([]).afford):
        with pytest.raises(Refused, match="depth"):
            ask(D(1))


@given(st.lists(st.tuples(prices, sizes), min_size=1, max_size=8), st.decimals(min_value=0, max_value=1, places=3))
def test_what_cash_affords_costs_that_cash(rows, share):
    ladder = Ladder([Level(*row) for row in rows])
    size = (ladder.depth * share).quantize(D("0.001"))
    assert abs(ladder.afford(ladder.fill(size).cash) - size) < D("1e-20")
    with pytest.raises(Refused, match="depth"):
        ladder.afford(ladder.fill(ladder.depth).cash + D("0.01"))


def test_a_waterfall_can_be_recomputed_by_hand():
    buy = terms(book(bids=[("99", DEEP)], asks=[("100", "5"), ("101", DEEP)]))
    sell = terms(book("okx", bids=[("103", "8"), ("102", DEEP)], asks=[("104", DEEP)]))
    edge = cross_exchange.value(pair(buy, sell), D(10), NOW, POLICY)
    # 10 units: 5 at 100 and 5 at 101 cost 1005; 8 at 103 and 2 at 102 bring 1028; the denominator is 10 * 100.
    assert edge.size_quote == 1000
    assert edge.gross_bps == D(300)
    assert {part.label: part.bps for part in edge.parts} == {
        "fee_buy": D("-10.05"),
        "fee_sell": D("-10.28"),
        "slippage_buy": D(-50),
        "slippage_sell": D(-20),
        "transfer": D(-2),
    }
    assert edge.net_bps == D("207.67")


def test_equal_flat_books_lose_exactly_the_fees_of_the_fills():
    side = book(bids=[("100", DEEP)], asks=[("100", DEEP)])
    other = book("okx", bids=[("100", DEEP)], asks=[("100", DEEP)])
    free = Policy(rebalancing_bps=D(0))
    assert cross_exchange.value(pair(terms(side), terms(other)), D(3), NOW, free).net_bps == D(-20)
    rate = Funding(rate=0.0001, next_at=NOW + HOUR, interval_h=8, mark=100.0)
    legs = (terms(side, fee="0.0005", funding=rate), terms(other, fee="0.0005", funding=rate))
    assert funding.value(pair(*legs), D(3), NOW, free).net_bps == D(-20)


@st.composite
def books(draw, exchange="binance"):
    """An uncrossed book of one to six levels a side."""
    mid = draw(prices)
    bids, asks, down, up = [], [], mid - D("0.01"), mid + D("0.01")
    for _ in range(draw(st.integers(1, 6))):
        bids.append((str(down), str(draw(sizes))))
        asks.append((str(up), str(draw(sizes))))
        down -= draw(st.decimals(min_value="0.01", max_value=2, places=2))
        up += draw(st.decimals(min_value="0.01", max_value=2, places=2))
    return book(exchange, bids=bids, asks=asks)


def depth(side):
    return sum(level.size for level in side)


@given(books(), books("okx"), st.decimals(min_value="0.1", max_value=1, places=3))
def test_parts_sum_to_net_exactly(a, b, share):
    size = (min(depth(a.asks), depth(b.bids)) * share).quantize(D("0.001"))
    if not size:
        return
    edge = cross_exchange.value(pair(terms(a), terms(b)), size, NOW, POLICY)
    assert edge.gross_bps + sum(part.bps for part in edge.parts) == edge.net_bps
    brute = _brute_force(a.asks, b.bids, size)
    assert abs(edge.net_bps - brute) < D("0.001")


def _brute_force(asks, bids, size):
    """Cash in less cash out, unit by unit, with fees and rebalancing, over the notional at top of book."""

    def cash(levels):
        left, total = size, D(0)
        for level in levels:
            take = min(left, level.size)
            total += take * level.price
            left -= take
        return total

    notional = size * asks[0].price
    net = cash(bids) * D("0.999") - cash(asks) * D("1.001") - notional * POLICY.rebalancing_bps / 10_000
    return net / notional * 10_000


@given(books(), books("okx"), st.integers(1, 100), st.integers(1, 100))
def test_net_edge_does_not_rise_with_size(a, b, one, other):
    small, large = sorted((D(one) / 100, D(other) / 100))
    if large > min(depth(a.asks), depth(b.bids)):
        return
    nets = [cross_exchange.value(pair(terms(a), terms(b)), size, NOW, POLICY).net_bps for size in (small, large)]
    assert nets[0] >= nets[1] - D("0.0005")  # each of six parts is rounded to 0.0001


@given(books(), books("okx"), st.integers(1, 50))
def test_more_depth_never_hurts(a, b, hundredths):
    size = D(hundredths) / 100
    deeper = book(bids=[("1", "1")], asks=[(str(level.price), str(level.size * 2)) for level in a.asks])
    if size > min(depth(a.asks), depth(b.bids)):
        return
    before = cross_exchange.value(pair(terms(a), terms(b)), size, NOW, POLICY).net_bps
    after = cross_exchange.value(pair(terms(deeper), terms(b)), size, NOW, POLICY).net_bps
    assert after >= before - D("0.0005")


@given(books(), books("okx"))
def test_with_uncrossed_books_the_swapped_direction_gains_no_more_than_the_other_loses(a, b):
    size = D("0.1")
    one = cross_exchange.value(pair(terms(a), terms(b)), size, NOW, POLICY)
    other = cross_exchange.value(pair(terms(b), terms(a)), size, NOW, POLICY)
    # In cash: swapping earns at most minus the first, since each book's ask is above its bid.
    assert other.gross_bps * other.size_quote <= -one.gross_bps * one.size_quote + D("0.001") * other.size_quote


def test_the_size_is_floored_to_a_lot_both_accept():
    buy = terms(flat(), lot_size=D("0.004"))
    sell = terms(flat(exchange="okx"), lot_size=D("0.006"))
    assert size_for(measure_pair(pair(buy, sell)), D(1000)) == D(
        "9.996"
    )  # 1000 / 100.01 = 9.999.. and the shared lot is 0.012


@pytest.mark.parametrize(
    ("rules", "size_quote", "reason"),
    [
        ({"lot_size": D(100)}, 1000, "min_size"),
        ({"min_size": D(50)}, 1000, "min_size"),
        ({"min_notional": D(5000)}, 1000, "min_notional"),
    ],
)
def test_minimums_are_checked_after_rounding(rules, size_quote, reason):
    with pytest.raises(Refused) as refused:
        size_for(measure_pair(pair(terms(flat()), terms(flat(exchange="okx"), **rules))), D(size_quote))
    assert refused.value.reason == reason


def test_an_exchange_without_a_minimum_notional_accepts_any():
    legs = terms(flat(), min_notional=None), terms(flat(exchange="okx"), min_notional=None)
    assert size_for(measure_pair(pair(*legs)), D(1)) > 0


def ladder():
    buy = terms(book(bids=[("99", DEEP)], asks=[("100", "5"), ("101", "5"), ("102", "100")]))
    sell = terms(book("okx", bids=[("103", "6"), ("102", "100")], asks=[("104", DEEP)]))
    return buy, sell, lambda size: cross_exchange.value(pair(buy, sell), size, NOW, POLICY)


@given(st.integers(-100, 300))
def test_the_capacity_is_the_largest_size_that_reaches_the_minimum(minimum):
    buy, sell, value = ladder()
    capacity = find_capacity(value, measure_pair(pair(buy, sell)), minimum) / 100
    lot = D("0.001")
    if capacity:
        assert value(capacity).net_bps >= minimum
    if capacity < 106:
        assert value(capacity + lot).net_bps < minimum


def test_the_capacity_counts_a_size_that_cannot_be_valued_as_too_large():
    buy, sell, _ = ladder()

    def refuse(_size):
        raise Refused("depth")

    assert find_capacity(refuse, measure_pair(pair(buy, sell)), 0) == 0


@given(st.lists(st.tuples(st.integers(1, 20_000), st.integers(1, 300)), min_size=1, max_size=40), st.integers(-40, 200))
def test_no_size_is_looked_at_twice_for_the_capacity_and_few_are(rows, minimum):
    """What no surplus exceeds; halving alone would always take a quarter of it, and what it takes here is mostly one."""
    prices = accumulate((step for _, step in rows), initial=10_000)
    asks = [(str(D(price) / 100), str(D(lots) / 1000)) for (lots, _), price in zip(rows, prices, strict=False)]
    buy = terms(book(bids=[("99", DEEP)], asks=asks), lot_size=D("0.001"))
    sell = terms(book("okx", bids=[("103", DEEP)], asks=[("104", DEEP)]), lot_size=D("0.001"))
    sizing = measure_pair(pair(buy, sell))
    looks = []

    def value(size):
        looks.append(size)
        return cross_exchange.value(pair(buy, sell), size, NOW, POLICY)

    capacity = find_capacity(value, sizing, minimum) / sizing.price / sizing.lot
    most = int(sizing.most / sizing.lot)
    assert len(looks) == len(set(looks)) <= 4 * log2(most + 1) + 5
    steps = {int(capacity) + step for step in (1, 2, 3, 10, 100)} | {most}
    assert not any(value(lots * sizing.lot).net_bps >= minimum for lots in steps if capacity < lots <= most)
    assert not capacity or value(capacity * sizing.lot).net_bps >= minimum


def test_the_curve_falls_and_stops_where_a_book_ends():
    buy, sell, value = ladder()
    curve = trace_curve(value, measure_pair(pair(buy, sell)))
    nets = [point.net_bps for point in curve]
    assert nets == sorted(nets, reverse=True)
    assert curve[0].size_quote == 100
    assert curve[-1].size_quote == 10_000  # the sell side holds 106 units


def test_the_curve_leaves_out_sizes_below_the_exchange_minimum():
    buy, sell, value = ladder()
    strict = terms(sell.book, min_notional=D(400))
    assert trace_curve(value, measure_pair(pair(buy, strict)))[0].size_quote == 500


def test_the_curve_covers_every_usual_size_where_the_books_are_deep():
    buy, sell = terms(flat(size="5000")), terms(flat(size="5000", exchange="okx"))
    curve = trace_curve(
        lambda size: cross_exchange.value(pair(buy, sell), size, NOW, POLICY), measure_pair(pair(buy, sell))
    )
    assert [round(point.size_quote, -2) for point in curve][-1] == 100_000
    assert len(curve) == len(CURVE_SIZES_USDT)
