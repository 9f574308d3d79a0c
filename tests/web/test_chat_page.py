"""The chat page, driven in headless Chromium: one pass, many observations."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.layout import NODE_MODULES, ROOT
from scripts.screenshot import any_node

IMAGES = ROOT / "build"

pytestmark = pytest.mark.xdist_group("chat_page")


@pytest.fixture(scope="module")
def seen(chat_url: str) -> dict[str, Any]:
    if not (NODE_MODULES / "playwright-core").is_dir():
        pytest.skip("playwright-core is not installed")
    IMAGES.mkdir(exist_ok=True)
    command = [any_node(), str(Path(__file__).with_name("chat_page.mjs")), chat_url, str(IMAGES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_nothing_went_wrong_on_the_page(seen: dict[str, Any]) -> None:
    assert seen["errors"] == []


def test_the_seeded_people_and_the_group_are_offered(seen: dict[str, Any]) -> None:
    assert seen["people"] == ["Fiona", "Pavel", "Priya", "Ada", "Arb Lounge"]


def test_start_leads_to_a_formatted_reply_with_buttons(seen: dict[str, Any]) -> None:
    assert "BTC/USDT  Binance → OKX" in seen["reply"]
    assert "net     +0.42 %" in seen["reply"]
    assert {"strong", "pre", "time", "a"} <= set(seen["tags"])
    assert seen["buttons"] == ["Refresh", "Explain", "Docs"]


def test_a_tap_edits_the_message_in_place(seen: dict[str, Any]) -> None:
    assert seen["edited"].startswith("Now +0.37 %")
    assert "edited" in seen["edited"]
    assert seen["copies"] == 1


def test_an_alert_opens_a_dialog(seen: dict[str, Any]) -> None:
    assert seen["alert"] == "Fees are taken from both legs."


def test_a_typed_slash_offers_the_commands_the_bot_has_set(seen: dict[str, Any]) -> None:
    assert seen["commands"] == ["/helpWhat I can do"]


def test_news_for_others_is_announced_and_counted(seen: dict[str, Any]) -> None:
    assert "ArbEdge to Pavel" in seen["banner"]
    assert "You said: ping" in seen["banner"]
    assert seen["unread"] == "1"


def test_a_stranger_may_come_in(seen: dict[str, Any]) -> None:
    assert seen["stranger"] == "Zoe <i> · stranger"


def test_on_a_phone_list_and_chat_are_two_screens_without_sideways_scrolling(seen: dict[str, Any]) -> None:
    assert seen["phoneList"] is True
    assert seen["phoneBack"] is True
    assert seen["phoneOverflow"] <= 0
    assert seen["smallestKey"] >= 40


def test_the_picture_for_the_readme_can_be_taken(chat_url: str, seen: dict[str, Any]) -> None:
    out = IMAGES / "chat.png"
    command = [
        sys.executable,
        "-m",
        "scripts.screenshot",
        chat_url,
        str(out),
        "--person",
        "user_admin_000",
        "--say",
        "/start",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes().startswith(b"\x89PNG")


def test_screenshots_were_taken(seen: dict[str, Any]) -> None:
    assert all((IMAGES / name).stat().st_size > 10_000 for name in ("chat-desk.png", "chat-phone.png"))
