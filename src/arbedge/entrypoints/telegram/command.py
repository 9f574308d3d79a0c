"""Reads commands the way Telegram marks them: by the entity at the start of a text, never by looking for slashes."""

import re
from typing import Final

from msgspec import Struct

from arbedge.entrypoints.telegram.wire import Message

_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{1,64}))?")
_DEEP_LINK: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Command(Struct, frozen=True):
    """`bot` is the name a command was addressed to, if any; `argument` all text after it."""

    name: str
    bot: str | None
    argument: str


def parse_command(message: Message) -> Command | None:
    """The command a message begins with. Forwarded words and captions are never commands."""
    if message.text is None or message.is_forwarded:
        return None
    entity = next((one for one in message.entities or [] if one.type == "bot_command" and one.offset == 0), None)
    if entity is None or entity.length <= 0:
        return None
    # Lengths count UTF-16 code units, two bytes each.
    units = message.text.encode("utf-16-le", "surrogatepass")
    head = units[: entity.length * 2].decode("utf-16-le", "replace")
    match = _COMMAND.fullmatch(head)
    if match is None:
        return None
    name, bot = match.groups()
    argument = units[entity.length * 2 :].decode("utf-16-le", "replace").strip()
    return Command(name=name.lower(), bot=bot.lower() if bot else None, argument=argument)


def parse_deep_link(argument: str) -> str | None:
    """The payload of a link to the bot; anything Telegram would not carry is no payload."""
    return argument if _DEEP_LINK.fullmatch(argument) else None
