"""Why: the machine reason, its numbers, one's own case and what the chat got."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from arbedge.app.browse import WhyView, view_scan
from arbedge.app.identity_views import QuarantineView, SuspectView
from arbedge.app.views import view_miss, view_opportunity
from arbedge.domain.market import Mode
from arbedge.entrypoints.telegram.screens.why import render_why_asset, render_why_opportunity, render_why_usage
from arbedge.ports.store import Delivery
from tests.unit.domain.builders import NOW
from tests.unit.entrypoints.telegram.builders import cross, data_of, ended, miss, read, report

MODE: Mode = "synthetic"


def why(*opportunities: Any, misses: Any = (), own: Any = None, delivery: Delivery | None = None) -> WhyView:
    return WhyView(
        open=[view_opportunity(one, NOW) for one in opportunities],
        misses=[view_miss(drop) for drop in misses],
        scan=view_scan(report(), NOW),
        own_reason=own,
        delivery=delivery,
    )


def delivered(state: Any, error: str | None = None) -> Delivery:
    return Delivery(
        opportunity_id="x",
        chat_id=1,
        user_id="u",
        state=state,
        is_silent=False,
        revision=1,
        message_id=1,
        attempts=1,
        error=error,
        updated_at=NOW,
    )


def test_an_open_one_shows_state_numbers_and_that_nothing_stands_against_it():
    text = read(render_why_opportunity(why(cross(), delivery=delivered("sent")), MODE))
    assert "It is in the list: active, net +66.03" in text
    assert "fee buy" in text
    assert "nothing stands against telling you" in text
    assert "Your chat: you were told" in text
    assert "(sent)" in text


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("alerts_off", "alerts_off, you switched alerts of this type off"),
        ("below_own_minimum", "below_own_minimum, its net edge at your size is below your minimum"),
    ],
)
def test_ones_own_reason_is_named_and_explained(own: str, said: str):
    text = read(render_why_opportunity(why(cross(), own=own), MODE))
    assert f"For you now: {said}" in text
    assert "nothing was planned for it" in text


def test_a_delivery_that_failed_says_why():
    view = why(cross(), delivery=delivered("failed", "recipient_unreachable"))
    assert "sending to you failed" in read(render_why_opportunity(view, MODE))
    assert "(failed, recipient_unreachable)" in read(render_why_opportunity(view, MODE))


def test_an_ended_one_gives_the_machine_reason_and_what_the_latest_scan_said():
    text = read(render_why_opportunity(why(ended(cross()), misses=[miss("BTC", 3.5)]), MODE))
    assert "Reason below_minimum: after every cost" in text
    assert "The latest scan dropped it:" in text
    assert "lacks 6.50 bps" in text


def test_an_asset_shows_what_is_open_and_what_was_dropped():
    one = cross()
    screen = render_why_asset("BTC", why(one, misses=[miss("BTC", 1.0)]), MODE)
    text = read(screen)
    assert "cross exchange, in the list: net +66.03" in text
    assert one.id in text
    assert "Looked at and not told:" in text
    assert "below_minimum, 1,200: after every cost the edge is below the minimum" in text
    assert "stale, 3: a quote was older" in text
    assert data_of(screen)["Why 1?"] == f"op:w:{one.id}"


def test_an_asset_nobody_compared_says_what_that_may_mean():
    assert "The latest scan has nothing on NOSUCH" in read(render_why_asset("NOSUCH", why(), MODE))


def test_an_asset_before_the_first_scan_claims_nothing():
    view = WhyView(open=[], misses=[], scan=view_scan(None, NOW))
    text = read(render_why_asset("BTC", view, MODE))
    assert "No scan has finished yet" in text
    assert "nothing on" not in text


def test_many_misses_fit():
    drops = [miss("<X&>" * 40, -1.0, numbers={"ratio" * 30: 1e300}) for _ in range(200)]
    read(render_why_asset("X" * 500, why(*[cross()] * 5, misses=drops), MODE))


def test_usage_is_told():
    assert "/why BTC" in read(render_why_usage(MODE))


def test_money_in_it_is_exact():
    assert view_opportunity(cross(), NOW).size_quote == Decimal("800.00")


def suspect(apart: float) -> QuarantineView:
    one = SuspectView(
        instrument="bybit:spot:GRIDUSDT",
        asset="GRID",
        quote="USDT",
        price=0.025,
        median=0.2,
        apart=apart,
        others=[],
        scans=3,
        first_at=NOW,
        seen_at=NOW,
        quarantined_at=NOW,
        agreed_ms=0,
    )
    return QuarantineView(count=1, suspected=0, items=[one])


@pytest.mark.parametrize(("apart", "said"), [(-0.875, "-87.5% from the median 0.2"), (207.0, "208 times the median")])
def test_quarantine_is_the_whole_answer_and_says_when_it_ends(apart: float, said: str):
    text = read(render_why_asset("GRID", replace(why(), quarantine=suspect(apart)), MODE))
    assert said in text
    assert "it comes back after 7 d of agreement" in text
    assert "nothing on GRID" not in text


def test_someone_who_has_the_message_is_not_told_that_it_came_too_late():
    text = read(render_why_opportunity(why(ended(cross()), own="ended", delivery=delivered("sent")), MODE))
    assert "Your chat: you were told" in text
    assert "before it could be sent" not in text
    late = read(render_why_opportunity(why(ended(cross()), own="ended"), MODE))
    assert "ended, it had ended before it could be sent" in late
