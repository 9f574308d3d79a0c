"""Writing to people: one port for every screen and alert."""

from typing import Literal, Protocol

from msgspec import Struct


class Button(Struct, frozen=True):
    """An inline button: `data` comes back as a callback (at most 64 bytes), or `url` opens."""

    text: str
    data: str | None = None
    url: str | None = None
    style: Literal["primary", "success", "danger"] | None = None


class Screen(Struct, frozen=True):
    """A message: HTML text and rows of buttons."""

    text: str
    buttons: list[list[Button]] = []


class Messenger(Protocol):
    """Raises a `MessengerError` subclass that says what may be done next."""

    async def send(self, chat_id: int, screen: Screen, *, is_silent: bool = False) -> int:
        """Sends a new message and returns its id."""
        ...

    async def edit(self, chat_id: int, message_id: int, screen: Screen) -> None:
        """Replaces a message; one that already reads so counts as done."""
        ...

    async def answer(self, callback_id: str, toast: str | None = None, *, is_alert: bool = False) -> None:
        """Ends the waiting state of a tapped button. A callback that is too old is not an error."""
        ...
