"""Triangles are valued: at any size a cycle is worth what three real trades, one after the other, leave."""

from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.appraisal import Due, appraise
from arbedge.domain.detection import triangular
from arbedge.domain.detection.candidates import Candidate, LegRef
from arbedge.domain.detection.verification import LegMarket, verify
from arbedge.domain.edge import Refused, find_capacity, size_for, trace_curve
from arbedge.domain.policy import Policy
from tests.unit.domain.builders import NOW, book, terms
from tests.unit.domain.test_episodes import World as EpisodeWorld

POLICY = Policy()


def changed(rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return rules | changes


SELL_TWICE: Any = ("buy", "sell", "sell")


def legs(*, lots=("0.00001", "0.0001", "0.00001"), deep: str = "1000", cross_bid: str = "0.0505", **changes: Any):
    """USDT -> ETH -> BTC -> USDT."""
    rules: dict[str, Any] = {"min_size": D("1e-8"), "min_notional": None} | changes
    eth = book("okx", symbol="ETHUSDT", bids=[("2999", deep)], asks=[("3000", "0.2"), ("3001", deep)])
    middle = book("okx", symbol="ETHBTC", bids=[(cross_bid, "0.1"), ("0.0504", deep)], asks=[("0.0506", deep)])
    btc = book("okx", symbol="BTCUSDT", bids=[("60000", "0.01"), ("59990", deep)], asks=[("60001", deep)])
    names = [("ETH", "USDT"), ("ETH", "BTC"), ("BTC", "USDT")]
    return tuple(
        terms(one, side=side, asset=asset, base=asset, quote=currency, **changed(rules, lot_size=D(lot)))
        for one, side, (asset, currency), lot in zip((eth, middle, btc), SELL_TWICE, names, lots, strict=True)
    )


def test_a_waterfall_can_be_recomputed_by_hand():
    edge = triangular.value(legs(), D("0.33333"), NOW, POLICY)
    # Buy 0.33333 ETH: 0.2 at 3000 and 0.13333 at 3001 cost 1000.12333; the fee leaves 0.33299667, of which 0.3329 fit
    # a lot. They bring 0.1 * 0.0505 + 0.2329 * 0.0504 = 0.01678816, less the fee 0.01677137184, of which 0.01677 fit.
    # They bring 0.01 * 60000 + 0.00677 * 59990 = 1006.1323, less the fee 1005.1261677.
    assert edge.net_cash == pytest.approx(D("1005.1261677") - D("1000.12333"), abs=D("1e-20"))
    assert (edge.size_base, edge.size_quote) == (D("0.3329"), D("999.99"))
    assert edge.gross_bps == D("100.0000")
    parts = {part.label: part.bps for part in edge.parts}
    notional = D("999.99")
    for label, cash in {
        "fee_leg_1": D("0.00033333") * D("0.0505") * 60000,
        "fee_leg_2": D("0.00001678816") * 60000,
        "fee_leg_3": D("1.0061323"),
        "slippage_leg_1": D("0.13333"),
        "slippage_leg_2": D("0.2329") * D("0.0001") * 60000,
        "slippage_leg_3": D("0.00677") * 10,
        "rounding": D("0.00009667") * D("0.0505") * 60000 + D("0.00000137184") * 60000,
    }.items():
        assert parts[label] == -(cash / notional * 10_000).quantize(D("0.0001")), label
    assert abs(edge.net_bps - edge.net_cash / notional * 10_000) < D("0.0005")


def trade(chain, size: D) -> D:
    """What three trades leave of what was put in, in start currency; None where a lot or a book says no."""
    held: Any = None
    put_in = D(0)
    for leg in chain:
        lot = leg.instrument.lot_size
        if leg.side == "buy":
            quantity = size if held is None else most_for(leg.book.asks, held, lot)
            cost = cash_of(leg.book.asks, quantity)
            put_in = cost if held is None else put_in
            held = quantity * (1 - leg.fee.taker)
        else:
            quantity = size if held is None else held // lot * lot
            put_in = size if held is None else put_in
            held = cash_of(leg.book.bids, quantity) * (1 - leg.fee.taker)
    return held - put_in


def cash_of(levels, size: D) -> D:
    left, cash = size, D(0)
    for level in levels:
        taken = min(left, level.size)
        left, cash = left - taken, cash + taken * level.price
    assert not left
    return cash


def most_for(levels, cash: D, lot: D) -> D:
    """The most lots that cost no more than `cash`, found by trying."""
    low, high = 0, int(cash / levels[0].price / lot) + 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cash_of(levels, middle * lot) <= cash else (low, middle - 1)
    return low * lot


def reverse(chain):
    """The same three books the other way round."""
    turned: dict[str, Any] = {"buy": "sell", "sell": "buy"}
    return tuple(terms(leg.book, side=turned[leg.side], **rules_of(leg)) for leg in reversed(chain))


def rules_of(leg) -> dict[str, Any]:
    one = leg.instrument
    names = ("asset", "base", "quote", "lot_size", "min_size", "min_notional")
    return {name: getattr(one, name) for name in names}


@given(
    st.integers(1, 60_000),
    st.tuples(*[st.sampled_from(["1", "0.1", "0.01", "0.0001", "0.000001"])] * 3),
    st.booleans(),
)
def test_the_value_equals_three_trades_one_after_the_other(steps, lots, is_reversed):
    chain = legs(lots=lots)
    chain = reverse(chain) if is_reversed else chain
    size = steps * D("0.001")
    try:
        edge = triangular.value(chain, size, NOW, POLICY)
    except Refused:
        return
    net = trade(chain, size) / edge.size_quote
    assert abs(edge.unrounded_bps / 10_000 - net) < D("1e-9")
    assert edge.gross_bps + sum(part.bps for part in edge.parts) == edge.net_bps
    assert all(part.bps <= 0 for part in edge.parts)


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_before_rounding_net_edge_does_not_rise_with_size(one, other):
    chain = legs(lots=("0.001", "0.0001", "0.0001"))
    small, large = sorted((one, other))
    nets = [triangular.value(chain, steps * D("0.01"), NOW, POLICY).before_rounding_bps for steps in (small, large)]
    assert nets[0] >= nets[1] - D("0.02")  # a lot more or less reaches deeper into the later books or does not


@given(st.integers(1, 3000))
def test_more_depth_never_hurts(steps):
    fine: dict[str, Any] = {"lots": ("0.001", "1e-10", "1e-10")}
    size = steps * D("0.001")
    shallow, deep = (triangular.value(legs(deep=depth, **fine), size, NOW, POLICY) for depth in ("100", "5000"))
    assert deep.net_bps >= shallow.net_bps


def test_flat_equal_books_lose_exactly_three_fees():
    chain: list[Any] = []
    flats: Any = (
        ("ETHUSDT", "buy", "3000", ("ETH", "USDT")),
        ("ETHBTC", "sell", "0.05", ("ETH", "BTC")),
        ("BTCUSDT", "sell", "60000", ("BTC", "USDT")),
    )
    for symbol, side, price, (asset, currency) in flats:
        flat = book("okx", symbol=symbol, bids=[(price, "1000")], asks=[(price, "1000")])
        rules: dict[str, Any] = {
            "asset": asset,
            "base": asset,
            "quote": currency,
            "lot_size": D("1e-12"),
            "min_notional": None,
        }
        chain.append(terms(flat, side=side, **rules))
    edge = triangular.value(tuple(chain), D(1), NOW, POLICY)
    assert edge.gross_bps == 0
    assert edge.unrounded_bps / 10_000 == pytest.approx(D("0.999") ** 3 - 1, abs=D("1e-12"))


def test_with_uncrossed_books_the_other_way_round_gains_no_more_than_this_one_loses():
    for bid in ("0.0490", "0.0500", "0.0505"):
        chain = legs(cross_bid=bid)
        one = triangular.value(chain, D("0.1"), NOW, POLICY)
        other = triangular.value(reverse(chain), D("0.005"), NOW, POLICY)
        assert (1 + one.gross_bps / 10_000) * (1 + other.gross_bps / 10_000) <= 1


def test_the_size_is_counted_in_the_first_leg_and_minimums_bind_every_leg():
    chain = legs(lots=("0.001", "0.0001", "0.00001"))
    sizing = triangular.measure(chain)
    assert size_for(sizing, D(1000)) == D("0.333")
    assert triangular.measure(reverse(chain)).price == 60001
    with pytest.raises(Refused) as refused:
        triangular.value(legs(lots=("0.001", "0.5", "0.00001")), D("0.333"), NOW, POLICY)
    assert (refused.value.reason, refused.value.numbers["lot"]) == ("min_size", 0.5)
    strict = [*chain[:2], terms(chain[2].book, side="sell", **changed(rules_of(chain[2]), min_notional=D(5000)))]
    with pytest.raises(Refused) as refused:
        triangular.value(tuple(strict), D("0.333"), NOW, POLICY)
    assert refused.value.reason == "min_notional"


def test_a_cycle_that_starts_by_selling_counts_its_size_in_the_start_currency():
    lira = terms(
        book("binance", symbol="USDTTRY", bids=[("40", "600"), ("39.9", "5000")], asks=[("40.01", "5000")]),
        side="sell",
        asset="USDT",
        base="USDT",
        quote="TRY",
        lot_size=D(1),
    )
    middle = terms(
        book("binance", symbol="BTCTRY", bids=[("2360000", "5")], asks=[("2370000", "0.01"), ("2371000", "5")]),
        asset="BTC",
        base="BTC",
        quote="TRY",
        lot_size=D("0.00001"),
    )
    last = terms(
        book("binance", bids=[("60000", "5")], asks=[("60001", "5")]),
        side="sell",
        lot_size=D("0.00001"),
        min_size=D("0.00001"),
    )
    chain = (lira, middle, last)
    sizing = triangular.measure(chain)
    assert (sizing.price, size_for(sizing, D("1000.7"))) == (1, 1000)
    edge = triangular.value(chain, D(1000), NOW, POLICY)
    assert edge.size_quote == 1000
    assert abs(edge.net_cash - trade(chain, D(1000))) < D("1e-9")


def test_a_thousand_of_a_coin_under_another_ticker_is_not_the_coin():
    chain = legs()
    other = terms(chain[1].book, side="sell", **changed(rules_of(chain[1]), base="1000ETH"))
    with pytest.raises(Refused) as refused:
        triangular.value((chain[0], other, chain[2]), D("0.3"), NOW, POLICY)
    assert (refused.value.reason, refused.value.numbers) == ("identity", {"leg": 1})


@given(st.integers(-20, 60), st.tuples(*[st.sampled_from(["0.1", "0.01", "0.001", "0.00001"])] * 3))
def test_the_capacity_reaches_the_minimum_and_nothing_much_larger_does(minimum, lots):
    chain = legs(lots=lots, deep="20")
    sizing = triangular.measure(chain)

    def value(size: D):
        return triangular.value(chain, size, NOW, POLICY)

    def reaches(size: D) -> bool:
        try:
            return value(size).net_bps >= minimum
        except Refused:
            return False

    size = find_capacity(value, sizing, minimum) / sizing.price
    assert not size or reaches(size)
    for step in range(80):
        larger = (size + sizing.lot) * (1 + D(step) / 40) // sizing.lot * sizing.lot
        if reaches(larger):  # by what its lots happen to leave over, and by no more
            left_over = D(lots[1]) * 3000 + D(lots[2]) * 60000
            assert value(larger).net_bps - minimum < left_over / (larger * 3000) * 10_000


def test_the_curve_is_that_of_the_trades():
    chain = legs()
    sizing = triangular.measure(chain)
    points = trace_curve(lambda size: triangular.value(chain, size, NOW, POLICY), sizing)
    assert len(points) == 10
    for point in points:
        size = point.size_quote / sizing.price
        assert abs(point.net_bps / 10_000 - trade(chain, size) / point.size_quote) < D("1e-9")


def test_a_candidate_that_holds_on_three_books_is_sighted_with_three_legs():
    chain = legs()
    markets = [LegMarket(leg.instrument, leg.book, None) for leg in chain]
    refs = tuple(LegRef("okx", "spot", leg.book.symbol, leg.side) for leg in chain)
    candidate = Candidate("triangular", "ETH", "USDT", refs, 100.0, 70.0)
    sighting = verify(candidate, markets, NOW, POLICY)
    assert [(leg.symbol, leg.side, leg.asset, leg.quote) for leg in sighting.legs] == [
        ("ETHUSDT", "buy", "ETH", "USDT"),
        ("ETHBTC", "sell", "ETH", "BTC"),
        ("BTCUSDT", "sell", "BTC", "USDT"),
    ]
    assert sighting.books == (chain[0].book.asks, chain[1].book.bids, chain[2].book.bids)
    assert sighting.exit_books == ()
    assert sighting.capacity_quote >= sighting.edge.size_quote
    late = [markets[0], markets[1], LegMarket(chain[2].instrument, late_book(), None)]
    with pytest.raises(Refused, match="skew"):
        verify(candidate, late, NOW, POLICY)


def late_book():
    return book("okx", bids=[("60000", "50")], asks=[("60001", "50")], at=NOW - 11_000)


def test_a_cycle_is_held_to_its_claim_at_the_quantity_of_its_first_leg():
    """Its size is shown in the asset, which the first leg need not trade."""
    turned = reverse(legs(lots=("0.00001", "0.0001", "0.00001"), cross_bid="0.0490"))
    cheap = book("okx", symbol="ETHBTC", bids=[("0.0484", "1000")], asks=[("0.0485", "1000")])
    chain = (turned[0], terms(cheap, **rules_of(turned[1])), turned[2])
    markets = [LegMarket(leg.instrument, leg.book, None) for leg in chain]
    refs = tuple(LegRef("okx", "spot", leg.book.symbol, leg.side) for leg in chain)
    sighting = verify(Candidate("triangular", "ETH", "USDT", refs, 300.0, 270.0), markets, NOW, POLICY)
    world = EpisodeWorld()
    world.scan(sighting)
    [opened] = world.scan(sighting)
    due = Due("after_5s", NOW, opened)
    found = appraise(due, markets, NOW, POLICY)
    assert (found.state, found.realised_bps) == ("valued", found.claimed_bps)
