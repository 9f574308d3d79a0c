"""The shapes of the Bot API on the wire: what we send for a screen, and what every call answers."""

import html
import re
from typing import Any

from msgspec import Struct

from arbedge.ports.messenger import Button, Screen

_TAG = re.compile(r"<[^<>]*>")


class Parameters(Struct, frozen=True):
    """What Telegram adds to some refusals."""

    retry_after: int | None = None
    migrate_to_chat_id: int | None = None


class Answer(Struct, frozen=True):
    """Every answer of the Bot API; `result` when `ok`, otherwise the rest."""

    ok: bool
    result: Any = None
    error_code: int | None = None
    description: str | None = None
    parameters: Parameters | None = None


class Sent(Struct, frozen=True):
    """As much of a sent message as we keep."""

    message_id: int


class Me(Struct, frozen=True):
    username: str


def render_button(button: Button) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "text": button.text,
        "callback_data": button.data,
        "url": button.url,
        "web_app": {"url": button.web_app} if button.web_app else None,
        "style": button.style,
    }
    return {name: value for name, value in fields.items() if value is not None}


def render_screen(screen: Screen, *, is_plain: bool = False) -> dict[str, Any]:
    """The parameters of a text message, shared by sending and editing. Plain text is the form that always parses."""
    payload: dict[str, Any] = {"text": strip_markup(screen.text) if is_plain else screen.text}
    if not is_plain:
        payload["parse_mode"] = "HTML"
    payload["link_preview_options"] = {"is_disabled": True}
    if rows := [[render_button(button) for button in row] for row in screen.buttons if row]:
        payload["reply_markup"] = {"inline_keyboard": rows}
    return payload


def strip_markup(text: str) -> str:
    """What a reader would see of HTML text."""
    return html.unescape(_TAG.sub("", text))
