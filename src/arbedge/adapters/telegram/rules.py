"""What each refusal of the Bot API means for us, by error code first and by its words last.

The wording is Telegram's own and changes without notice, so only short lower-case fragments are looked for.
"""

from typing import Final

from arbedge.adapters.telegram.wire import Answer, Parameters
from arbedge.errors import (
    MessageGone,
    MessengerError,
    MessengerRejected,
    MessengerThrottled,
    MessengerUnavailable,
    RecipientUnreachable,
)

NOT_MODIFIED: Final = "message is not modified"
UNPARSEABLE: Final = "can't parse entities"
QUERY_TOO_OLD: Final = ("query is too old", "query id is invalid")
THREAD_GONE: Final = ("message thread not found", "topic_closed")
ALREADY_DELETED: Final = "message to delete not found"

_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
# Nothing can be written there until someone at the other end changes something.
_UNREACHABLE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group chat was upgraded",
    "not enough rights",
    "have no rights",
    "chat_write_forbidden",
    "the group chat was deleted",
    *THREAD_GONE,
)
_DESCRIPTION_MAX = 200


def says(error: MessengerError, *fragments: str) -> bool:
    """Whether Telegram's description contains one of the fragments."""
    description = str(error).lower()
    return any(fragment in description for fragment in fragments)


def classify(method: str, status: int, answer: Answer, retry_after: str | None) -> MessengerError:
    """The error behind an answer that is not ok. `retry_after` is the header of that name."""
    code = answer.error_code or status
    description = f"{method}: {code} {(answer.description or '')[:_DESCRIPTION_MAX]}"
    parameters = answer.parameters or Parameters()
    if code == 429:
        return MessengerThrottled(description, _wait_s(parameters.retry_after, retry_after))
    if code == 403:
        return RecipientUnreachable(description)
    if code == 400:
        return _classify_bad_request(description)
    if code == 404 and "method" in description.lower().removeprefix(method.lower()):
        return MessengerRejected(description)
    # 401 and 404: the token is refused. 409: another webhook. 5xx: their side. None of it is this message's fault.
    return MessengerUnavailable(description, is_refused=True)


def _classify_bad_request(description: str) -> MessengerError:
    words = description.lower()
    if any(fragment in words for fragment in _GONE):
        return MessageGone(description)
    if any(fragment in words for fragment in _UNREACHABLE):
        return RecipientUnreachable(description)
    return MessengerRejected(description)


def _wait_s(parameter: int | None, header: str | None) -> int:
    """Telegram's wait, from the body or else from the header; a second where it names none."""
    if parameter is not None and parameter > 0:
        return parameter
    return max(1, int(header)) if header and header.isdecimal() else 1
