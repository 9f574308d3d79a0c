"""The state of this Telegram: people, chats and their messages, as the Bot API would show them."""

import copy
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from scripts.sandbox.telegram.errors import bad_request, forbidden
from scripts.sandbox.telegram.people import (
    BOT,
    GROUP_ID,
    GROUP_OWNER_ID,
    GROUP_TITLE,
    GROUP_USERNAME,
    SEEDED,
    SERVICE_IDS,
    Person,
)

MESSAGES_KEPT = 500
"""Per chat; older ones are gone for the page and for edits, which bounds a long run."""


@dataclass(slots=True)
class Message:
    """`payload` is the Bot API object; `rev` rises with every change; `receiver` sees an ephemeral one alone."""

    payload: dict[str, Any]
    rev: int
    receiver: int | None = None
    hidden_by_bot: bool = False

    @property
    def id(self) -> int:
        return int(self.payload["message_id"])

    @property
    def from_bot(self) -> bool:
        return bool(self.payload.get("from", {}).get("id") == BOT["id"])


@dataclass(slots=True)
class Chat:
    """One conversation. `members` maps user ids to their status, the bot among them."""

    id: int
    kind: str
    title: str | None = None
    username: str | None = None
    members: dict[int, str] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    ephemeral: dict[int, Message] = field(default_factory=dict)
    last_message_id: int = 0
    migrated_to: int | None = None
    keyboard: dict[str, Any] | None = None
    typing_until_ms: int = 0
    pinned: list[int] = field(default_factory=list)

    @property
    def private(self) -> bool:
        return self.kind == "private"

    @property
    def is_group(self) -> bool:
        return self.kind in ("group", "supergroup")

    def bot_status(self) -> str:
        return self.members.get(BOT["id"], "left")


class World:
    """`rev` counts every visible change, so that a page can ask for what is new."""

    def __init__(self, first_message_id: int = 1, rev: int = 0) -> None:
        self.rev = rev
        self._first_message_id = first_message_id
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.read: dict[tuple[int, int], int] = {}
        self._ephemeral_ids = itertools.count(1)
        for person in SEEDED:
            self.add_person(person)
        self.add_group(GROUP_ID, GROUP_TITLE, GROUP_OWNER_ID, GROUP_USERNAME)
        for person in SEEDED:
            self.chats[GROUP_ID].members.setdefault(person.id, "member")

    def next_message_id(self) -> int:
        """Above every message so far, for a world that follows this one."""
        return max([self._first_message_id, *(chat.last_message_id + 1 for chat in self.chats.values())])

    def touch(self) -> int:
        self.rev += 1
        return self.rev

    def add_person(self, person: Person) -> Person:
        """A person who has pressed Start, so that the bot may write to them."""
        known = self.people.setdefault(person.id, person)
        if person.id not in self.chats:
            members = {person.id: "member", BOT["id"]: "member"}
            first = self._first_message_id - 1
            self.chats[person.id] = Chat(person.id, "private", None, known.username, members, last_message_id=first)
            self.touch()
        return known

    def add_group(self, chat_id: int, title: str, owner_id: int, username: str | None = None) -> Chat:
        """A supergroup where the bot is an administrator, so that it reads everything and may delete."""
        kind = "supergroup" if str(chat_id).startswith("-100") else "group"
        members = {owner_id: "creator", BOT["id"]: "administrator"}
        if chat_id not in self.chats:
            chat = Chat(chat_id, kind, title, username, members, last_message_id=self._first_message_id - 1)
            self.chats[chat_id] = chat
        chat = self.chats[chat_id]
        self.touch()
        return chat

    def chat(self, chat_id: int | str) -> Chat:
        """Finds a chat by id or @username; raises what Telegram answers for one the bot has never met."""
        if isinstance(chat_id, str):
            if chat_id.lstrip("-").isdigit():
                chat_id = int(chat_id)
            else:
                named = chat_id.removeprefix("@").lower()
                for chat in self.chats.values():
                    if not chat.private and chat.username and chat.username.lower() == named:
                        return chat
                raise bad_request("chat not found")
        found = self.chats.get(chat_id)
        if found is None:
            raise bad_request("chat not found")
        return found

    def writable_chat(self, chat_id: int | str) -> Chat:
        """A chat the bot may write to now; blocked, removed and migrated ones answer as the original does."""
        chat = self.chat(chat_id)
        if chat.migrated_to is not None:
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        status = chat.bot_status()
        if chat.private and status == "kicked":
            raise forbidden("bot was blocked by the user")
        if chat.private and status == "deactivated":
            raise forbidden("user is deactivated")
        if chat.private and status == "left":
            raise forbidden("bot can't initiate conversation with a user")
        if status == "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        if status == "left":
            raise forbidden(f"bot is not a member of the {chat.kind} chat")
        return chat

    def chat_object(self, chat: Chat) -> dict[str, Any]:
        """The `Chat` object inside messages and updates."""
        if chat.private:
            person = self.people[chat.id]
            body = {"id": chat.id, "first_name": person.first_name, "username": person.username, "type": "private"}
        else:
            body = {"id": chat.id, "title": chat.title, "username": chat.username, "type": chat.kind}
        return {key: value for key, value in body.items() if value is not None}

    def add_message(self, chat: Chat, sender: dict[str, Any], date_s: int, content: dict[str, Any]) -> Message:
        chat.last_message_id += 1
        payload = {
            "message_id": chat.last_message_id,
            "from": sender,
            "chat": self.chat_object(chat),
            "date": date_s,
            **content,
        }
        message = Message(payload, self.touch())
        chat.messages[message.id] = message
        while len(chat.messages) > MESSAGES_KEPT:
            del chat.messages[next(iter(chat.messages))]
        return message

    def add_ephemeral(self, chat: Chat, receiver: Person, date_s: int, content: dict[str, Any]) -> Message:
        """A message one member sees; it has no ordinary message id."""
        payload = {
            "message_id": 0,
            "from": BOT,
            "chat": self.chat_object(chat),
            "date": date_s,
            "receiver_user": receiver.user(),
            "ephemeral_message_id": next(self._ephemeral_ids),
            **content,
        }
        message = Message(payload, self.touch(), receiver.id)
        chat.ephemeral[payload["ephemeral_message_id"]] = message
        return message

    def change(self, message: Message, content: dict[str, Any], removed: Iterable[str] = ()) -> None:
        for key in removed:
            message.payload.pop(key, None)
        message.payload.update(content)
        message.rev = self.touch()

    def remove(self, chat: Chat, message_id: int) -> None:
        chat.messages.pop(message_id, None)
        self.touch()

    def observe(self, update: dict[str, Any]) -> None:
        """Learns from an update made elsewhere: its people, chats and message exist from now on."""
        for key in ("message", "edited_message", "channel_post", "edited_channel_post"):
            if isinstance(update.get(key), dict):
                self._observe_message(update[key])
        for key in ("callback_query", "inline_query", "pre_checkout_query", "shipping_query"):
            sender = _part(_part(update, key), "from")
            if isinstance(sender.get("id"), int):
                self._observe_user(sender)
        pressed = _part(_part(update, "callback_query"), "message")
        if pressed.get("date"):
            self._observe_message(pressed)
        membership = _part(update, "my_chat_member")
        if isinstance(_part(membership, "chat").get("id"), int):
            chat = self._observe_chat(membership["chat"], _part(membership, "from"))
            chat.members[BOT["id"]] = str(_part(membership, "new_chat_member").get("status", "member"))
            self.touch()

    def _observe_user(self, user: dict[str, Any]) -> None:
        if user["id"] in SERVICE_IDS or user.get("is_bot"):
            return
        self.add_person(
            Person(user["id"], str(user.get("first_name", "")), user.get("username"), "", user.get("language_code"))
        )

    def _observe_chat(self, chat: dict[str, Any], sender: dict[str, Any]) -> Chat:
        if chat.get("type") == "private":
            self._observe_user({**sender, "id": chat["id"], "first_name": chat.get("first_name", "")})
        if chat["id"] not in self.chats:
            self.add_group(chat["id"], str(chat.get("title", "")), int(sender.get("id", 0)), chat.get("username"))
            if chat.get("type") == "channel":
                self.chats[chat["id"]].kind = "channel"
        return self.chats[chat["id"]]

    def _observe_message(self, payload: dict[str, Any]) -> None:
        if not isinstance(_part(payload, "chat").get("id"), int) or not isinstance(payload.get("message_id"), int):
            return
        sender = _part(payload, "from")
        if isinstance(sender.get("id"), int):
            self._observe_user(sender)
        chat = self._observe_chat(payload["chat"], sender)
        if chat.is_group and isinstance(sender.get("id"), int) and sender["id"] in self.people:
            chat.members.setdefault(sender["id"], "member")
        chat.migrated_to = payload.get("migrate_to_chat_id", chat.migrated_to)
        if chat.migrated_to is not None:
            self.add_group(chat.migrated_to, str(chat.title), int(sender.get("id", 0)))
        chat.last_message_id = max(chat.last_message_id, payload["message_id"])
        chat.messages[payload["message_id"]] = Message(copy.deepcopy(payload), self.touch())


def _part(value: dict[str, Any], key: str) -> dict[str, Any]:
    part = value.get(key)
    return part if isinstance(part, dict) else {}
