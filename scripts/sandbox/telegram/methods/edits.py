"""Methods that change a message of the bot in place."""

from typing import Any

from scripts.sandbox.telegram.backend import Backend, Handler, Parameters
from scripts.sandbox.telegram.errors import bad_request
from scripts.sandbox.telegram.methods.content import caption_content, markup_content, text_content
from scripts.sandbox.telegram.wire import Upload
from scripts.sandbox.telegram.world import Chat, Message

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_TEXT_KEYS = ("text", "entities", "link_preview_options")
_CAPTION_KEYS = ("caption", "caption_entities")


def _target(b: Backend, p: Parameters) -> tuple[Chat, Message]:
    if p.get("inline_message_id"):
        raise bad_request("message to edit not found")
    if p.get("chat_id") is None:
        raise bad_request("chat_id is empty")
    if p.get("message_id") is None:
        raise bad_request("message identifier is not specified")
    chat = b.world.writable_chat(p["chat_id"])
    message = chat.messages.get(p["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    if not message.from_bot:
        raise bad_request("message can't be edited")
    return chat, message


def replace(b: Backend, chat: Chat, message: Message, content: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Sets `keys` to exactly what `content` has; the same as before is refused, and pacing counts what is done."""
    current = {key: message.payload[key] for key in keys if key in message.payload}
    if current == content:
        raise bad_request(NOT_MODIFIED)
    b.pacing.take(chat.id)
    b.world.change(message, {**content, "edit_date": b.now_s()}, [key for key in keys if key not in content])
    return message.payload


def edit_message_text(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
    chat, message = _target(b, p)
    content = {**text_content(p), **markup_content(p, chat)}
    if "text" not in message.payload:
        raise bad_request("there is no text in the message to edit")
    return replace(b, chat, message, content, (*_TEXT_KEYS, "reply_markup"))


def edit_message_caption(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
    chat, message = _target(b, p)
    if "text" in message.payload:
        raise bad_request("there is no caption in the message to edit")
    content = {**caption_content(p), **markup_content(p, chat)}
    return replace(b, chat, message, content, (*_CAPTION_KEYS, "reply_markup"))


def edit_message_reply_markup(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
    chat, message = _target(b, p)
    return replace(b, chat, message, markup_content(p, chat), ("reply_markup",))


HANDLERS: dict[str, Handler] = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
}
