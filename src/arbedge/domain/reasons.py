"""Why something was not told: one machine-readable reason each, in the order in which they are checked.

`fees` or `below_minimum`: where nothing is left after costs, whether or not there was a gap before them, it is the
costs that decided; where something is left, it is the minimum.

Selling spot that one must hold already is no reason in here: it keeps nobody from looking, so such an opportunity is
told with the flag `needs_inventory`, and is not executable without the asset.
"""

from typing import Final, Literal

Reason = Literal[
    "circuit_open",
    "feed_unavailable",
    "quarantine",
    "no_quote",
    "interval",
    "crossed_book",
    "stale",
    "skew",
    "identity",
    "fees",
    "below_minimum",
    "not_shortlisted",
    "book_unavailable",
    "not_recorded",
    "no_conversion",
    "depth",
    "min_size",
    "min_notional",
    "arithmetic",
    "unconfirmed",
    "few_trades",
    "unproven",
    "chance",
    "signal_over",
    "signal_done",
    "target_passed",
    "stop_passed",
]

EXPLANATIONS: Final[dict[Reason, str]] = {
    "circuit_open": "an exchange was not asked: it had failed before, or asked for a pause that is not over",
    "feed_unavailable": "an exchange was asked for its prices and did not give them",
    "quarantine": "an instrument's price was too often not that of its asset; it must agree for a week first",
    "no_quote": "an exchange that answered has no bid and ask for it: halted, delisted, or an empty book",
    "interval": "a funding rate, or the time of its next settlement, is not known or overdue",
    "crossed_book": "a book was empty or its bid was not below its ask: bad data",
    "stale": "a quote was older than allowed",
    "skew": "the two quotes were taken too far apart in time",
    "identity": "the prices are too far apart to be those of one asset",
    "fees": "costs eat all that there is to gain",
    "below_minimum": "after every cost the edge is below the minimum",
    "not_shortlisted": "better candidates used up this scan's order book budget",
    "book_unavailable": "an order book could not be fetched",
    "not_recorded": "what it takes to value it is not on record",
    "no_conversion": "there is no live rate between its quote currency and USDT, in which sizes are counted",
    "depth": "the books are too thin for the size",
    "min_size": "the size is below an exchange's smallest order",
    "min_notional": "after rounding to lots the order is below an exchange's smallest value",
    "arithmetic": "its figures could not be counted with: a defect, which is logged",
    "unconfirmed": "seen once so far; two consecutive scans must agree",
    "few_trades": "the rule has traded too seldom on the recorded candles to say what it is worth",
    "unproven": "on the recorded candles the rule's trades were not worth the minimum after fees",
    "chance": "what the rule's trades were worth is within two standard errors of nothing",
    "signal_over": "the hour in which the signal could be entered is over",
    "signal_done": "its trade has ended; a signal is traded once",
    "target_passed": "the price has reached the signal's target already",
    "stop_passed": "the price has passed the signal's stop",
}

# Bad data is no near miss: a mistaken identity, or a rate that is no longer paid, would top every list.
BAD_DATA: Final[frozenset[Reason]] = frozenset({"interval", "crossed_book", "stale", "skew", "identity"})
# What lacks nothing but a further look; such a pair is worth as much as an opportunity.
ONLY_UNSEEN: Final[frozenset[Reason]] = frozenset({"unconfirmed", "not_shortlisted", "book_unavailable"})


def name_lack(net_bps: float) -> Reason:
    """The reason against an edge that does not reach its minimum."""
    return "below_minimum" if net_bps > 0 else "fees"
