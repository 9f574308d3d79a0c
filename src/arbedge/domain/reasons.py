"""Why something was not told: one machine-readable reason each, in the order in which they are checked."""

from typing import Final, Literal

Reason = Literal[
    "crossed_book",
    "stale",
    "skew",
    "identity",
    "quarantine",
    "below_minimum",
    "not_shortlisted",
    "book_unavailable",
    "not_recorded",
    "no_conversion",
    "depth",
    "min_size",
    "min_notional",
    "unconfirmed",
]

EXPLANATIONS: Final[dict[Reason, str]] = {
    "crossed_book": "a book was empty or its bid was not below its ask: bad data",
    "stale": "a quote was older than allowed",
    "skew": "the two quotes were taken too far apart in time",
    "identity": "the prices are too far apart to be those of one asset",
    "quarantine": "an instrument's price was too often not that of its asset; it must agree for a week first",
    "below_minimum": "after every cost the edge is below the minimum",
    "not_shortlisted": "better candidates used up this scan's order book budget",
    "book_unavailable": "an order book could not be fetched",
    "not_recorded": "what it takes to value it is not on record",
    "no_conversion": "there is no live rate between its quote currency and USDT, in which sizes are counted",
    "depth": "the books are too thin for the size",
    "min_size": "the size is below an exchange's smallest order",
    "min_notional": "after rounding to lots the order is below an exchange's smallest value",
    "unconfirmed": "seen once so far; two consecutive scans must agree",
}
