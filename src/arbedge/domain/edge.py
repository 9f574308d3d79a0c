"""What an opportunity is worth at a size: two books walked for the same quantity, every cost named.

Each part of the waterfall is a cash amount in quote currency over the buy leg's notional at top of book,
in bps rounded to 1e-4. Net is the sum of the rounded parts, so the parts always sum to net exactly.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Literal

from msgspec import Struct

from arbedge.domain.fees import FeeRate
from arbedge.domain.instruments import Instrument, floor_to_lot, shared_lot
from arbedge.domain.market import Funding, Level, OrderBook
from arbedge.domain.reasons import Reason

_BPS = Decimal(10_000)
_BPS_STEP = Decimal("0.0001")
CURVE_SIZES_QUOTE = tuple(Decimal(size) for size in (100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000))


class Part(Struct, frozen=True, gc=False):
    """One step of the waterfall; costs are negative."""

    label: str
    bps: Decimal


class Fill(Struct, frozen=True, gc=False):
    """What walking one side of a book for a size gives: cash in quote currency and its average price."""

    size: Decimal
    cash: Decimal
    top: Decimal

    @property
    def vwap(self) -> Decimal:
        return self.cash / self.size

    @property
    def slippage(self) -> Decimal:
        """Cash lost against filling everything at the top of the book; never negative."""
        return abs(self.cash - self.size * self.top)


class Ladder:
    """One side of a book, best price first, with running totals: a leg is filled at some thirty sizes, and each is
    found by search where walking would count the same levels again. The sums are those of a walk, in its order.
    """

    def __init__(self, levels: Sequence[Level]) -> None:
        self._levels = levels
        self._sizes: list[Decimal] = []
        self._cash: list[Decimal] = []  # cost of all levels before the one at this index
        size = cash = Decimal(0)
        for level in levels:
            size += level.size
            self._sizes.append(size)
            self._cash.append(cash)
            cash += level.size * level.price
        self.depth = size

    def fill(self, size: Decimal) -> Fill:
        """Takes `size` from the top. Raises `Refused("depth")` when the levels run out."""
        last = bisect_left(self._sizes, size)
        if last == len(self._sizes):
            raise Refused("depth", wanted=float(size), available=float(self.depth))
        full = self._sizes[last - 1] if last else 0
        cash = self._cash[last] + (size - full) * self._levels[last].price
        return Fill(size=size, cash=cash, top=self._levels[0].price)


class LegTerms(Struct, frozen=True, dict=True):
    """All that decides one leg: its rules, its book, its fee and, for a perpetual, its next funding."""

    instrument: Instrument
    book: OrderBook
    fee: FeeRate
    funding: Funding | None = None

    @cached_property
    def asks(self) -> Ladder:
        return Ladder(self.book.asks)

    @cached_property
    def bids(self) -> Ladder:
        return Ladder(self.book.bids)


class Edge(Struct, frozen=True):
    """The worth of an opportunity at `size_base`; `parts` lie between gross and net and sum to net - gross."""

    size_base: Decimal
    size_quote: Decimal  # the buy leg's notional at top of book: the denominator of every part
    gross_bps: Decimal
    parts: tuple[Part, ...]
    net_bps: Decimal
    fills: tuple[Fill, Fill]  # entry of the buy and of the sell leg


class CurvePoint(Struct, frozen=True, gc=False):
    size_quote: Decimal
    net_bps: Decimal


class Refused(Exception):
    """A verdict, raised since it ends a valuation wherever it is found: the one reason and the numbers behind it."""

    def __init__(self, reason: Reason, **numbers: float) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.numbers = numbers


Valuation = Callable[[Decimal], Edge]
"""Values an opportunity at a size in asset units; raises `Refused` where the size cannot be had."""


def to_bps(cash: Decimal, notional: Decimal) -> Decimal:
    return (cash / notional * _BPS).quantize(_BPS_STEP)


def build_edge(gross: Decimal, costs: list[tuple[str, Decimal]], fills: tuple[Fill, Fill]) -> Edge:
    """Turns cash amounts (quote currency; costs negative) into a waterfall whose parts sum to net exactly."""
    buy = fills[0]
    notional = buy.size * buy.top
    gross_bps = to_bps(gross, notional)
    parts = tuple(Part(label=label, bps=to_bps(cash, notional)) for label, cash in costs)
    net_bps = sum((part.bps for part in parts), gross_bps)
    return Edge(size_base=buy.size, size_quote=notional, gross_bps=gross_bps, parts=parts, net_bps=net_bps, fills=fills)


def size_for(buy: LegTerms, sell: LegTerms, size_quote: Decimal) -> Decimal:
    """The quantity in asset units that `size_quote` buys, floored to a lot both legs accept.

    Minimum size and minimum notional are checked after rounding, as the exchanges do.
    """
    lot = shared_lot(buy.instrument.lot_asset, sell.instrument.lot_asset)
    price = buy.book.asks[0].price
    size = floor_to_lot(size_quote / price, lot)
    for leg in (buy, sell):
        minimum = leg.instrument.min_size_asset
        if size < minimum or not size:
            raise Refused("min_size", size=float(size), minimum=float(minimum), lot=float(lot))
        least = leg.instrument.min_notional
        side: Literal["asks", "bids"] = "asks" if leg is buy else "bids"
        notional = size * getattr(leg.book, side)[0].price
        if least is not None and notional < least:
            raise Refused("min_notional", notional=float(notional), minimum=float(least))
    return size


def trace_curve(value: Valuation, buy: LegTerms, sell: LegTerms) -> list[CurvePoint]:
    """Net edge against size at the usual sizes, as far as both books reach."""
    points: list[CurvePoint] = []
    for size_quote in CURVE_SIZES_QUOTE:
        try:
            edge = value(size_for(buy, sell, size_quote))
        except Refused as refused:
            if refused.reason == "depth":
                break
            continue
        points.append(CurvePoint(size_quote=edge.size_quote, net_bps=edge.net_bps))
    return points


def find_capacity(value: Valuation, buy: LegTerms, sell: LegTerms, min_net_bps: float) -> Decimal:
    """The largest size, in quote currency at top of book, whose net edge is still at the minimum.

    Net edge does not rise with size, so a binary search over lots finds it. Zero when no size reaches the minimum.
    """
    lot = shared_lot(buy.instrument.lot_asset, sell.instrument.lot_asset)
    depth = min(buy.asks.depth, sell.bids.depth)
    least = Decimal(str(min_net_bps))

    def reaches(lots: int) -> bool:
        try:
            return value(lots * lot).net_bps >= least
        except Refused:
            return False

    low, high = 0, int(depth // lot)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if reaches(middle) else (low, middle - 1)
    return low * lot * buy.book.asks[0].price
