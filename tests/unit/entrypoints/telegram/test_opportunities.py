"""The list: pages, filters, nearest misses, what a plan leaves out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.app.browse import ListView, view_scan
from arbedge.app.views import view_miss, view_opportunity
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.callbacks import Place
from arbedge.entrypoints.telegram.screens.opportunities import render_list
from arbedge.ports.messenger import Screen
from tests.unit.domain.builders import NOW
from tests.unit.entrypoints.telegram.builders import cross, data_of, miss, read, report


def listing(count: int = 0, *misses, scan=None, cursor: str | None = None) -> ListView:
    return ListView(
        items=[view_opportunity(cross(f"C{number}"), NOW) for number in range(count)],
        next_cursor=cursor,
        closest=[view_miss(drop) for drop in misses],
        scan=view_scan(scan or report(*misses), NOW),
    )


def show(view: ListView, place: Place | None = None, hidden: int = 0) -> tuple[str, Screen]:
    screen = render_list(view, place or Place(), "synthetic", NOW, hidden=hidden)
    return read(screen), screen


def test_a_page_has_five_items_each_with_net_before_gross():
    text, screen = show(listing(12))
    assert "1. C0 cross exchange · +66.03" in text
    assert text.count("Binance spot → OKX spot") == 5
    assert text.count("books: api synthetic, 0.0 s old") == 5
    assert text.index(" bps · gross") > text.index("+66.03")
    assert "1 to 5 of 12" in text
    data = data_of(screen)
    assert [data[str(number)] for number in range(1, 6)] == [
        callbacks.detail(cross(f"C{number}").id, Place()) for number in range(5)
    ]


def test_pages_turn_and_stop_at_both_ends():
    first, middle, last = (data_of(show(listing(12), Place(page))[1]) for page in range(3))
    assert first["Next ▶"] == middle["◀ Back"].replace("0", "1") == "op:l:1"
    assert first["◀ Back"] == "op:l:0"
    assert last["Next ▶"] == "op:l:2"
    assert {"1/3", "2/3", "3/3"} == {name for page in (first, middle, last) for name in page if "/" in name}


@pytest.mark.parametrize("page", [3, 40, 9999])
def test_a_page_beyond_the_last_shows_the_last(page: int):
    text, screen = show(listing(12), Place(page))
    assert "11 to 12 of 12" in text
    assert data_of(screen)["Refresh"] == "op:l:2"


def test_one_page_needs_no_paging():
    assert "Next ▶" not in data_of(show(listing(5))[1])


def test_filters_keep_the_asset_and_mark_the_choice():
    data = data_of(show(listing(1), Place(0, "funding", "BTC"))[1])
    assert data["• Funding"] == "op:l:0:f:BTC"
    assert data["All"] == "op:l:0:a:BTC"
    assert data["Cross exchange"] == "op:l:0:x:BTC"


def test_an_empty_list_shows_how_close_the_nearest_came():
    text, _ = show(listing(0, miss("SOL", 4.25), miss("XRP", 1.0, "depth", {"wanted": 9.0, "available": 4.5})))
    assert "Nothing is worth it after costs right now; closest:" in text
    assert "SOL cross exchange: net +4.25 bps at top of book · gross +26.25 bps" in text
    assert "buy binance spot SOLUSDT → sell okx spot SOL-USDT" in text
    assert "lacks 5.75 bps of the minimum, 10.00 bps (below_minimum)" in text
    assert "the books hold 4.5 of the 9 units needed (depth)" in text


@pytest.mark.parametrize(
    ("reason", "numbers", "said"),
    [
        (
            "below_minimum",
            {"net_bps": -2.0, "minimum_bps": 10.0},
            "net -2.00 bps once both books are walked: lacks 12.00",
        ),
        ("crossed_book", {"bids": 0.0, "asks": 3.0}, "bad data: bids 0, asks 3"),
        ("stale", {"age_ms": 16_200.0, "age_ms_max": 15_000.0}, "16 s old; 15 s is allowed"),
        ("skew", {"skew_ms": 12_000.0, "skew_ms_max": 10_000.0}, "12 s apart; 10 s is allowed"),
        ("identity", {"ratio": 0.112, "ratio_max": 0.08}, "11.2% apart; beyond 8%"),
        ("min_size", {"size": 0.5, "minimum": 1.0, "lot": 1.0}, "the size, 0.5, is below the smallest order, 1"),
        ("min_notional", {"notional": 3.0, "minimum": 5.0}, "3.00, is below the smallest value, 5.00"),
        ("crossed_book", {"bid": 2.0, "ask": 1.0}, "bid 2, ask 1: bad data"),
        ("not_shortlisted", {}, "used up this scan's order book budget"),
        ("below_minimum", {"min_net_bps": 3.0}, "below the minimum: min net bps 3"),
    ],
)
def test_a_miss_says_what_it_lacks(reason: str, numbers: dict[str, float], said: str):
    assert said in show(listing(0, miss(reason=reason, numbers=numbers)))[0]


def test_before_the_first_scan_nothing_is_claimed():
    view = ListView(items=[], next_cursor=None, closest=[], scan=view_scan(None, NOW))
    text, _ = show(view)
    assert "No scan has finished yet" in text
    assert "worth" not in text


def test_an_old_scan_is_said_to_be_old():
    assert "This is old" not in show(listing(1))[0]
    assert "This is old" in show(listing(1, scan=report(finished_at=NOW - 180_000)))[0]


def test_what_the_plan_leaves_out_is_counted():
    text, _ = show(listing(0, miss()), hidden=2)
    assert "Nothing in your plan is worth it after costs right now; closest:" in text
    assert "lacks 5.75 bps of the minimum" in text
    assert "2 more: Spot against perpetuals, triangles, technical signals, and whatever nets 50 bps and more" in text


def test_an_empty_type_says_that_it_is_of_the_type():
    text, _ = show(listing(0, miss()), Place(kind="funding"))
    assert "Nothing of type funding is worth it after costs right now; closest:" in text


def test_an_empty_category_says_what_it_asks_for_and_not_that_nothing_is_worth_it():
    text, _ = show(listing(0, miss()), Place(category="high_confidence"))
    assert "Nothing is in this category right now. It asks for: stated with a probability of at least 80%" in text
    assert "worth it" not in text
    assert "SOL cross exchange: net +4.25 bps" in text


def test_an_asset_without_anything_explains_the_types():
    assert (
        "The types are cross_exchange, funding, spot_perp, triangular" in show(listing(0), Place(asset="TECHNICAL"))[0]
    )


@given(st.integers(0, 50), st.integers(0, 9999), st.text(max_size=300))
def test_whatever_it_holds_it_can_be_sent(count: int, page: int, asset: str):
    item = view_opportunity(cross(asset), NOW)
    view = ListView(
        items=[item] * count, next_cursor=None, closest=[view_miss(miss(asset))] * 5, scan=view_scan(report(), NOW)
    )
    show(view, Place(page))
