"""What one person sees at one moment: the list of chats with unread counts, one open chat, toasts that came up."""

import asyncio
from typing import Any

from scripts.sandbox.telegram.backend import Backend
from scripts.sandbox.telegram.methods.profile import shown_commands
from scripts.sandbox.telegram.people import BOT
from scripts.sandbox.telegram.world import Chat, Message

SHOWN_MAX = 120
"""Messages of the open chat; the page is for trying the bot, not an archive."""
HOLD_S = 1.5
POLL_S = 0.05
PREVIEW_CHARS = 90


class Feed:
    def __init__(self, backend: Backend) -> None:
        self._b = backend

    async def wait(self, user_id: int, chat_id: int, since: int) -> dict[str, Any]:
        """Answers as soon as something is newer than `since`, or after a moment with nothing."""
        waited = 0.0
        while self._b.world.rev == since and waited < HOLD_S:
            await asyncio.sleep(POLL_S)
            waited += POLL_S
        world = self._b.world
        if world.rev == since:
            return {"rev": since, "now": self._b.clock.now_ms()}
        return {
            "rev": world.rev,
            "now": self._b.clock.now_ms(),
            "bot": BOT,
            "roster": self._roster(user_id),
            "chat": self._chat(world.chat(chat_id), user_id),
            "toasts": self._toasts(user_id, since) if since >= 0 else [],
        }

    def _roster(self, user_id: int) -> list[dict[str, Any]]:
        world = self._b.world
        entries = [self._entry(world.chats[p.id], p.id, p.first_name, p.note) for p in world.people.values()]
        groups = [chat for chat in world.chats.values() if chat.is_group and chat.migrated_to is None]
        entries += [self._entry(chat, user_id, chat.title or "", "group") for chat in groups]
        return entries

    def _entry(self, chat: Chat, viewer: int, name: str, note: str) -> dict[str, Any]:
        messages = self._visible(chat, viewer)
        last = messages[-1] if messages else None
        read = self._b.world.read.get((viewer, chat.id), 0)
        return {
            "chat_id": chat.id,
            "group": chat.is_group,
            "name": name,
            "note": note,
            "username": chat.username,
            "unread": sum(m.from_bot and m.id > read for m in messages),
            "last": _preview(last.payload) if last else "",
            "last_from_bot": bool(last and last.from_bot),
            "last_date": last.payload["date"] if last else 0,
            "blocked": chat.private and chat.bot_status() == "kicked",
        }

    def _visible(self, chat: Chat, viewer: int) -> list[Message]:
        own = [m for m in chat.ephemeral.values() if m.receiver == viewer]
        return sorted([*chat.messages.values(), *own], key=lambda m: (m.payload["date"], m.id or 1 << 60, m.rev))

    def _chat(self, chat: Chat, viewer: int) -> dict[str, Any]:
        person = self._b.world.people.get(viewer)
        language = (person.language_code or "") if person else ""
        return {
            "chat_id": chat.id,
            "group": chat.is_group,
            "title": chat.title or BOT["first_name"],
            "members": sum(status not in ("left", "kicked") for status in chat.members.values()),
            "typing_until": chat.typing_until_ms,
            "keyboard": chat.keyboard,
            "commands": shown_commands(self._b, chat.id, language),
            "menu_button": self._b.profile.menu_buttons.get(chat.id) or self._b.profile.menu_buttons.get(None),
            "blocked": chat.private and chat.bot_status() == "kicked",
            "pinned": chat.pinned[-1] if chat.pinned else None,
            "read": self._b.world.read.get((viewer, chat.id), 0),
            "messages": [
                {**m.payload, "rev": m.rev, "ephemeral": m.receiver is not None}
                for m in self._visible(chat, viewer)[-SHOWN_MAX:]
            ],
        }

    def _toasts(self, user_id: int, since: int) -> list[dict[str, Any]]:
        return [
            {"id": query.id, "chat_id": query.chat_id, "message_id": query.message_id, **(query.answer or {})}
            for query in self._b.queries.answered_since(user_id, since)
        ]


def _preview(payload: dict[str, Any]) -> str:
    text = payload.get("text") or payload.get("caption") or ("Photo" if "photo" in payload else "")
    if not text and "document" in payload:
        text = payload["document"]["file_name"]
    return " ".join(str(text).split())[:PREVIEW_CHARS]
