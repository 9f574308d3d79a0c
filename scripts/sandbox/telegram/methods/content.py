"""Turns the text, keyboard and reply parameters of a call into the content of a message, or refuses them."""

from typing import Any

from scripts.sandbox.telegram.backend import Parameters
from scripts.sandbox.telegram.errors import bad_request
from scripts.sandbox.telegram.formatting import Entity, detect_entities, parse_html, tidy, utf16_length
from scripts.sandbox.telegram.keyboards import check_markup
from scripts.sandbox.telegram.world import Chat

TEXT_MAX = 4096
CAPTION_MAX = 1024
GENERAL_TOPIC_ID = 1


def formatted(source: str, parse_mode: str | None, entities: list[Entity] | None) -> tuple[str, list[Entity]]:
    if parse_mode:
        if parse_mode.lower() in ("markdown", "markdownv2"):
            raise bad_request("unsupported parse_mode: this server reads HTML only")
        if parse_mode.lower() != "html":
            raise bad_request("unsupported parse_mode")
        text, found = parse_html(source)
    else:
        text, found = source, _check_entities(source, entities or [])
    text, found = tidy(text, found)
    return text, detect_entities(text, found)[:100]


def _check_entities(source: str, entities: list[Entity]) -> list[Entity]:
    length = utf16_length(source)
    for entity in entities:
        if entity["offset"] < 0 or entity["length"] <= 0 or entity["offset"] + entity["length"] > length:
            raise bad_request(f"can't parse entities: entity at offset {entity['offset']} is outside of the text")
    return [dict(entity) for entity in entities]


def text_content(p: Parameters) -> dict[str, Any]:
    text, entities = formatted(p.get("text", ""), p.get("parse_mode"), p.get("entities"))
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > TEXT_MAX:
        raise bad_request("message is too long")
    content: dict[str, Any] = {"text": text}
    if entities:
        content["entities"] = entities
    if p.get("link_preview_options"):
        content["link_preview_options"] = p["link_preview_options"]
    return content


def caption_content(p: Parameters) -> dict[str, Any]:
    text, entities = formatted(p.get("caption", ""), p.get("parse_mode"), p.get("caption_entities"))
    if utf16_length(text) > CAPTION_MAX:
        raise bad_request("message caption is too long")
    content: dict[str, Any] = {"caption": text} if text else {}
    if entities:
        content["caption_entities"] = entities
    return content


def markup_content(p: Parameters, chat: Chat, *, invoice: bool = False) -> dict[str, Any]:
    """Only an inline keyboard becomes part of the message; the other kinds change the chat's input."""
    markup = p.get("reply_markup")
    if markup is None:
        return {}
    check_markup(markup, private=chat.private, invoice=invoice)
    rows = [row for row in markup.get("inline_keyboard", []) if row]
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def apply_reply_keyboard(p: Parameters, chat: Chat) -> None:
    markup = p.get("reply_markup") or {}
    if markup.get("remove_keyboard"):
        chat.keyboard = None
    elif "keyboard" in markup or "force_reply" in markup:
        chat.keyboard = markup


def sending_content(p: Parameters, chat: Chat) -> dict[str, Any]:
    """What every send method shares: topic, reply, protection, effect."""
    content: dict[str, Any] = {}
    if p.get("message_thread_id") is not None:
        known = {m.payload.get("message_thread_id") for m in chat.messages.values()}
        if p["message_thread_id"] == GENERAL_TOPIC_ID or p["message_thread_id"] not in known:
            raise bad_request("message thread not found")
        content["message_thread_id"] = p["message_thread_id"]
        content["is_topic_message"] = True
    content |= _reply_content(p, chat)
    if p.get("protect_content"):
        content["has_protected_content"] = True
    if p.get("message_effect_id"):
        if not chat.private:
            raise bad_request("message effects are available only in private chats")
        content["effect_id"] = p["message_effect_id"]
    return content


def _reply_content(p: Parameters, chat: Chat) -> dict[str, Any]:
    reply = p.get("reply_parameters") or {}
    message_id = reply.get("message_id", p.get("reply_to_message_id"))
    if message_id is None:
        return {}
    target = chat.messages.get(message_id)
    if target is None:
        if reply.get("allow_sending_without_reply", p.get("allow_sending_without_reply")):
            return {}
        raise bad_request("message to be replied not found")
    return {"reply_to_message": {k: v for k, v in target.payload.items() if k != "reply_to_message"}}
