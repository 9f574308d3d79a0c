"""Button data: short enough, readable again, and nothing else accepted."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.domain.categories import Category
from arbedge.domain.policy import OpportunityType
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.callbacks import Place, parse_place
from arbedge.entrypoints.telegram.taps import TAPS, parse_tap

ID = "0123456789abcdef"
PLACES = st.builds(
    Place,
    st.integers(0, 9999),
    st.sampled_from([None, *get_args(OpportunityType)]),
    st.none()
    | st.from_regex(r"[\w]{1,20}", fullmatch=True)
    | st.from_regex(r"[A-Z]{1,12}\.[A-Z]{1,7}", fullmatch=True),
)


@given(PLACES)
def test_every_place_fits_and_leads_back(place: Place):
    for data in (
        callbacks.list_page(place),
        callbacks.detail(ID, place),
        callbacks.detail_at(ID, 1_000_000, place),
        callbacks.simulate(ID, 1_000_000, place),
        callbacks.similar(ID, place),
        callbacks.books(ID, 1_000_000, place),
    ):
        assert 1 <= len(data.encode()) <= 64
        assert parse_tap(data)
    back = parse_place(str(place))
    assert (back.page, back.kind) == (place.page, place.kind)
    assert back.asset in {place.asset, None}
    if place.asset and place.asset.isascii():
        assert back == place


@pytest.mark.parametrize("category", get_args(Category))
@pytest.mark.parametrize("asset", [None, "BTC"])
def test_a_category_leads_back_and_is_no_type(category: Category, asset: str | None):
    place = Place(3, None, asset, category)
    assert parse_tap(callbacks.detail(ID, place))
    assert parse_place(str(place)) == place
    assert parse_place(str(place.turn_to(4))) == Place(4, None, asset, category)


@pytest.mark.parametrize(
    "data",
    [
        callbacks.HOME,
        callbacks.STATUS,
        callbacks.HELP,
        callbacks.topic("numbers"),
        callbacks.list_page(Place()),
        callbacks.detail(ID),
        callbacks.why(ID),
        callbacks.open_alert(ID),
        callbacks.why_alert(ID),
        callbacks.simulate(ID),
        callbacks.similar(ID),
        callbacks.books(ID),
        callbacks.page_number(2, 3),
        callbacks.detail_at(ID, 50_000, Place(3, "funding", "BTC")),
        callbacks.PREFERENCES,
        callbacks.choose_size(100),
        callbacks.choose_size(None),
        callbacks.choose_horizon(168),
        *map(callbacks.of_type, get_args(OpportunityType)),
        callbacks.choose_minimum("funding", 50),
        callbacks.choose_minimum("funding", None),
        callbacks.choose_alerts("spot_perp", "silent"),
        callbacks.choose_alerts("spot_perp", None),
        "op:l:0",
        "m:home",
    ],
)
def test_what_our_buttons_carry_is_understood(data: str):
    assert parse_tap(data)


@pytest.mark.parametrize(
    "data",
    [
        "",
        ":",
        "m",
        "m:home:",
        "m:home:1",
        "op:l",
        "op:l:",
        "op:l:-1",
        "op:l:99999",
        "op:l:٣",
        "op:l:0:z",
        "op:l:0:x:../..",
        "op:d",
        f"op:d:{ID.upper()}",
        f"op:d:{ID}0",
        f"op:d:{ID}:",
        f"op:d:{ID}\n",
        "ex:ok:opp_00000000:999999:ZZZZ",
        "op:l:0' OR 1=1",
        f"op:z:{ID}:9:0",
        f"op:z:{ID}:1000001:0",
        f"op:z:{ID}:500",
        f"op:b:{ID}",
        f"op:b:{ID}:9:0",
        "pf:s:1.5",
        "pf:m:a:5",
    ],
)
def test_anything_else_is_no_longer_valid(data: str):
    assert parse_tap(data) is None


@given(st.text(max_size=64))
def test_no_data_breaks_it(data: str):
    tap = parse_tap(data)
    assert tap is None or tap.row in TAPS.values()
