"""Acts as a person: writes, taps, blocks the bot. Makes the update a client's action would cause and queues it."""

import copy
import zlib
from dataclasses import dataclass
from typing import Any

from scripts.sandbox.telegram.backend import Backend
from scripts.sandbox.telegram.formatting import detect_entities, utf16_length
from scripts.sandbox.telegram.keyboards import CALLBACK_DATA_BYTES_MAX
from scripts.sandbox.telegram.people import BOT, Person
from scripts.sandbox.telegram.world import Chat, Message

TEXT_MAX = 4096
QUERY_KINDS = {"callback_query": "callback", "pre_checkout_query": "checkout", "inline_query": "inline"}


@dataclass(frozen=True, slots=True)
class Acted:
    """`delivered_to_bot` is False where the bot may not see it: a group it reads no commands in, a left group."""

    update_id: int | None
    chat_id: int
    message_id: int | None = None
    callback_query_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        body = {
            "update_id": self.update_id,
            "chat_id": self.chat_id,
            "message_id": self.message_id,
            "callback_query_id": self.callback_query_id,
        }
        return {"ok": True, **{key: value for key, value in body.items() if value is not None}}


class Actors:
    """Raises ValueError for what no client could send."""

    def __init__(self, backend: Backend) -> None:
        self._b = backend

    def person(self, user_id: int, name: str | None = None) -> Person:
        """Anyone may turn up; somebody new is a stranger with the given name."""
        if user_id <= 0 or user_id >= 1 << 52:
            raise ValueError("user_id must be a positive number of at most 52 bits")
        known = self._b.world.people.get(user_id)
        if known is not None:
            return known
        return self._b.world.add_person(
            Person(user_id, (name or f"Stranger {user_id % 10_000}")[:64], None, "stranger")
        )

    def stranger(self, name: str) -> Person:
        """Somebody new under the next free id, who has not pressed Start: the bot may not write first."""
        taken = self._b.world.people
        user_id = next(i for i in range(700_000_001, 800_000_000) if i not in taken)
        newcomer = self.person(user_id, name)
        self._b.world.chats[user_id].members[BOT["id"]] = "left"
        return newcomer

    def _chat(self, person: Person, chat_id: int | None) -> Chat:
        world = self._b.world
        if chat_id is None or chat_id == person.id:
            return world.chats[person.id]
        if chat_id > 0:
            raise ValueError("a person writes to the bot in their own private chat or in a group")
        chat = world.chats.get(chat_id) or world.add_group(chat_id, f"Group {abs(chat_id) % 10_000}", person.id)
        chat.members.setdefault(person.id, "member")
        return chat

    def say(
        self,
        user_id: int,
        text: str,
        chat_id: int | None = None,
        name: str | None = None,
        reply_to_message_id: int | None = None,
    ) -> Acted:
        text = text.strip()
        if not text:
            raise ValueError("text is empty")
        if utf16_length(text) > TEXT_MAX:
            raise ValueError(f"text is longer than {TEXT_MAX}")
        person = self.person(user_id, name)
        chat = self._chat(person, chat_id)
        if chat.private and chat.bot_status() == "kicked":
            self.block(user_id, blocked=False)
        if chat.private and chat.bot_status() == "left":
            chat.members[BOT["id"]] = "member"
        content: dict[str, Any] = {"text": text}
        entities = detect_entities(text)
        if entities:
            content["entities"] = entities
        replied = chat.messages.get(reply_to_message_id) if reply_to_message_id is not None else None
        if replied is not None:
            content["reply_to_message"] = {k: v for k, v in replied.payload.items() if k != "reply_to_message"}
        message = self._b.world.add_message(chat, person.user(), self._b.now_s(), content)
        self._b.world.read[person.id, chat.id] = message.id
        if chat.keyboard and (chat.keyboard.get("one_time_keyboard") or "force_reply" in chat.keyboard):
            chat.keyboard = None
        if not self._bot_sees(chat, message):
            return Acted(None, chat.id, message.id)
        return Acted(self._submit("message", message.payload), chat.id, message.id)

    def _bot_sees(self, chat: Chat, message: Message) -> bool:
        """Privacy mode: as a plain member the bot gets commands and replies to it, as an administrator everything."""
        if chat.private or chat.bot_status() == "administrator":
            return True
        if chat.bot_status() != "member":
            return False
        if message.payload.get("reply_to_message", {}).get("from", {}).get("id") == BOT["id"]:
            return True
        text = message.payload["text"]
        return text.startswith("/") and ("@" not in text.split()[0] or text.split()[0].lower().endswith("@arbedgebot"))

    def tap(self, user_id: int, message_id: int, data: str, chat_id: int | None = None) -> Acted:
        """A tap on a callback button; also one whose message is gone, and data the bot never offered."""
        if not 1 <= len(data.encode()) <= CALLBACK_DATA_BYTES_MAX:
            raise ValueError(f"data must have 1 to {CALLBACK_DATA_BYTES_MAX} bytes")
        person = self.person(user_id)
        chat = self._chat(person, chat_id)
        message = chat.messages.get(message_id)
        shown = message.payload if message else self._inaccessible(chat, message_id)
        return self._tapped(person, chat, shown, data)

    def tap_ephemeral(self, user_id: int, ephemeral_message_id: int, data: str, chat_id: int) -> Acted:
        person = self.person(user_id)
        chat = self._chat(person, chat_id)
        message = chat.ephemeral.get(ephemeral_message_id)
        if message is None or message.receiver != user_id:
            raise ValueError("there is no such ephemeral message for this person")
        return self._tapped(person, chat, message.payload, data)

    def _inaccessible(self, chat: Chat, message_id: int) -> dict[str, Any]:
        return {"chat": self._b.world.chat_object(chat), "message_id": message_id, "date": 0}

    def _tapped(self, person: Person, chat: Chat, message: dict[str, Any], data: str) -> Acted:
        query_id = self._b.queries.next_id()
        self._b.queries.open(query_id, "callback", person.id, chat.id, message["message_id"])
        query = {
            "id": query_id,
            "from": person.user(),
            "message": message,
            "chat_instance": str(zlib.crc32(str(chat.id).encode()) * 1_000_003),
            "data": data,
        }
        return Acted(self._submit("callback_query", query), chat.id, message["message_id"], query_id)

    def block(self, user_id: int, *, blocked: bool) -> Acted:
        """Blocks the bot in the person's private chat, or lets it in again."""
        person = self.person(user_id)
        chat = self._b.world.chats[person.id]
        return self.set_membership(chat.id, person, "kicked" if blocked else "member")

    def set_membership(self, chat_id: int, actor: Person, status: str) -> Acted:
        """Changes what the bot is in a chat: member, administrator, left or kicked."""
        chat = self._b.world.chats[chat_id]
        before = chat.bot_status()
        chat.members[BOT["id"]] = status
        self._b.world.touch()
        if before == status:
            return Acted(None, chat.id)
        change = {
            "chat": self._b.world.chat_object(chat),
            "from": actor.user(),
            "date": self._b.now_s(),
            "old_chat_member": _bot_as(before),
            "new_chat_member": _bot_as(status),
        }
        return Acted(self._submit("my_chat_member", change), chat.id)

    def _submit(self, kind: str, body: dict[str, Any]) -> int:
        update_id = self._b.webhook.next_update_id()
        self._b.webhook.submit({"update_id": update_id, kind: copy.deepcopy(body)})
        return update_id

    def observe(self, update: dict[str, Any]) -> None:
        """Takes in an update that was written by hand, so that the bot's answer to it finds its chat and query."""
        self._b.world.observe(update)
        for key, kind in QUERY_KINDS.items():
            query = update.get(key)
            if isinstance(query, dict) and isinstance(query.get("id"), str) and isinstance(query.get("from"), dict):
                user_id = query["from"].get("id", 0)
                message = query.get("message")
                if not isinstance(message, dict):
                    message = {}
                chat_id = message.get("chat", {}).get("id", user_id)
                self._b.queries.open(query["id"], kind, user_id, chat_id, message.get("message_id"))


def _bot_as(status: str) -> dict[str, Any]:
    member: dict[str, Any] = {"user": BOT, "status": status}
    if status == "kicked":
        member["until_date"] = 0
    return member
