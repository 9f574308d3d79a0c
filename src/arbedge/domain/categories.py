"""The categories that opportunities are filtered by: one table, one predicate each, and the predicate in words.

A predicate looks at the opportunity alone, so that a category never depends on who reads. Those made of a technical
rule hold for technical opportunities only, and all others hold for none of these: a list of arbitrage has no forecast
in it unless somebody asks for one.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Literal, NamedTuple, get_args

from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import OpportunityType
from arbedge.domain.technical.rules import Rule

Category = Literal[
    "low_risk",
    "high_confidence",
    "technical_signals",
    "momentum",
    "mean_reversion",
    "breakout",
    "hybrid",
    "ai_recommended",
    "beginner_friendly",
]

ROOM_MIN: Final = Decimal(3)  # how many times the size the books must be good for
CONFIDENCE_MIN: Final = 0.8
LOW_RISK_TYPES: Final[frozenset[OpportunityType]] = frozenset({"cross_exchange", "funding", "spot_perp"})
FORECASTS: Final[frozenset[OpportunityType]] = frozenset({"technical"})
ARBITRAGE: Final[frozenset[OpportunityType]] = frozenset(get_args(OpportunityType)) - FORECASTS


class CategoryRow(NamedTuple):
    """`sentence` says what `holds` asks, with its numbers; `types` are those that it can hold for at all."""

    name: str
    sentence: str
    holds: Callable[[Opportunity], bool]
    types: frozenset[OpportunityType]


def is_low_risk(one: Opportunity) -> bool:
    has_room = one.sighting.capacity_quote >= ROOM_MIN * one.sighting.edge.size_quote
    return one.type in LOW_RISK_TYPES and not one.needs_inventory and has_room


def is_technical(one: Opportunity) -> bool:
    return one.type == "technical"


def is_recommended(_one: Opportunity) -> bool:
    return False


def is_of_high_confidence(one: Opportunity) -> bool:
    p = one.claim.confidence.p if one.claim else None
    return one.type != "technical" and p is not None and p >= CONFIDENCE_MIN


def _follows(*rules: Rule) -> Callable[[Opportunity], bool]:
    def holds(one: Opportunity) -> bool:
        return one.sighting.signal is not None and one.sighting.signal.signal.rule in rules

    return holds


def is_confirmed(one: Opportunity) -> bool:
    return one.type != "technical" and one.claim is not None and bool(one.claim.confirmed_by)


def is_for_beginners(one: Opportunity) -> bool:
    return one.type == "cross_exchange" and is_low_risk(one)


CATEGORIES: Final[dict[Category, CategoryRow]] = {
    "low_risk": CategoryRow(
        "Low risk",
        f"two legs that hold each other's price, nothing that must be owned already, and an edge above the minimum up"
        f" to at least {ROOM_MIN} times the size",
        is_low_risk,
        LOW_RISK_TYPES,
    ),
    "high_confidence": CategoryRow(
        "High confidence",
        f"stated with a probability of at least {CONFIDENCE_MIN:.0%} that the edge lasts 5 s; none before there is one",
        is_of_high_confidence,
        ARBITRAGE,
    ),
    "technical_signals": CategoryRow(
        "Technical signals",
        "a forecast by one of four named rules, with the rule's record; no arbitrage",
        is_technical,
        FORECASTS,
    ),
    "momentum": CategoryRow(
        "Momentum",
        "technical signals that go with a move: momentum of two ATR over ten bars, or a MACD cross",
        _follows("momentum", "macd_cross"),
        FORECASTS,
    ),
    "mean_reversion": CategoryRow(
        "Mean reversion",
        "technical signals that go against a move: RSI back from below 30 or above 70",
        _follows("rsi_reversal"),
        FORECASTS,
    ),
    "breakout": CategoryRow(
        "Breakout",
        "technical signals of a close beyond the Bollinger bands, two deviations from twenty bars' mean",
        _follows("bollinger_breakout"),
        FORECASTS,
    ),
    "hybrid": CategoryRow(
        "Hybrid",
        "arbitrage whose first leg a technical signal of the same asset pointed the way of when it was confirmed",
        is_confirmed,
        ARBITRAGE,
    ),
    "ai_recommended": CategoryRow(
        "AI recommended",
        "recommended by a language model; none has recommended anything",
        is_recommended,
        frozenset(),
    ),
    "beginner_friendly": CategoryRow(
        "For beginners",
        f"spot bought on one exchange and sold on another, good for at least {ROOM_MIN} times the size; no perpetuals",
        is_for_beginners,
        frozenset({"cross_exchange"}),
    ),
}


def categorise(one: Opportunity) -> list[Category]:
    """Every category that holds for it, in the order of the table."""
    return [category for category, row in CATEGORIES.items() if row.holds(one)]
