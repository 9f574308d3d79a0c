"""Status, menu, welcome, help: what is well, what is stale, what happens next."""

from typing import Any

import pytest
from msgspec.structs import replace

from arbedge.app.browse import ListView, view_scan
from arbedge.app.status import DependencyView, StatusView
from arbedge.app.views import view_opportunity
from arbedge.domain.market import EXCHANGES, MARKETS
from arbedge.domain.person import Person, Session
from arbedge.entrypoints.telegram.commands import COMMANDS
from arbedge.entrypoints.telegram.screens import notices
from arbedge.entrypoints.telegram.screens.help import TOPICS, render_help, render_topic
from arbedge.entrypoints.telegram.screens.identity import render_events
from arbedge.entrypoints.telegram.screens.menu import render_menu
from arbedge.entrypoints.telegram.screens.start import render_group_welcome, render_welcome
from arbedge.entrypoints.telegram.screens.status import render_status
from tests.unit.domain.builders import NOW
from tests.unit.entrypoints.telegram.builders import POLICY, cross, read, report

FINE = DependencyView(state="ok", error=None, last_success_at=NOW - 3_000, age_ms=3_000)
BROKEN = DependencyView(state="down", error="<html>503 & more", last_success_at=NOW - 240_000, age_ms=240_000)


def status(**broken: DependencyView) -> StatusView:
    """`bybit_perp=BROKEN` breaks one feed, `kv=BROKEN` one dependency."""
    feeds = {one: {market: broken.get(f"{one}_{market}", FINE) for market in MARKETS} for one in EXCHANGES}
    rest = {name: broken.get(name, FINE) for name in ("d1", "kv", "r2", "telegram")}
    overall = "degraded" if broken else "ok"
    return StatusView(overall=overall, exchanges=feeds, dependencies=rest, scan=view_scan(report(), NOW))


def test_a_healthy_system_says_so_feed_by_feed():
    text = read(render_status(status(), "synthetic", NOW))
    assert "Status · All is well." in text
    for name in ("Binance spot", "Binance perp", "Bybit spot", "OKX perp", "d1", "telegram"):
        assert [line for line in text.splitlines() if line.startswith(name) and line.endswith("ok    3.0 s")]
    assert "Last scan 2.0 s ago, 2,345 instruments" in text
    assert "Market mode: synthetic" in text
    assert "Stale" not in text


def test_a_broken_feed_is_named_with_its_error_and_its_last_good_data():
    text = read(render_status(status(bybit_perp=BROKEN, kv=BROKEN), "live", NOW))
    assert "Limited service" in text
    assert [line for line in text.splitlines() if line.startswith("Bybit perp") and line.endswith("down    4 min")]
    assert "Bybit perp, kv: down, <html>503 & more" in text
    assert "Stale: Bybit perp (last good data 2026-11-21 22:22:40 UTC)" in text
    assert "MARKET MODE" not in text


def test_a_feed_that_answers_late_is_named_though_it_is_well():
    text = read(render_status(status(okx_spot=replace(FINE, latency_ms=1_600)), "live", NOW))
    assert "Slow to answer: OKX spot 1.6 s. Scans wait for it." in text
    assert "Slow" not in read(render_status(status(okx_spot=replace(FINE, latency_ms=999)), "live", NOW))


def test_long_errors_fit():
    long = replace(BROKEN, error="<&>" * 2_000)
    broken: dict[str, Any] = {
        f"{one}_{market}": replace(long, error=f"{one}{market}{'<&>' * 2_000}")
        for one in EXCHANGES
        for market in MARKETS
    }
    read(render_status(status(**broken), "synthetic", NOW))


def listing(*items: Any) -> ListView:
    return ListView(
        items=[view_opportunity(one, NOW) for one in items], next_cursor=None, closest=[], scan=view_scan(report(), NOW)
    )


def test_the_menu_shows_the_best_and_what_is_stale():
    text = read(render_menu(status(okx_spot=BROKEN), listing(cross()), "synthetic"))
    assert "Best now: BTC cross exchange +66.03" in text
    assert "stale: OKX spot" in text
    assert "All exchanges answer." in read(render_menu(status(), listing(), "synthetic"))
    assert "Nothing is worth it" in read(render_menu(status(), listing(), "synthetic"))


def person(name: str) -> Person:
    session = Session(state="active", opened_at=NOW, last_active_at=NOW, expires_at=NOW + 7 * 86_400_000)
    return Person(id="u", telegram_id=1, name=name, role="user", tier="free", session=session)


def test_the_welcome_greets_by_name_and_says_how_long_and_what_next():
    text = read(render_welcome(person("Mira <b>& Co\u202e"), POLICY, "synthetic", has_unknown_link=False))
    assert "Welcome to ArbEdge, Mira <b>& Co" in text
    assert "until 2026-11-28 22:26:40 UTC" in text
    assert "from 10 bps net across exchanges and 15 bps on funding" in text
    assert "link" not in text


def test_the_welcome_works_without_a_name_and_names_an_unknown_link():
    text = read(render_welcome(person("\u200b"), POLICY, "live", has_unknown_link=True))
    assert "Welcome to ArbEdge\n" in text
    assert "not known here or has expired" in text


def test_help_lists_every_command_and_the_bot():
    rows = [(name, row.help) for name, row in COMMANDS.items()]
    text = read(render_help(rows, "ArbEdgeBot", "synthetic"))
    for name in COMMANDS:
        assert f"/{name}: " in text
    assert "@ArbEdgeBot" in text
    assert "This bot is" not in read(render_help(rows, None, "synthetic"))


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_its_page(topic: str):
    assert TOPICS[topic][0] in read(render_topic(topic, "synthetic"))


@pytest.mark.parametrize("mode", ["synthetic", "replay"])
def test_every_screen_names_a_market_that_is_not_live(mode: str):
    screens = [
        render_status(status(), mode, NOW),
        render_menu(status(), listing(), mode),
        render_welcome(person("Mira"), POLICY, mode, has_unknown_link=False),
        render_help([], None, mode),
        render_topic("numbers", mode),
        render_group_welcome(mode),
    ]
    assert all(f"MARKET MODE: {mode}" in read(screen) for screen in screens)


def test_notices_can_be_sent_whatever_they_quote():
    hostile = "<b>&\u202e" * 100
    link = "https://t.me/ArbEdgeBot?start=group"
    assert "Did you mean /status?" in read(notices.render_unknown_command("sttaus", "status"))
    for screen in (
        notices.render_unknown_command(hostile, None),
        notices.render_unknown_type(hostile),
        notices.render_session_needed(),
        notices.render_group_session_needed(link),
        notices.render_private_only(link),
        notices.render_private_only(None),
        notices.render_secret_removed(is_removed=True),
        notices.render_secret_removed(is_removed=False),
        notices.render_broken("7F3K"),
    ):
        assert hostile not in read(screen, private=False)


def test_toasts_fit():
    toasts = (notices.BUTTON_GONE, notices.PRIVATE_ONLY, notices.SESSION_NEEDED, notices.CHECKOUT_REFUSED)
    assert all(len(toast) <= 200 for toast in toasts)


def test_lists_without_changes_are_not_lists_nobody_knows_of():
    assert "no change" in render_events({})
    assert "not known" in render_events(None)
