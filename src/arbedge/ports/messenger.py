"""Writing to people: one port for every screen and alert."""

from typing import Literal, Protocol

from msgspec import Struct


class Button(Struct, frozen=True):
    """An inline button: `data` comes back as a callback (at most 64 bytes), or a page opens.

    `web_app` opens a page of ours inside Telegram, in private chats only, with proof of who opened it.
    """

    text: str
    data: str | None = None
    url: str | None = None
    web_app: str | None = None
    style: Literal["primary", "success", "danger"] | None = None


class Screen(Struct, frozen=True):
    """A message: HTML text and rows of buttons."""

    text: str
    buttons: list[list[Button]] = []


class Messenger(Protocol):
    """Raises a `MessengerError` subclass that says what may be done next."""

    async def send(self, chat_id: int, screen: Screen, *, is_silent: bool = False, thread_id: int | None = None) -> int:
        """Sends a new message, into a forum's topic where one is given, and returns its id."""
        ...

    async def edit(self, chat_id: int, message_id: int, screen: Screen) -> None:
        """Replaces a message; one that already reads so counts as done."""
        ...

    async def answer(self, callback_id: str, toast: str | None = None, *, is_alert: bool = False) -> None:
        """Ends the waiting state of a tapped button. A callback that is too old is not an error."""
        ...

    async def delete(self, chat_id: int, message_id: int) -> None:
        """Removes a message, a person's own included; one that is gone already counts as done."""
        ...

    async def refuse_checkout(self, query_id: str, reason: str) -> None:
        """Stops a payment before anything is charged; `reason` is shown to the person."""
        ...

    async def check(self) -> None:
        """Returns when the service answers and knows us."""
        ...

    async def fetch_username(self) -> str:
        """The bot's own name, without the @; asked once an instance."""
        ...
