"""What buttons carry. A prefix never changes its meaning: a new form takes a new prefix, and old buttons stay readable.

Nothing in here is trusted: every tap is authorised like a fresh request, and ids are public.
"""

import re
from typing import Final

from msgspec import Struct

from arbedge.domain.categories import Category
from arbedge.domain.person import AlertSetting
from arbedge.domain.policy import OpportunityType
from arbedge.limits import TELEGRAM_CALLBACK_BYTES_MAX

HOME: Final = "m:home"
STATUS: Final = "m:status"
HELP: Final = "m:help"
LIST: Final = "op:l"
DETAIL: Final = "op:d"
WHY: Final = "op:w"
OPEN_ALERT: Final = "op:o"
WHY_ALERT: Final = "op:y"
SIMULATE: Final = "op:t"
SIMILAR: Final = "op:r"
PAGE_NUMBER: Final = "op:n"
MARKET: Final = "mk:o"
PRICE: Final = "mk:p"
CATEGORIES: Final = "op:c"
DETAIL_AT: Final = "op:z"
BOOKS: Final = "op:b"
PREFERENCES: Final = "pf:o"
CHOOSE_SIZE: Final = "pf:s"
CHOOSE_HORIZON: Final = "pf:h"
OF_TYPE: Final = "pf:t"
CHOOSE_MINIMUM: Final = "pf:m"
CHOOSE_ALERTS: Final = "pf:a"
DEFAULT: Final = "d"  # in place of a value: the system's

_CODES: Final[dict[OpportunityType | None, str]] = {
    None: "a",
    "cross_exchange": "x",
    "funding": "f",
    "spot_perp": "s",
    "triangular": "t",
    "technical": "e",
}
# In capitals, so that one letter is a type or a category.
_CATEGORY_CODES: Final[dict[Category, str]] = {
    "low_risk": "L",
    "high_confidence": "H",
    "technical_signals": "T",
    "momentum": "M",
    "mean_reversion": "R",
    "breakout": "B",
    "hybrid": "Y",
    "ai_recommended": "A",
    "beginner_friendly": "N",
}
_TYPES: Final[dict[str, OpportunityType | None]] = {code: kind for kind, code in _CODES.items()}
_CATEGORIES: Final[dict[str, Category]] = {code: category for category, code in _CATEGORY_CODES.items()}
TYPE: Final = f"([{''.join(code for code, kind in _TYPES.items() if kind)}])"
_ASSET_BYTES_MAX: Final = 24  # so that an opportunity's id, a place and a prefix together stay within the limit
PLACE: Final = r"([0-9]{1,4}(?::[axfsteLHTMRBYAN](?::[\w.]{1,24})?)?)"
_PLACE: Final = re.compile(r"([0-9]{1,4})(?::([axfsteLHTMRBYAN])(?::([\w.]{1,24}))?)?")


class Place(Struct, frozen=True):
    """Where in the list someone is: which page of which choice, a type or a category."""

    page: int = 0
    kind: OpportunityType | None = None
    asset: str | None = None
    category: Category | None = None

    def turn_to(self, page: int) -> "Place":
        return Place(page, self.kind, self.asset, self.category)

    def __str__(self) -> str:
        if self.asset and len(self.asset.encode()) <= _ASSET_BYTES_MAX:
            return f"{self.page}:{self._code}:{self.asset}"
        return f"{self.page}:{self._code}" if self.kind or self.category else f"{self.page}"

    @property
    def _code(self) -> str:
        return _CATEGORY_CODES[self.category] if self.category else _CODES[self.kind]


def parse_place(text: str) -> Place:
    """Reads what a place was written as. Raises `ValueError`."""
    match = _PLACE.fullmatch(text)
    if match is None:
        raise ValueError("not a place in the list")
    page, code, asset = match.groups()
    return Place(int(page), _TYPES.get(code or "a"), asset, _CATEGORIES.get(code or ""))


def list_page(place: Place) -> str:
    return f"{LIST}:{place}"


def detail(opportunity_id: str, place: Place | None = None) -> str:
    """Shows an opportunity in place of the panel it was tapped on, with a way back to where it was tapped."""
    return f"{DETAIL}:{opportunity_id}:{place}" if place else f"{DETAIL}:{opportunity_id}"


def detail_at(opportunity_id: str, size_usdt: int, place: Place) -> str:
    """The same panel with the figures of another size."""
    return f"{DETAIL_AT}:{opportunity_id}:{size_usdt}:{place}"


def books(opportunity_id: str, size_usdt: int | None = None, place: Place | None = None) -> str:
    """The order books that decided, at so many USDT, 0 for the usual size; `place` is where the way back leads."""
    data = f"{BOOKS}:{opportunity_id}:{size_usdt or 0}"
    return f"{data}:{place}" if place else data


def parse_type(code: str) -> OpportunityType:
    """The type that a button's code stands for. Raises `ValueError`."""
    if kind := _TYPES.get(code):
        return kind
    raise ValueError("not the code of a type")


def choose_size(size_usdt: int | None) -> str:
    return f"{CHOOSE_SIZE}:{DEFAULT if size_usdt is None else size_usdt}"


def choose_horizon(hours: int | None) -> str:
    return f"{CHOOSE_HORIZON}:{DEFAULT if hours is None else hours}"


def of_type(kind: OpportunityType) -> str:
    """The minimum and the alerts of one type."""
    return f"{OF_TYPE}:{_CODES[kind]}"


def choose_minimum(kind: OpportunityType, min_net_bps: int | None) -> str:
    return f"{CHOOSE_MINIMUM}:{_CODES[kind]}:{DEFAULT if min_net_bps is None else min_net_bps}"


def choose_alerts(kind: OpportunityType, setting: AlertSetting | None) -> str:
    return f"{CHOOSE_ALERTS}:{_CODES[kind]}:{setting or DEFAULT}"


def why(opportunity_id: str) -> str:
    return f"{WHY}:{opportunity_id}"


def open_alert(opportunity_id: str) -> str:
    """Shows an opportunity below its alert, which goes on being edited."""
    return f"{OPEN_ALERT}:{opportunity_id}"


def why_alert(opportunity_id: str) -> str:
    return f"{WHY_ALERT}:{opportunity_id}"


def simulate(opportunity_id: str, amount: int | None = None, place: Place | None = None) -> str:
    """An execution now of so many USDT, 0 for the usual size; `place` is where the way back leads."""
    data = f"{SIMULATE}:{opportunity_id}:{amount or 0}"
    return f"{data}:{place}" if place else data


def similar(opportunity_id: str, place: Place | None = None) -> str:
    """What is like an opportunity; `place` is where the way back leads."""
    return f"{SIMILAR}:{opportunity_id}:{place}" if place else f"{SIMILAR}:{opportunity_id}"


def page_number(page: int, pages: int) -> str:
    """The button between back and forward; it only says where one is."""
    return f"{PAGE_NUMBER}:{page}:{pages}"


def price(asset: str, quote: str) -> str | None:
    """None for names too long for a button."""
    data = f"{PRICE}:{asset}:{quote}"
    return data if len(data.encode()) <= TELEGRAM_CALLBACK_BYTES_MAX else None


def topic(name: str) -> str:
    return f"{HELP}:{name}"
