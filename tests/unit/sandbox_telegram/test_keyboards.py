"""Keyboards button by button."""

from typing import Any

import pytest

from scripts.sandbox.telegram.errors import ApiError
from scripts.sandbox.telegram.keyboards import check_markup, check_rows, markup_kind


def inline(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Go", **button}]]}


@pytest.mark.parametrize(
    "button",
    [
        {"callback_data": "x"},
        {"callback_data": "é" * 32},
        {"callback_data": "x", "style": "danger"},
        {"url": "https://t.me/ArbEdgeBot?start=bal"},
        {"url": "tg://user?id=1"},
        {"url": "example.org/path"},
        {"web_app": {"url": "https://app.example.org/keys"}},
        {"copy_text": {"text": "x" * 256}},
        {"switch_inline_query": ""},
        {"disabled": {}},
    ],
)
def test_good_buttons_pass(button: dict[str, Any]) -> None:
    check_markup(inline(**button), private=True)


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"url": "http://localhost:8787/"}, "BUTTON_URL_INVALID"),
        ({"url": "http://127.0.0.1/"}, "BUTTON_URL_INVALID"),
        ({"url": "javascript:alert(1)"}, "BUTTON_URL_INVALID"),
        ({"url": "https://exa mple.org"}, "BUTTON_URL_INVALID"),
        ({"url": "http://[::1"}, "BUTTON_URL_INVALID"),
        ({"web_app": {"url": "http://app.example.org"}}, "Only HTTPS links are allowed"),
        ({"copy_text": {"text": ""}}, "BUTTON_COPY_TEXT_INVALID"),
        ({"callback_data": "x", "style": "purple"}, "invalid button style"),
        ({}, "Text buttons are unallowed in the inline keyboard"),
        ({"callback_data": "x", "url": "https://example.org"}, "only one action is allowed"),
        ({"pay": True}, "Pay buttons"),
        ({"text": " ", "callback_data": "x"}, "text must be non-empty"),
    ],
)
def test_bad_buttons_are_refused(button: dict[str, Any], reason: str) -> None:
    with pytest.raises(ApiError) as refusal:
        check_markup(inline(**button), private=True)
    assert reason in refusal.value.description


def test_web_apps_open_in_private_chats_only() -> None:
    with pytest.raises(ApiError, match="BUTTON_TYPE_INVALID"):
        check_markup(inline(web_app={"url": "https://app.example.org"}), private=False)


def test_rows_and_buttons_are_limited() -> None:
    button = {"text": "x", "callback_data": "x"}
    check_rows([[button] * 8] * 12, "inline keyboard")
    with pytest.raises(ApiError, match="too many buttons in a row"):
        check_rows([[button] * 9], "inline keyboard")
    with pytest.raises(ApiError, match="reply markup is too long"):
        check_rows([[button] * 8] * 13, "inline keyboard")


@pytest.mark.parametrize("markup", [{}, {"inline_keyboard": [], "force_reply": True}, [], "{}"])
def test_a_markup_has_exactly_one_kind(markup: Any) -> None:
    with pytest.raises(ApiError):
        markup_kind(markup)


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ({"keyboard": []}, "keyboard must be non-empty"),
        ({"keyboard": [[]]}, "keyboard must be non-empty"),
        ({"keyboard": [[{"text": ""}]]}, "text must be non-empty"),
        ({"keyboard": [[{"text": "x", "request_contact": True, "request_location": True}]]}, "only one action"),
        ({"keyboard": [[{"text": "x"}]], "input_field_placeholder": "x" * 65}, "placeholder"),
        ({"force_reply": False}, "force_reply must be true"),
        ({"remove_keyboard": False}, "remove_keyboard must be true"),
    ],
)
def test_other_kinds_are_checked_too(markup: dict[str, Any], reason: str) -> None:
    with pytest.raises(ApiError) as refusal:
        check_markup(markup, private=True)
    assert reason in refusal.value.description


def test_contacts_are_asked_for_in_private_chats_only() -> None:
    markup = {"keyboard": [[{"text": "x", "request_contact": True}]]}
    check_markup(markup, private=True)
    with pytest.raises(ApiError, match="BUTTON_TYPE_INVALID"):
        check_markup(markup, private=False)
