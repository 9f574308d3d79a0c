"""Methods that put something new into a chat, and the ones that take it out again."""

from typing import Any

from scripts.sandbox.telegram.backend import Backend, Handler, Parameters
from scripts.sandbox.telegram.errors import bad_request
from scripts.sandbox.telegram.methods import ephemeral
from scripts.sandbox.telegram.methods.content import (
    apply_reply_keyboard,
    markup_content,
    sending_content,
    text_content,
)
from scripts.sandbox.telegram.people import BOT
from scripts.sandbox.telegram.wire import Upload
from scripts.sandbox.telegram.world import Chat, Message

DELETE_AGE_S_MAX = 48 * 3600
ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
ACTION_MS = 5000


def post(b: Backend, chat: Chat, p: Parameters, content: dict[str, Any]) -> dict[str, Any]:
    """Sends prepared content as the bot, paced, and gives the message as the API shows it."""
    b.pacing.take(chat.id, paid=bool(p.get("allow_paid_broadcast")))
    message = b.world.add_message(chat, BOT, b.now_s(), content)
    apply_reply_keyboard(p, chat)
    chat.typing_until_ms = 0
    return message.payload


def send_message(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
    chat = b.world.writable_chat(p["chat_id"])
    content = {**text_content(p), **sending_content(p, chat), **markup_content(p, chat)}
    if p.get("ephemeral_message_parameters"):
        return ephemeral.post(b, chat, p["ephemeral_message_parameters"], content)
    return post(b, chat, p, content)


def send_chat_action(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    chat = b.world.writable_chat(p["chat_id"])
    if p["action"] not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.typing_until_ms = b.clock.now_ms() + ACTION_MS
    b.world.touch()
    return True


def _check_deletable(b: Backend, chat: Chat, message: Message) -> None:
    if b.now_s() - message.payload["date"] > DELETE_AGE_S_MAX:
        raise bad_request("message can't be deleted for everyone")
    if chat.is_group and not message.from_bot and chat.bot_status() != "administrator":
        raise bad_request("message can't be deleted")


def delete_message(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    chat = b.world.writable_chat(p["chat_id"])
    message = chat.messages.get(p["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    _check_deletable(b, chat, message)
    b.world.remove(chat, message.id)
    return True


def delete_messages(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    """Messages that are gone already are skipped, as the original does."""
    chat = b.world.writable_chat(p["chat_id"])
    if not 1 <= len(p["message_ids"]) <= 100:
        raise bad_request("message identifiers are not specified")
    found = [chat.messages[i] for i in p["message_ids"] if i in chat.messages]
    for message in found:
        _check_deletable(b, chat, message)
    for message in found:
        b.world.remove(chat, message.id)
    return True


HANDLERS: dict[str, Handler] = {
    "sendMessage": send_message,
    "sendChatAction": send_chat_action,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
}
