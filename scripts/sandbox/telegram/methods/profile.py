"""Methods about the bot itself: who it is, its commands, its texts, its menu button."""

import re
from typing import Any

from scripts.sandbox.telegram.backend import Backend, Handler, Parameters
from scripts.sandbox.telegram.errors import bad_request
from scripts.sandbox.telegram.keyboards import check_web_app_url
from scripts.sandbox.telegram.people import BOT
from scripts.sandbox.telegram.wire import Upload

COMMANDS_MAX = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")
_TEXT_LIMITS = {"name": 64, "description": 512, "short_description": 120}


def get_me(_b: Backend, _p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
    return {
        **BOT,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
        "supports_guest_queries": False,
    }


def _scope_key(b: Backend, p: Parameters) -> tuple[str, str]:
    scope = p.get("scope") or {"type": "default"}
    if "chat_id" in scope:
        chat = b.world.chat(scope["chat_id"])
        if scope["type"] != "chat" and not chat.is_group:
            raise bad_request("can't change commands in private chats for members")
    if not _LANGUAGE.fullmatch(p.get("language_code", "")):
        raise bad_request("invalid language code specified")
    key = ":".join(str(scope[part]) for part in ("type", "chat_id", "user_id") if part in scope)
    return key, p.get("language_code", "")


def set_my_commands(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    key = _scope_key(b, p)
    if len(p["commands"]) > COMMANDS_MAX:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in p["commands"]:
        if not _COMMAND.fullmatch(command["command"].removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"].strip()) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    b.profile.commands[key] = [{**c, "command": c["command"].removeprefix("/")} for c in p["commands"]]
    b.world.touch()
    return True


def get_my_commands(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> list[dict[str, Any]]:
    return b.profile.commands.get(_scope_key(b, p), [])


def delete_my_commands(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    b.profile.commands.pop(_scope_key(b, p), None)
    b.world.touch()
    return True


def shown_commands(b: Backend, chat_id: int, language: str) -> list[dict[str, Any]]:
    """The list a client shows in a chat: the most specific scope that has one, the language before none."""
    chat = b.world.chat(chat_id)
    scopes = [f"chat:{chat_id}", "all_private_chats" if chat.private else "all_group_chats", "default"]
    for scope in scopes:
        for code in (language, ""):
            found = b.profile.commands.get((scope, code))
            if found:
                return found
    return []


def _text_handlers(kind: str) -> dict[str, Handler]:
    camel = "".join(part.capitalize() for part in kind.split("_"))

    def set_text(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
        text = p.get(kind, "")
        if len(text) > _TEXT_LIMITS[kind]:
            raise bad_request(f"{kind.replace('_', ' ')} is too long")
        b.profile.texts[kind, p.get("language_code", "")] = text
        return True

    def get_text(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
        standing = BOT["first_name"] if kind == "name" else ""
        return {kind: b.profile.texts.get((kind, p.get("language_code", ""))) or standing}

    return {f"setMy{camel}": set_text, f"getMy{camel}": get_text}


def set_chat_menu_button(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    chat_id = p.get("chat_id")
    if chat_id is not None and not b.world.chat(chat_id).private:
        raise bad_request("menu button can be set only in private chats")
    button: dict[str, Any] = p.get("menu_button") or {"type": "default"}
    if button["type"] == "web_app":
        if not button["text"].strip():
            raise bad_request("menu button text must be non-empty")
        check_web_app_url(button["web_app"]["url"])
    b.profile.menu_buttons[chat_id] = button
    b.world.touch()
    return True


def get_chat_menu_button(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
    buttons = b.profile.menu_buttons
    return buttons.get(p.get("chat_id")) or buttons.get(None) or {"type": "default"}


HANDLERS: dict[str, Handler] = {
    "getMe": get_me,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    **_text_handlers("name"),
    **_text_handlers("description"),
    **_text_handlers("short_description"),
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
}
