"""What is told of a list that changed, and which lists are not believed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from arbedge.domain.listings import EVENTS_OF_A_KIND_MAX, INSISTENCE_MS, InstrumentEvent, compare_lists, is_truncated
from tests.unit.domain.builders import NOW, instrument

FEED = ("binance", "spot")
BTC, ETH, LTC = (instrument(symbol=f"{asset}USDT", asset=asset, base=asset) for asset in ("BTC", "ETH", "LTC"))


def by_symbol(*instruments):
    return {one.symbol: one for one in instruments}


def compare(before, after):
    return compare_lists(FEED, before, after, NOW)


def event(kind, symbol="", **fields):
    return InstrumentEvent("binance", "spot", NOW, kind, symbol, **fields)


def test_the_first_list_of_a_feed_is_one_event():
    assert compare(None, [BTC, ETH]) == [event("first_seen", count=2)]


def test_the_same_list_is_none():
    assert compare(by_symbol(BTC, ETH), [ETH, BTC]) == []


def test_listed_delisted_and_changed():
    finer = replace(BTC, tick_size=Decimal("0.001"), min_notional=None)
    assert compare(by_symbol(BTC, ETH), [finer, LTC]) == [
        event("changed", "BTCUSDT", changes={"tick_size": ("0.01", "0.001"), "min_notional": ("5", None)}),
        event("delisted", "ETHUSDT"),
        event("listed", "LTCUSDT"),
    ]


def test_a_halt_is_no_change_of_rules_but_both_may_happen_at_once():
    halted = replace(BTC, is_trading=False)
    assert compare(by_symbol(BTC), [halted]) == [event("halted", "BTCUSDT")]
    assert [one.kind for one in compare(by_symbol(halted), [replace(BTC, lot_size=Decimal(1))])] == [
        "resumed",
        "changed",
    ]


def test_what_happens_to_hundreds_at_once_is_one_event():
    many = [instrument(symbol=f"S{place}") for place in range(EVENTS_OF_A_KIND_MAX + 1)]
    assert len(compare(by_symbol(ETH), [ETH, *many[1:]])) == EVENTS_OF_A_KIND_MAX
    assert compare(by_symbol(ETH, BTC), [BTC, *many]) == [
        event("listed", count=EVENTS_OF_A_KIND_MAX + 1),
        event("delisted", "ETHUSDT"),
    ]


LONG = [instrument(symbol=f"S{place}") for place in range(20)]


@pytest.mark.parametrize(
    ("before", "after", "kept_for_ms", "expected"),
    [
        (LONG, LONG[:10], 3_600_000, False),
        (LONG, LONG[:9], 3_600_000, True),
        (LONG, LONG[:9], INSISTENCE_MS, False),
        (LONG, [instrument(symbol=f"T{place}") for place in range(30)], 0, True),
        (LONG[:9], [], 0, False),
        (LONG, LONG * 2, 0, False),
    ],
)
def test_a_list_that_lost_half_of_itself_is_not_believed_for_a_day(before, after, kept_for_ms, expected):
    assert is_truncated(by_symbol(*before), after, kept_for_ms) is expected


LISTS = st.lists(
    st.builds(
        lambda name, lot, trading: instrument(symbol=name, lot_size=Decimal(lot), is_trading=trading),
        st.sampled_from("ABCDEF"),
        st.sampled_from(["1", "0.1"]),
        st.booleans(),
    ),
    unique_by=lambda one: one.symbol,
)


@given(LISTS, LISTS)
def test_events_lead_from_one_list_to_the_other(before, after):
    events = compare(by_symbol(*before), after)
    symbols = {one.symbol for one in before}
    for one in events:
        if one.kind == "listed":
            symbols.add(one.symbol)
        if one.kind == "delisted":
            symbols.remove(one.symbol)
    assert symbols == {one.symbol for one in after}
    touched = {one.symbol for one in events}
    assert touched == {
        name for name in by_symbol(*before, *after) if by_symbol(*before).get(name) != by_symbol(*after).get(name)
    }
    assert len({(one.symbol, one.kind) for one in events}) == len(events)
