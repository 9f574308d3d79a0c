"""The parts of Telegram's updates that we act on. Everything else is ignored: unknown fields, unknown kinds of update,
and fields of a wrong type, which make the update as good as one of an unknown kind. Null means absent.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

# What passes through JavaScript numbers and the database without loss; Telegram's ids have at most 52 bits.
_EXACT: Final = 2**53 - 2
Id = Annotated[int, Meta(ge=-_EXACT, le=_EXACT)]

# Accounts behind which stand anonymous admins, channels and Telegram itself; never a person.
SERVICE_IDS: Final = frozenset({1087968824, 136817688, 777000})


class User(Struct, frozen=True):
    id: Id
    is_bot: bool | None = None
    first_name: str | None = None

    @property
    def is_person(self) -> bool:
        return self.id > 0 and not self.is_bot and self.id not in SERVICE_IDS


class Chat(Struct, frozen=True):
    id: Id
    type: str | None = None

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    @property
    def is_group(self) -> bool:
        return self.type in {"group", "supergroup"}


class Entity(Struct, frozen=True):
    """A marked part of a text; offset and length count UTF-16 code units."""

    type: str
    offset: int
    length: int


class Message(Struct, frozen=True, rename={"sender": "from"}):
    """`forward_origin` and the older `forward_date` mark words that someone else wrote."""

    message_id: Id
    chat: Chat
    sender: User | None = None
    sender_chat: Chat | None = None
    date: int | None = None
    text: str | None = None
    entities: list[Entity] | None = None
    caption: str | None = None
    message_thread_id: Id | None = None
    is_topic_message: bool | None = None
    forward_origin: Any = None
    forward_date: Any = None
    migrate_to_chat_id: Id | None = None

    @property
    def is_forwarded(self) -> bool:
        return self.forward_origin is not None or self.forward_date is not None

    @property
    def thread_id(self) -> int | None:
        """The topic to answer in; the General topic has none."""
        return self.message_thread_id if self.is_topic_message else None


class Panel(Struct, frozen=True):
    """The message a button hangs on; `date` 0 means that it can no longer be edited."""

    message_id: Id
    chat: Chat
    date: int | None = None


class CallbackQuery(Struct, frozen=True, rename={"sender": "from"}):
    id: str
    sender: User
    message: Panel | None = None
    data: str | None = None


class Membership(Struct, frozen=True):
    status: str


class ChatMemberUpdated(Struct, frozen=True):
    chat: Chat
    new_chat_member: Membership


class PreCheckoutQuery(Struct, frozen=True):
    id: str


Payload = Message | CallbackQuery | ChatMemberUpdated | PreCheckoutQuery
Kind = Literal["message", "edited_message", "callback_query", "my_chat_member", "pre_checkout_query"]

_SHAPES: Final[dict[Kind, type[Struct]]] = {
    "message": Message,
    "edited_message": Message,
    "callback_query": CallbackQuery,
    "my_chat_member": ChatMemberUpdated,
    "pre_checkout_query": PreCheckoutQuery,
}


class Update(Struct, frozen=True):
    """One update. `kind` is None for one that is ignored: of a kind we do not use, or not as documented."""

    id: int
    kind: Kind | None = None
    payload: Any = None


class NotAnUpdate(Exception):
    """The body is not a JSON object with an `update_id`."""


def parse_update(body: bytes) -> Update:
    """Reads an update from a webhook's body. Raises `NotAnUpdate`."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAnUpdate from None
    update_id = fields.get("update_id")
    if type(update_id) is not int or not 0 < update_id <= _EXACT:
        raise NotAnUpdate
    for kind, shape in _SHAPES.items():
        if fields.get(kind) is not None:
            try:
                return Update(update_id, kind, msgspec.convert(fields[kind], shape))
            except msgspec.ValidationError:
                break
    return Update(update_id)
