"""An opportunity as it is stored, shown and sent: one episode with its legs, waterfall and life."""

import hashlib
import re
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct, field

from arbedge.domain.claim import Claim
from arbedge.domain.edge import CurvePoint, Edge, Fill, LegTerms, Part, Side
from arbedge.domain.fees import FeeRate
from arbedge.domain.market import ExchangeId, Funding, Level, Market, Mode, Origin, Source
from arbedge.domain.policy import OpportunityType, is_premium
from arbedge.domain.technical.signals import BackedSignal

Status = Literal["detected", "verified", "active", "expired", "vanished"]
OPEN: frozenset[Status] = frozenset({"detected", "verified", "active"})


class LegRules(Struct, frozen=True):
    """What rounds and bounds an order of this leg, in the exchange's own units, as it was at the scan."""

    base: str
    tick_size: Decimal
    lot_size: Decimal
    min_size: Decimal
    min_notional: Decimal | None
    contract_size: Decimal


class Leg(Struct, frozen=True):
    """One leg with the source and time of every number in it; prices per asset unit."""

    exchange: ExchangeId
    market: Market
    symbol: str
    side: Side
    price: Decimal  # top of book
    vwap: Decimal  # average over the size
    fee_bps: float
    fee_basis: str
    funding: Funding | None
    quoted_at: int  # the exchange's stamp, else the time of receipt
    source: Source
    multiplier: int = 1  # asset units in one unit of the exchange's price
    asset: str = ""  # what is traded and what it is priced in: of a cycle's legs, each its own; empty in older records
    quote: str = ""
    rules: LegRules | None = None  # None in older records: those cannot be valued at another size
    funding_from: Origin | None = None  # rates come with the scan's quotes, not with the books

    @property
    def fee(self) -> FeeRate:
        """The fee that every fill of this leg was valued at."""
        taker = Decimal(str(self.fee_bps)) / 10_000
        return FeeRate(taker=taker, maker=taker, basis="own_tier" if self.fee_basis == "own_tier" else "base_tier")


class Sighting(Struct, frozen=True):
    """A candidate that held up on its order books in one scan."""

    key: str
    type: OpportunityType
    asset: str
    quote: str
    seen_at: int
    edge: Edge
    legs: tuple[Leg, ...]
    capacity_quote: Decimal
    curve: list[CurvePoint]
    books: tuple[list[Level], ...]  # the entry side of each leg that was walked: asks of a buy, bids of a sell
    exit_books: tuple[list[Level], ...] = ()  # the exit sides, where the position is held and closed
    signal: BackedSignal | None = None  # of a technical one
    size_usdt: Decimal = Decimal(1000)  # the size that the edge was asked for; whole lots make it a little less
    unit: Decimal = Decimal(1)  # one USDT in the quote currency, at the rate of the scan


class Transition(Struct, frozen=True):
    status: Status
    at: int
    reason: str | None = None


class Opportunity(Struct, kw_only=True):
    """One episode of an opportunity.

    `revision` rises whenever people should be told something new: the start, a change, the end.
    """

    id: str
    key: str
    type: OpportunityType
    asset: str
    quote: str
    status: Status
    mode: Mode
    horizon_h: int
    detected_at: int
    updated_at: int
    expires_at: int
    ended_at: int | None = None
    end_reason: str | None = None
    missed_scans: int = 0
    revision: int = 1
    revised_at: int
    revised_net_bps: Decimal
    ranked_net_bps: Decimal | None = None  # what lists order by; None in older records, which are ordered by net
    sighting: Sighting
    claim: Claim | None = None
    transitions: list[Transition] = field(default_factory=list[Transition])

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def is_live(self, now: int) -> bool:
        """Open and confirmed recently enough: when no scan runs, nothing ends an episode, and it is news no more."""
        return self.is_open and now < self.expires_at

    @property
    def needs_inventory(self) -> bool:
        """Whether a spot leg is sold short: only who holds the asset already can do that."""
        sold = any((leg.market, leg.side) == ("spot", "sell") for leg in self.sighting.legs)
        return self.type == "spot_perp" and sold

    @property
    def is_premium(self) -> bool:
        return is_premium(self.type, float(self.net_bps))

    @property
    def ranked_bps(self) -> Decimal:
        return self.net_bps if self.ranked_net_bps is None else self.ranked_net_bps

    @property
    def net_bps(self) -> Decimal:
        return self.sighting.edge.net_bps

    def waterfall(self) -> list[Part]:
        """Gross first, net last; the parts between sum to net - gross."""
        return self.sighting.edge.waterfall()


ID_PATTERN: Final = r"[0-9a-f]{16}"
_ID: Final = re.compile(ID_PATTERN)


def is_id(text: str) -> bool:
    """Whether the text has the form of an id; anything else needs no look into the database."""
    return _ID.fullmatch(text) is not None


def derive_id(key: str, confirmed_at: int) -> str:
    """The id of the episode of `key` that the scan at `confirmed_at` confirmed: 16 hex digits."""
    return hashlib.sha256(f"{key}@{confirmed_at}".encode()).hexdigest()[:16]


def make_leg(terms: LegTerms, fill: Fill) -> Leg:
    """A leg as it is shown, from its terms and its entry."""
    instrument, book = terms.instrument, terms.book
    return Leg(
        exchange=instrument.exchange,
        market=instrument.market,
        symbol=instrument.symbol,
        side=terms.side,
        price=fill.top,
        vwap=fill.vwap,
        fee_bps=terms.fee.taker_bps,
        fee_basis=terms.fee.basis,
        funding=terms.funding,
        funding_from=terms.funding_from,
        quoted_at=book.exchange_at or book.received_at,
        source=book.source,
        multiplier=instrument.multiplier,
        asset=instrument.asset,
        quote=instrument.quote,
        rules=LegRules(
            base=instrument.base,
            tick_size=instrument.tick_size,
            lot_size=instrument.lot_size,
            min_size=instrument.min_size,
            min_notional=instrument.min_notional,
            contract_size=instrument.contract_size,
        ),
    )
