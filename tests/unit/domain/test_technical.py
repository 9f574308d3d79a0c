"""Technical signals as candidates: every one ends as a candidate or one drop; their edge, and closing, by hand."""

from collections import Counter
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.detection import detect_all, technical
from arbedge.domain.detection.candidates import Drops
from arbedge.domain.edge import Refused, find_capacity, size_for
from arbedge.domain.market import Funding, Side
from arbedge.domain.policy import Policy
from arbedge.limits import SIGNALS_SHOWN_MAX
from tests.unit.domain.builders import HOUR, book, feed, quote, snapshot, terms
from tests.unit.domain.technical.builders import BAR, backed, place, signal

POLICY = Policy()
AT = BAR + HOUR + 600_000  # ten minutes into the bar in which it may be entered
FUNDING = Funding(0.0001, AT + HOUR, 8, 100.0)
BOOK = book("binance", "perp", bids=[("99.9", "5"), ("99.8", "50")], asks=[("100.1", "5"), ("100.2", "50")], at=AT)


def market(bid: float = 99.9, ask: float = 100.1, *, at: int = AT, funding: Funding | None = FUNDING):
    return snapshot(feed("binance", quote(bid, ask, at=at, funding=funding), market="perp", received_at=AT), at=AT)


def detect(*signals, seen=None, now: int = AT, policy: Policy = POLICY):
    drops = Drops()
    return detect_all(seen or market(), now, policy, drops, signals), drops


def leg(one=None, *, side: Side = "buy", book_=BOOK, funding: Funding | None = FUNDING):
    built = terms(book_, side=side, fee="0.0005", funding=funding, min_notional=D(5))
    return (replace(built, signal=one or backed(signal(side))),)


def test_a_signal_whose_rule_has_earned_it_is_a_candidate_of_one_leg():
    [one], drops = detect(backed())
    assert (one.type, one.asset, one.gross_bps, one.signal) == ("technical", "BTC", 80.0, f"momentum:buy:{BAR}")
    assert [(ref.exchange, ref.market, ref.symbol, ref.side) for ref in one.legs] == [
        ("binance", "perp", "BTCUSDT", "buy")
    ]
    # Two fees of 5 bps, and a spread of 0.2 on 100.1.
    assert one.net_bps == pytest.approx(80 - 10 - 0.2 / 100.1 * 10_000)
    assert not drops.counts


def test_rule_side_and_bar_make_signals_of_one_instrument_different_opportunities():
    signals = [signal(), signal(rule="macd_cross"), signal("sell"), signal(bar=BAR - HOUR)]
    keys = {technical.name_key(one) for one in signals}
    assert len(keys) == 4
    [one], _ = detect(backed())
    assert one.key == technical.name_key(signal())


DROPS = [
    ({"one": backed(signal(bar=BAR - HOUR))}, "signal_over"),
    ({"one": backed(trades=3)}, "few_trades"),
    ({"one": backed(net_bps=14.0)}, "unproven"),
    ({"one": backed(error_bps=50.0)}, "chance"),
    ({"one": backed(signal(at=place(symbol="ETHUSDT")))}, "no_quote"),
    ({"seen": market(funding=None)}, "interval"),
    ({"one": backed(signal(at=place(exchange="okx")))}, "feed_unavailable"),
    ({"one": backed(gross_bps=5.0)}, "fees"),
    ({"seen": market(100.1, 99.9)}, "crossed_book"),
    ({"seen": market(at=AT - 60_000)}, "stale"),
    ({"seen": market(106.0, 106.2)}, "target_passed"),
    ({"seen": market(95.8, 96.0)}, "stop_passed"),
    ({"one": backed(gross_bps=30.0)}, "below_minimum"),
    ({"seen": market(100.3, 100.5)}, "below_minimum"),
]


@pytest.mark.parametrize(("changed", "reason"), DROPS)
def test_each_reason_against_one(changed, reason):
    found, drops = detect(changed.get("one", backed()), seen=changed.get("seen"))
    assert found == []
    assert drops.counts == Counter({reason: 1})
    [drop] = drops.nearest()
    assert drop.candidate.signal.startswith("momentum:buy:")


def test_no_signals_cost_nothing_not_even_a_policy_that_knows_them():
    old = replace(POLICY, min_net_bps={kind: 10.0 for kind in POLICY.min_net_bps if kind != "technical"})
    assert detect(policy=old)[0] == []


@given(st.lists(st.integers(0, 10**6), max_size=30, unique=True))
def test_every_signal_ends_as_a_candidate_or_one_drop_and_a_scan_has_room_for_few(draws):
    rules = ("rsi_reversal", "macd_cross", "bollinger_breakout", "momentum")
    signals = [
        backed(
            signal("buy" if n % 2 else "sell", rule=rules[n % 4], bar=BAR - (n % 5 == 0) * HOUR, entry=95.0 + n % 11),
            trades=n % 100,
        )
        for n in draws
    ]
    found, drops = detect(*signals)
    assert len(found) + drops.counts.total() == len(signals)
    assert len(found) <= SIGNALS_SHOWN_MAX
    assert drops.counts["not_shortlisted"] == 0 or len(found) == SIGNALS_SHOWN_MAX


def test_which_ones_find_room_does_not_change_with_the_price():
    signals = [backed(signal(at=place(symbol=f"A{n:02}")), net_bps=60.0 + n) for n in range(20)]
    quotes = [quote(99.9, 100.1, symbol=f"A{n:02}", at=AT, funding=FUNDING) for n in range(20)]
    moved = [quote(99.9 + n / 100, 100.1 + n / 100, symbol=f"A{n:02}", at=AT, funding=FUNDING) for n in range(20)]
    first, second = (
        {one.legs[0].symbol for one in detect(*signals, seen=snapshot(feed("binance", *rows, market="perp"), at=AT))[0]}
        for rows in (quotes, moved)
    )
    assert first == second == {f"A{n:02}" for n in range(20 - SIGNALS_SHOWN_MAX, 20)}


def test_the_waterfall_by_hand():
    """10 units: 5 at 100.1 and 5 at 100.2 going in, 5 at 99.9 and 5 at 99.8 coming out; three settlements to pay."""
    edge = technical.value(leg(), D(10), AT, POLICY)
    parts = {part.label: float(part.bps) for part in edge.parts}
    notional = 1001.0
    assert (edge.size_quote, float(edge.gross_bps)) == (D("1001.0"), 80.0)
    assert parts == {
        "fee_entry": pytest.approx(-1001.5 * 0.0005 / notional * 1e4, abs=1e-4),
        "fee_exit": pytest.approx(-998.5 * 0.0005 / notional * 1e4, abs=1e-4),
        "spread": pytest.approx(-2 / notional * 1e4, abs=1e-4),
        "slippage_entry": pytest.approx(-0.5 / notional * 1e4, abs=1e-4),
        "slippage_exit": pytest.approx(-0.5 / notional * 1e4, abs=1e-4),
        "moved": 0,
        "funding": pytest.approx(-10 * 100 * 0.0001 * 3 / notional * 1e4, abs=1e-4),
    }
    assert edge.net_bps == edge.gross_bps + sum(part.bps for part in edge.parts)


def test_what_the_price_has_run_ahead_is_gone_and_what_it_lies_behind_is_no_gain():
    def moved(entry: float, side: Side = "buy") -> float:
        edge = technical.value(leg(backed(signal(side, entry=entry)), side=side), D(1), AT, POLICY)
        return next(float(part.bps) for part in edge.parts if part.label == "moved")

    assert moved(99.0) == pytest.approx(-1 / 100.1 * 1e4, abs=1e-4)
    assert moved(101.0) == 0
    assert moved(101.0, "sell") == pytest.approx(-1 / 99.9 * 1e4, abs=1e-4)


@pytest.mark.parametrize(("side", "rate", "sign"), [("buy", 0.0001, -1), ("buy", -0.0001, 0), ("sell", -0.0001, -1)])
def test_funding_counts_where_it_is_paid_and_not_where_it_would_be_received(side, rate, sign):
    edge = technical.value(leg(side=side, funding=replace(FUNDING, rate=rate)), D(1), AT, POLICY)
    funding = next(part.bps for part in edge.parts if part.label == "funding")
    assert funding == 0 if sign == 0 else funding < 0


@pytest.mark.parametrize(
    ("one", "now", "reason"),
    [
        (signal(entry=90.0), AT, "target_passed"),
        (signal(entry=105.0), AT, "stop_passed"),
        (signal(), BAR + 2 * HOUR, "signal_over"),
    ],
)
def test_the_book_of_now_may_have_ended_it(one, now, reason):
    with pytest.raises(Refused) as refused:
        technical.value(leg(backed(one)), D(1), now, POLICY)
    assert refused.value.reason == reason


def test_too_large_a_size_is_refused_and_the_capacity_says_how_large_is_not():
    with pytest.raises(Refused, match="depth"):
        technical.value(leg(), D(56), AT, POLICY)
    legs = leg()
    sizing = technical.measure(legs)
    assert size_for(sizing, D(1000)) == D("9.990")
    capacity = find_capacity(lambda size: technical.value(legs, size, AT, POLICY), sizing, 15.0)
    assert D(5000) < capacity <= D(55) * D("100.1")


@given(st.integers(1, 54_000), st.sampled_from(["buy", "sell"]), st.floats(16, 500))
def test_parts_sum_to_net_and_more_size_never_nets_more(milli, side, gross):
    legs = leg(backed(signal(side), gross_bps=gross), side=side)
    edge = technical.value(legs, D(milli) / 1000, AT, POLICY)
    assert edge.net_bps == edge.gross_bps + sum(part.bps for part in edge.parts)
    assert all(part.bps <= 0 for part in edge.parts)
    assert technical.value(legs, D(milli + 1) / 1000, AT, POLICY).unrounded_bps <= edge.unrounded_bps


def test_closing_by_hand():
    """Bought 10 at 98 on average; 5 are sold at 99.9 and 5 at 99.8."""
    edge = technical.close(leg(), D(10), D(98))
    expected = (998.5 - 980 - 0.0005 * (980 + 998.5)) / 980 * 1e4
    assert float(edge.net_bps) == pytest.approx(expected, abs=3e-4)
    assert float(technical.close(leg(side="sell"), D(10), D(98)).net_bps) == pytest.approx(
        (980 - 1001.5 - 0.0005 * (980 + 1001.5)) / 980 * 1e4, abs=3e-4
    )


def test_closing_at_once_costs_the_spread_and_two_fees():
    entered = leg()[0].entry.fill(D(5)).vwap
    assert float(technical.close(leg(), D(5), entered).net_bps) == pytest.approx(-0.2 / 100.1 * 1e4 - 10, abs=0.02)
