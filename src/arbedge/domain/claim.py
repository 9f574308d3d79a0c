"""What an alert claimed when it was confirmed: the figures it is held to afterwards."""

from decimal import Decimal

from msgspec import Struct

from arbedge.domain.technical.rules import Rule


class Confidence(Struct, frozen=True):
    """The probability that the edge is still there 5 s later; `p` is None while too few outcomes are known.

    `n` counts the outcomes it was learned from, or that there are so far; `model` names the version.
    """

    p: float | None = None
    n: int = 0
    model: str | None = None


class Claim(Struct, frozen=True):
    """Fixed at the confirmation and never changed: what later re-pricings are compared with."""

    at: int
    net_bps: Decimal
    size_base: Decimal  # what the first leg trades: of two legs both, of a cycle what the rest follows from
    expires_at: int
    features: dict[str, float] = {}
    confidence: Confidence = Confidence()
    entered_at: Decimal | None = None  # of a technical one: the average price of its entry
    confirmed_by: tuple[Rule, ...] = ()  # of an arbitrage: signals of its asset for the side that it enters first
