"""Ephemeral messages (Bot API 10.2 and 10.3): in a group, seen by one member, changed by methods of their own."""

from typing import Any

from scripts.sandbox.telegram.backend import Backend, Handler, Parameters
from scripts.sandbox.telegram.errors import bad_request
from scripts.sandbox.telegram.methods import edits
from scripts.sandbox.telegram.methods.content import markup_content, text_content
from scripts.sandbox.telegram.wire import Upload
from scripts.sandbox.telegram.world import Chat, Message

CALLBACK_MS_MAX = 15_000
"""How fresh a callback query must be to be answered with an ephemeral message."""


def post(b: Backend, chat: Chat, ephemeral: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    if not chat.is_group:
        raise bad_request("ephemeral messages can be sent only to groups and supergroups")
    receiver = b.world.people.get(ephemeral["receiver_user_id"])
    if receiver is None or chat.members.get(receiver.id) in (None, "left", "kicked"):
        raise bad_request("receiver user not found")
    if ephemeral.get("callback_query_id"):
        query = b.queries.require_alive(ephemeral["callback_query_id"], CALLBACK_MS_MAX)
        if query.user_id != receiver.id:
            raise bad_request("receiver user not found")
    b.pacing.take(chat.id)
    return b.world.add_ephemeral(chat, receiver, b.now_s(), content).payload


def _target(b: Backend, p: Parameters) -> tuple[Chat, Message]:
    chat = b.world.writable_chat(p["chat_id"])
    message = chat.ephemeral.get(p["ephemeral_message_id"])
    if message is None or message.receiver != p["receiver_user_id"]:
        raise bad_request("message to edit not found")
    return chat, message


def edit_text(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    chat, message = _target(b, p)
    content = {**text_content(p), **markup_content(p, chat)}
    edits.replace(b, chat, message, content, ("text", "entities", "link_preview_options", "reply_markup"))
    return True


def edit_reply_markup(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    chat, message = _target(b, p)
    edits.replace(b, chat, message, markup_content(p, chat), ("reply_markup",))
    return True


def delete(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    chat, message = _target(b, p)
    del chat.ephemeral[message.payload["ephemeral_message_id"]]
    b.world.touch()
    return True


HANDLERS: dict[str, Handler] = {
    "editEphemeralMessageText": edit_text,
    "editEphemeralMessageReplyMarkup": edit_reply_markup,
    "deleteEphemeralMessage": delete,
}
