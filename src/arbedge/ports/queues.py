"""Messages between the stages, and the queues that carry them. A version this code does not know is refused."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from msgspec import Raw, Struct

MESSAGE_VERSION = 1

M_contra = TypeVar("M_contra", bound=Struct, contravariant=True)


class Announce(Struct, frozen=True, tag_field="kind", tag="announce", forbid_unknown_fields=True):
    """Tell people about a revision of an opportunity, beginning with the person whose id follows `after_user_id`."""

    v: int
    opportunity_id: str
    revision: int
    after_user_id: str = ""


class Recount(Struct, frozen=True, tag_field="kind", tag="recount", forbid_unknown_fields=True):
    """Show every chat that was told of an ended opportunity what became of it. Nobody new is told."""

    v: int
    opportunity_id: str


class Deliver(Struct, frozen=True, tag_field="kind", tag="deliver", forbid_unknown_fields=True):
    """Show one chat the newest state of an opportunity."""

    v: int
    opportunity_id: str
    revision: int
    chat_id: int


class Happened(Struct, frozen=True, tag_field="kind", tag="happened", forbid_unknown_fields=True):
    """Records for the lake, each as it will be kept."""

    v: int
    records: list[Raw]


class Queue(Protocol[M_contra]):
    async def send(self, messages: Sequence[M_contra]) -> None:
        """Hands over all messages, in as few calls as the platform's limits allow. At least once, in any order."""
        ...
