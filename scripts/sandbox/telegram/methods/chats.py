"""Methods that tell about a chat and its members, or pin in it."""

from typing import Any

from scripts.sandbox.telegram.backend import Backend, Handler, Parameters
from scripts.sandbox.telegram.errors import bad_request
from scripts.sandbox.telegram.people import BOT
from scripts.sandbox.telegram.wire import Upload
from scripts.sandbox.telegram.world import Chat

_ACCEPTED_GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}
_PERMISSIONS = ("can_send_messages", "can_send_photos", "can_send_documents", "can_send_other_messages")
_RIGHTS = {
    "can_be_edited": False,
    "is_anonymous": False,
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_video_chats": False,
    "can_restrict_members": False,
    "can_promote_members": False,
    "can_change_info": False,
    "can_invite_users": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "can_pin_messages": True,
}


def get_chat(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
    chat = b.world.chat(p["chat_id"])
    full = {
        **b.world.chat_object(chat),
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": _ACCEPTED_GIFTS,
    }
    if chat.username:
        full["active_usernames"] = [chat.username]
    if chat.is_group:
        full["permissions"] = dict.fromkeys(_PERMISSIONS, True)
    return full


def _member(b: Backend, chat: Chat, user_id: int) -> dict[str, Any]:
    status = chat.members.get(user_id, "left")
    user = BOT if user_id == BOT["id"] else b.world.people[user_id].user()
    member: dict[str, Any] = {"user": user, "status": status}
    if status == "administrator":
        member |= _RIGHTS
    if status == "creator":
        member["is_anonymous"] = False
    if status == "kicked":
        member["until_date"] = 0
    return member


def _require_group(chat: Chat) -> None:
    if chat.private:
        raise bad_request("there are no administrators in the private chat")


def get_chat_administrators(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> list[dict[str, Any]]:
    chat = b.world.chat(p["chat_id"])
    _require_group(chat)
    wanted = [u for u, status in chat.members.items() if status in ("creator", "administrator")]
    known = [u for u in wanted if u in b.world.people or (u == BOT["id"] and p.get("return_bots", True))]
    return [_member(b, chat, user_id) for user_id in known]


def get_chat_member(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> dict[str, Any]:
    chat = b.world.chat(p["chat_id"])
    if p["user_id"] != BOT["id"] and p["user_id"] not in b.world.people:
        raise bad_request("user not found")
    return _member(b, chat, p["user_id"])


def get_chat_member_count(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> int:
    chat = b.world.chat(p["chat_id"])
    return sum(status not in ("left", "kicked") for status in chat.members.values())


def pin_chat_message(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    chat = b.world.writable_chat(p["chat_id"])
    if p["message_id"] not in chat.messages:
        raise bad_request("message to pin not found")
    chat.pinned = [*[m for m in chat.pinned if m != p["message_id"]], p["message_id"]]
    b.world.touch()
    return True


def unpin_chat_message(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    chat = b.world.writable_chat(p["chat_id"])
    wanted = p.get("message_id", chat.pinned[-1] if chat.pinned else None)
    if wanted not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(wanted)
    b.world.touch()
    return True


def leave_chat(b: Backend, p: Parameters, _uploads: dict[str, Upload]) -> bool:
    chat = b.world.writable_chat(p["chat_id"])
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    chat.members[BOT["id"]] = "left"
    b.world.touch()
    return True


HANDLERS: dict[str, Handler] = {
    "getChat": get_chat,
    "getChatAdministrators": get_chat_administrators,
    "getChatMember": get_chat_member,
    "getChatMemberCount": get_chat_member_count,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
    "leaveChat": leave_chat,
}
