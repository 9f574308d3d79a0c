"""Decides what an update asks for and who may ask it. Edits, captions, forwards and channel posts ask for nothing."""

import logging
from contextlib import suppress
from difflib import get_close_matches
from typing import Final, cast

from arbedge.app.chronicle.people import record_act
from arbedge.app.services import Services
from arbedge.domain.person import Person
from arbedge.entrypoints.telegram import taps
from arbedge.entrypoints.telegram.command import Command, parse_command
from arbedge.entrypoints.telegram.commands import COMMANDS, show_menu
from arbedge.entrypoints.telegram.leaks import looks_secret
from arbedge.entrypoints.telegram.screens import notices
from arbedge.entrypoints.telegram.screens.start import private_link
from arbedge.entrypoints.telegram.turn import Turn
from arbedge.entrypoints.telegram.wire import (
    CallbackQuery,
    ChatMemberUpdated,
    Message,
    PreCheckoutQuery,
    Update,
    User,
)
from arbedge.errors import MessengerError, StoreUnavailable
from arbedge.ports.messenger import Screen

_log = logging.getLogger(__name__)

# Chatter gets the menu only after this much silence. Whoever was active later than that has just been shown a screen,
# so the session's own record of activity is enough and nothing further is kept.
_MENU_SILENCE_MS: Final = 60_000


async def route(services: Services, update: Update, now: int) -> None:
    """Acts on one update. Raises only what is an error of ours or of something we depend on."""
    match update.kind:
        case "message":
            await _take_message(services, cast("Message", update.payload), now)
        case "edited_message":
            await _remove_secret(services, cast("Message", update.payload), now)
        case "callback_query":
            await _take_tap(services, cast("CallbackQuery", update.payload), now)
        case "my_chat_member":
            await _take_membership(services, cast("ChatMemberUpdated", update.payload), now)
        case "pre_checkout_query":
            query = cast("PreCheckoutQuery", update.payload)
            await services.messenger.refuse_checkout(query.id, notices.CHECKOUT_REFUSED)
        case None:
            _log.info("update_ignored", extra={"update_id": update.id})


def find_chat(update: Update) -> int | None:
    """Where the person waits for an answer to this update, if someone does."""
    if update.kind == "message":
        return cast("Message", update.payload).chat.id
    if update.kind == "callback_query":
        panel = cast("CallbackQuery", update.payload).message
        return panel.chat.id if panel else None
    return None


async def _take_message(services: Services, message: Message, now: int) -> None:
    if message.chat.is_private == message.chat.is_group:
        return  # a channel, or something newer
    if await _remove_secret(services, message, now) or message.migrate_to_chat_id is not None:
        return
    command = parse_command(message)
    if message.chat.is_group:
        await _take_group_command(services, message, command, now)
        return
    if message.sender is None or not message.sender.is_person or message.is_forwarded or message.text is None:
        return
    turn = _begin(services, message, message.sender, now)
    if command is None:
        await _take_chatter(turn)
    elif await _is_for_us(services, command):
        await turn.reply(await _run(turn, command))


def _begin(services: Services, message: Message, sender: User, now: int) -> Turn:
    return Turn(
        services=services,
        now=now,
        chat_id=message.chat.id,
        is_group=message.chat.is_group,
        sender=sender,
        thread_id=message.thread_id,
    )


async def _is_for_us(services: Services, command: Command) -> bool:
    return command.bot is None or command.bot == (await services.messenger.fetch_username()).lower()


async def _run(turn: Turn, command: Command) -> Screen:
    row = COMMANDS.get(command.name)
    turn.command = None if row is None else command.name
    if row is None or row.needs_session:
        access = await turn.enter()
        if access.verdict != "allowed":
            return notices.render_session_needed()
    if row is None:
        closest = get_close_matches(command.name, COMMANDS, n=1)
        return notices.render_unknown_command(command.name, closest[0] if closest else None)
    return await row.handler(turn, command.argument)


async def _take_chatter(turn: Turn) -> None:
    access = await turn.enter()
    if access.verdict != "allowed":
        await turn.reply(notices.render_session_needed())
        return
    session = turn.require_person().session
    if session is None or turn.now - session.last_active_at >= _MENU_SILENCE_MS:
        await turn.reply(await show_menu(turn, ""))


async def _take_group_command(services: Services, message: Message, command: Command | None, now: int) -> None:
    """A group sees what everyone may see, without buttons: a panel in a group would have many owners."""
    sender = message.sender
    if command is None or sender is None or not await _is_for_us(services, command):
        return
    row = COMMANDS.get(command.name)
    if row is None and command.bot is None:
        return  # most likely meant for another bot
    turn = _begin(services, message, sender, now)
    turn.command = None if row is None else command.name
    link = await turn.fetch_private_link()
    if row is None or not row.in_groups or (row.needs_session and not sender.is_person):
        await turn.reply(notices.render_private_only(link))
        return
    if row.needs_session and (await turn.enter()).verdict != "allowed":
        await turn.reply(notices.render_group_session_needed(link))
        return
    screen = await row.handler(turn, command.argument)
    await turn.reply(Screen(text=screen.text, buttons=private_link(link)))


async def _take_tap(services: Services, query: CallbackQuery, now: int) -> None:
    """Answers the tap first and exactly once, then edits."""
    panel = query.message
    tap = taps.parse_tap(query.data) if query.data else None
    if tap is None or panel is None or not query.sender.is_person:
        await _answer(services, query, notices.BUTTON_GONE)
        return
    if not panel.chat.is_private:
        await _answer(services, query, notices.PRIVATE_ONLY)
        return
    turn = Turn(
        services=services,
        now=now,
        chat_id=panel.chat.id,
        is_group=False,
        sender=query.sender,
        panel_id=panel.message_id if panel.date else None,
    )
    try:
        is_allowed = not tap.row.needs_session or (await turn.enter()).verdict == "allowed"
    except Exception:
        await _answer(services, query, None)
        raise
    if not is_allowed:
        await _answer(services, query, notices.SESSION_NEEDED)
        await turn.reply(notices.render_session_needed())
        return
    if tap.row.handler is None:
        page, pages = tap.arguments
        await _answer(services, query, f"Page {page} of {pages}")
        return
    await _answer(services, query, None)
    screen = await tap.row.handler(turn, tap.arguments)
    await (turn.reply(screen) if tap.row.is_new_message else turn.show(screen))


async def _answer(services: Services, query: CallbackQuery, toast: str | None) -> None:
    """A tap whose answer fails is not worth more than a line in the log: what it asked for still happens."""
    try:
        await services.messenger.answer(query.id, toast)
    except MessengerError as error:
        _log.warning("tap_not_answered", extra={"error": error.code})


async def _take_membership(services: Services, change: ChatMemberUpdated, now: int) -> None:
    """In a private chat: someone blocked the bot, or let it write again."""
    if not change.chat.is_private:
        return
    if change.new_chat_member.status == "kicked":
        await services.people.mark_unreachable(change.chat.id, "blocked", now)
        await _note_act(services, change.chat.id, "blocked_the_bot", "chat", "private", now)
    elif change.new_chat_member.status == "member":
        await services.people.mark_reachable(change.chat.id)
        await _note_act(services, change.chat.id, "let_the_bot_write", "chat", "private", now)


async def _note_act(services: Services, telegram_id: int, action: str, kind: str, subject: str, now: int) -> None:
    """For the record; someone who never wrote to the bot, or cannot be looked up now, is nobody in it."""
    person: Person | None = None
    with suppress(StoreUnavailable):
        person = await services.people.load_by_telegram(telegram_id)
    actor = services.chronicle.name(person.id) if person else None
    services.chronicle.note(record_act(actor, action, kind, subject, now))


async def _remove_secret(services: Services, message: Message, now: int) -> bool:
    """Deletes a message that looks like a secret and warns its author; nothing of it is kept, logged or answered."""
    text = "\n".join(part for part in (message.text, message.caption) if part)
    if message.sender is None or not text or not looks_secret(text):
        return False
    is_removed = True
    try:
        await services.messenger.delete(message.chat.id, message.message_id)
    except MessengerError as error:
        is_removed = False
        _log.warning("secret_not_removed", extra={"error": error.code})
    _log.warning("secret_seen", extra={"removed": is_removed})
    turn = _begin(services, message, message.sender, now)
    action, place = "secret_removed" if is_removed else "secret_kept", "group" if turn.is_group else "private"
    await _note_act(services, message.sender.id, action, "message", place, now)
    await turn.reply(notices.render_secret_removed(is_removed=is_removed))
    return True
