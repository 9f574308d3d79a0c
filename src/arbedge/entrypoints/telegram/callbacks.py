"""What buttons carry. A prefix never changes its meaning: a new form takes a new prefix, and old buttons stay readable.

Nothing in here is trusted: every tap is authorised like a fresh request, and ids are public.
"""

from typing import Final

from arbedge.domain.policy import OpportunityType

HOME: Final = "m:home"
STATUS: Final = "m:status"
HELP: Final = "m:help"
LIST: Final = "op:l"
DETAIL: Final = "op:d"
WHY: Final = "op:w"
OPEN_ALERT: Final = "op:o"
WHY_ALERT: Final = "op:y"
PAGE_NUMBER: Final = "op:n"

TYPE_CODES: Final[dict[OpportunityType, str]] = {"cross_exchange": "x", "funding": "f"}
TYPES_BY_CODE: Final[dict[str, OpportunityType]] = {code: kind for kind, code in TYPE_CODES.items()}


def list_page(page: int, kind: OpportunityType | None) -> str:
    return f"{LIST}:{page}:{TYPE_CODES[kind]}" if kind else f"{LIST}:{page}"


def detail(opportunity_id: str) -> str:
    """Shows an opportunity in place of the panel it was tapped on."""
    return f"{DETAIL}:{opportunity_id}"


def why(opportunity_id: str) -> str:
    return f"{WHY}:{opportunity_id}"


def open_alert(opportunity_id: str) -> str:
    """Shows an opportunity below its alert, which goes on being edited."""
    return f"{OPEN_ALERT}:{opportunity_id}"


def why_alert(opportunity_id: str) -> str:
    return f"{WHY_ALERT}:{opportunity_id}"


def page_number(page: int, pages: int) -> str:
    """The button between back and forward; it only says where one is."""
    return f"{PAGE_NUMBER}:{page}:{pages}"


def topic(name: str) -> str:
    return f"{HELP}:{name}"
