"""The names under which people know exchanges, markets, types, states and the steps of a waterfall."""

from typing import Final

from arbedge.domain.appraisal import Step
from arbedge.domain.policy import OpportunityType
from arbedge.domain.reasons import EXPLANATIONS as DROPPED
from arbedge.domain.technical.rules import Rule
from arbedge.entrypoints.telegram.html import clean

EXCHANGES: Final = {"binance": "Binance", "bybit": "Bybit", "okx": "OKX"}
MARKETS: Final = {"spot": "spot", "perp": "perpetual"}
TYPES: Final[dict[OpportunityType, str]] = {
    "cross_exchange": "cross exchange",
    "funding": "funding",
    "spot_perp": "spot and perpetual",
    "triangular": "triangular",
    "technical": "technical",
}
RULES: Final[dict[Rule, str]] = {
    "rsi_reversal": "RSI reversal",
    "macd_cross": "MACD cross",
    "bollinger_breakout": "Bollinger breakout",
    "momentum": "Momentum",
}
SIDES: Final = {
    ("spot", "buy"): "Buy",
    ("spot", "sell"): "Sell",
    ("perp", "buy"): "Long",
    ("perp", "sell"): "Short",
}
FEE_BASES: Final = {"base_tier": "entry tier of a new account", "own_tier": "your own tier"}
STEPS: Final[dict[Step, str]] = {"after_5s": "+5 s", "after_60s": "+60 s", "expiry": "at its end"}
PREMIUM: Final = (
    "Spot against perpetuals, triangles, technical signals, and whatever nets {net_bps:g} bps and more are part of the"
    " premium plan."
)
ENDINGS: Final[dict[str, str]] = {
    **DROPPED,
    "not_seen": "the market no longer shows it",
    "unconfirmed_too_long": "it could not be confirmed for ten minutes",
    "returned": "it came back",
    "market_mode_changed": "another market is being watched now",
}


def name_type(kind: OpportunityType) -> str:
    return TYPES[kind]


def name_rule(rule: Rule) -> str:
    return RULES[rule]


def name_place(exchange: str, market: str) -> str:
    return f"{EXCHANGES.get(exchange, clean(exchange))} {MARKETS.get(market, clean(market))}"


def name_side(market: str, side: str) -> str:
    return SIDES.get((market, side), side.capitalize())


def name_part(label: str) -> str:
    """`fee_buy` -> `fee buy`."""
    return clean(label.replace("_", " "))


def explain_end(reason: str | None) -> str:
    return ENDINGS.get(reason or "", clean((reason or "no reason recorded").replace("_", " "), 100))
