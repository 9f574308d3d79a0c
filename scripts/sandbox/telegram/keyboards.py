"""Checks keyboards to the last button: aiogram's models let flat rows, two actions or oversized data through,
Telegram does not."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from scripts.sandbox.telegram.errors import bad_request

Markup = dict[str, Any]

MARKUP_KINDS = {
    "inline_keyboard": "InlineKeyboardMarkup",
    "keyboard": "ReplyKeyboardMarkup",
    "remove_keyboard": "ReplyKeyboardRemove",
    "force_reply": "ForceReply",
}
"""The key that tells which kind of reply markup an object is, and aiogram's class for it."""

INLINE_ACTIONS = (
    "callback_data",
    "url",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "disabled",
)
REPLY_ACTIONS = (
    "request_users",
    "request_chat",
    "request_managed_bot",
    "request_contact",
    "request_location",
    "request_poll",
    "web_app",
    "request_user",
)
STYLES = frozenset({"primary", "success", "danger"})
BUTTONS_MAX = 100
ROW_BUTTONS_MAX = 8
CALLBACK_DATA_BYTES_MAX = 64
COPY_TEXT_MAX = 256
_TELEGRAM_LINK = re.compile(r"(?:tg|ton)://\S+", re.IGNORECASE)


def markup_kind(markup: Any) -> str:
    """Names the kind of a reply markup, refusing what carries none or more than one."""
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    kinds = [kind for kind in MARKUP_KINDS if kind in markup]
    if len(kinds) != 1:
        raise bad_request("can't parse reply markup JSON object: exactly one kind of markup is expected")
    return kinds[0]


def check_rows(rows: Any, what: str) -> None:
    """Rows of buttons, nothing flat; runs before the models, whose unions would take a flat list for another kind."""
    if not isinstance(rows, list):
        raise bad_request(f"can't parse {what}: field of type Array expected")
    for row in rows:
        if not isinstance(row, list):
            raise bad_request(f"can't parse {what}: array of Arrays of buttons expected")
        for button in row:
            if not isinstance(button, dict):
                raise bad_request(f"can't parse {what} button: expected an Object")
        if len(row) > ROW_BUTTONS_MAX:
            raise bad_request("reply markup is too long: too many buttons in a row")
    if sum(len(row) for row in rows) > BUTTONS_MAX:
        raise bad_request("reply markup is too long")


def check_inline(markup: Markup, *, private: bool, invoice: bool = False) -> None:
    for y, row in enumerate(markup["inline_keyboard"]):
        for x, button in enumerate(row):
            _check_inline_button(button, private=private, payable=invoice and x == y == 0)


def _check_inline_button(button: dict[str, Any], *, private: bool, payable: bool) -> None:
    if not button["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    _check_style(button)
    actions = [action for action in INLINE_ACTIONS if button.get(action) is not None]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request(f"can't parse inline keyboard button: only one action is allowed, found {', '.join(actions)}")
    action, value = actions[0], button[actions[0]]
    if action == "callback_data" and not 1 <= len(value.encode()) <= CALLBACK_DATA_BYTES_MAX:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "url":
        check_button_url(value)
    if action == "web_app":
        if not private:
            raise bad_request("BUTTON_TYPE_INVALID")
        check_web_app_url(value["url"])
    if action == "login_url" and urlsplit(value["url"]).scheme != "https":
        raise bad_request("BUTTON_URL_INVALID")
    if action == "copy_text" and not 1 <= len(value["text"]) <= COPY_TEXT_MAX:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if action == "pay" and not payable:
        raise bad_request("can't parse inline keyboard button: Pay buttons are allowed only first in an invoice")


def _check_style(button: dict[str, Any]) -> None:
    if button.get("style") is not None and button["style"] not in STYLES:
        raise bad_request("can't parse keyboard button: invalid button style specified")


def check_button_url(url: str) -> None:
    """Links need a public host: names without a dot, raw addresses and other schemes are refused."""
    if _TELEGRAM_LINK.fullmatch(url):
        return
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not is_public_name(host) or re.search(r"\s", url):
        raise bad_request("BUTTON_URL_INVALID")


def is_public_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return re.fullmatch(r"(?:[\w-]{1,63}\.)+[^\W\d_][\w-]+", host) is not None
    return False


def check_web_app_url(url: str) -> None:
    if urlsplit(url).scheme != "https" or not is_public_name(urlsplit(url).hostname or ""):
        raise bad_request(f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")


def check_reply_keyboard(markup: Markup, *, private: bool) -> None:
    if not any(markup["keyboard"]):
        raise bad_request("can't parse reply keyboard markup JSON object: keyboard must be non-empty")
    _check_placeholder(markup)
    for row in markup["keyboard"]:
        for button in row:
            if not button["text"].strip():
                raise bad_request("keyboard button text must be non-empty")
            _check_style(button)
            actions = [action for action in REPLY_ACTIONS if button.get(action)]
            if len(actions) > 1:
                raise bad_request(
                    f"can't parse keyboard button: only one action is allowed, found {', '.join(actions)}"
                )
            if actions and actions[0] != "request_poll" and not private:
                raise bad_request("BUTTON_TYPE_INVALID")
            if button.get("web_app"):
                check_web_app_url(button["web_app"]["url"])


def _check_placeholder(markup: Markup) -> None:
    placeholder = markup.get("input_field_placeholder")
    if placeholder is not None and not 1 <= len(placeholder) <= 64:
        raise bad_request("input field placeholder must be between 1 and 64 characters long")


def check_markup(markup: Markup, *, private: bool, invoice: bool = False) -> None:
    """Everything the models cannot know; the shape was validated before."""
    kind = markup_kind(markup)
    if kind == "inline_keyboard":
        check_inline(markup, private=private, invoice=invoice)
    elif kind == "keyboard":
        check_reply_keyboard(markup, private=private)
    elif kind == "force_reply":
        if markup["force_reply"] is not True:
            raise bad_request("can't parse reply markup JSON object: force_reply must be true")
        _check_placeholder(markup)
    elif markup["remove_keyboard"] is not True:
        raise bad_request("can't parse reply markup JSON object: remove_keyboard must be true")
