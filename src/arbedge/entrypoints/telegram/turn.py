"""One person's turn: who wrote where, and the only ways in which the bot answers them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from arbedge.app import accounts
from arbedge.app.chronicle.people import record_access
from arbedge.app.services import Services
from arbedge.domain.gauge import Gauge, choose_gauge
from arbedge.domain.person import Person
from arbedge.entrypoints.telegram.wire import User
from arbedge.errors import (
    MessageGone,
    MessengerError,
    MessengerThrottled,
    MessengerUnavailable,
    RecipientUnreachable,
    StoreUnavailable,
)
from arbedge.ports.messenger import Screen

_log = logging.getLogger(__name__)
_THROTTLE_WAIT_S_MAX = 3  # a longer wait is not worth a person's reply: they will have tapped again
_RETRY_WAIT_S = 0.5


@dataclass(slots=True, kw_only=True)
class Turn:
    """`panel_id` is the message a tapped button hangs on, while it can be edited."""

    services: Services
    now: int
    chat_id: int
    is_group: bool
    sender: User
    thread_id: int | None = None
    panel_id: int | None = None
    person: Person | None = None
    command: str | None = None  # its name, as the table of commands has it

    @property
    def mode(self) -> str:
        return self.services.settings.market_mode

    @property
    def gauge(self) -> Gauge:
        """By what this person's figures are valued; a group, where everyone reads along, has the defaults."""
        preferences = self.person.preferences if self.person and not self.is_group else None
        return choose_gauge(preferences, self.services.policy)

    def require_person(self) -> Person:
        """The person behind the session; only what needs one may ask."""
        if self.person is None:
            raise LookupError("a handler without session asked for its person")
        return self.person

    async def enter(self) -> accounts.Access:
        """Checks and extends the session; afterwards `person` is set if it lets them in."""
        access = await accounts.enter(self.services.people, self.sender.id, self.now)
        self.note_access(access)
        if access.verdict == "allowed":
            self.person = access.person
        return access

    def note_access(self, access: accounts.Access) -> None:
        """For the record, told when the update is done."""
        chronicle = self.services.chronicle
        chronicle.note(*record_access(chronicle, access, "telegram", self.command, self.now))

    async def reply(self, screen: Screen) -> None:
        """A new message. Someone who cannot be written to is remembered as such; that is not an error."""
        send = self.services.messenger.send
        await self._write(lambda: send(self.chat_id, screen, thread_id=self.thread_id))

    async def show(self, screen: Screen) -> None:
        """Edits the panel the button hangs on; a new message where there is none or it cannot be edited."""
        panel_id = self.panel_id
        if panel_id is None:
            return await self.reply(screen)
        try:
            await self._write(lambda: self.services.messenger.edit(self.chat_id, panel_id, screen))
        except MessageGone:
            await self.reply(screen)

    async def fetch_private_link(self) -> str | None:
        """A link that opens the private chat from a group; None while the bot's own name cannot be learnt."""
        try:
            username = await self.services.messenger.fetch_username()
        except MessengerError:
            return None
        return f"https://t.me/{username}?start=group"

    async def _write(self, call: Callable[[], Awaitable[object]]) -> None:
        """Tries twice where that may help: after a short wait that Telegram asked for, or an answer that never came."""
        try:
            try:
                await call()
            except MessengerThrottled as error:
                if error.retry_after_s > _THROTTLE_WAIT_S_MAX:
                    raise
                await asyncio.sleep(error.retry_after_s)
                await call()
            except MessengerUnavailable:
                await asyncio.sleep(_RETRY_WAIT_S)
                await call()
        except RecipientUnreachable as error:
            _log.info("reply_unreachable", extra={"chat_kind": "group" if self.is_group else "private"})
            if not self.is_group:
                await self._mark_unreachable(error)

    async def _mark_unreachable(self, error: RecipientUnreachable) -> None:
        try:
            await self.services.people.mark_unreachable(self.sender.id, error.code, self.now)
        except StoreUnavailable:
            _log.warning("unreachable_not_recorded")
