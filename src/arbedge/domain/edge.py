"""What an opportunity is worth at a size: the books of its legs walked, every cost named.

Each part of the waterfall is a cash amount in quote currency over the notional of the first buy at top of book (of
the amount put in, for a cycle), in bps rounded to 1e-4. Net is the sum of the rounded parts, so the parts always sum
to net exactly; the edge curve is computed from the cash itself. Nothing is converted from one quote currency into
another: legs share theirs, and a cycle's own legs are its conversion.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache, cached_property
from itertools import accumulate
from math import inf, isfinite
from typing import Final, NamedTuple

from msgspec import Struct

from arbedge.domain.fees import FeeRate
from arbedge.domain.instruments import Instrument, floor_to_lot, shared_lot
from arbedge.domain.market import Funding, Level, OrderBook, Origin, Side
from arbedge.domain.reasons import Reason
from arbedge.domain.technical.signals import BackedSignal

_BPS = Decimal(10_000)
_BPS_STEP = Decimal("0.0001")
_CURVE_STEP = Decimal("1e-12")
ROUNDING: Final = "rounding"  # the part that stands for what is left over below a lot
_STEPS_MAX: Final = 16
_SHRINKS_MAX: Final = 64
_LOOKS_TO_HALVE: Final = 3

CURVE_SIZES_USDT = tuple(Decimal(size) for size in (100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000))


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
        self.levels = levels
        self._sizes = list(accumulate(level.size for level in levels))
        # What all levels before the one at this index cost, and at the end all of them.
        self._cash = list(accumulate((level.size * level.price for level in levels), initial=Decimal(0)))
        self.depth = self._sizes[-1] if levels else Decimal(0)

    @property
    def top(self) -> Decimal:
        return self.levels[0].price

    def fill(self, size: Decimal) -> Fill:
        """Takes `size` from the top. Raises `Refused("depth")` when the levels run out."""
        last = bisect_left(self._sizes, size)
        if last == len(self._sizes):
            raise Refused("depth", wanted=float(size), available=float(self.depth))
        full = self._sizes[last - 1] if last else 0
        cash = self._cash[last] + (size - full) * self.levels[last].price
        return Fill(size=size, cash=cash, top=self.top)

    def reach(self, size: Decimal) -> Decimal:
        """The price of the last level that `size` takes. Raises `Refused("depth")` when the levels run out."""
        self.fill(size)
        return self.levels[bisect_left(self._sizes, size)].price

    def afford(self, cash: Decimal) -> Decimal:
        """How much `cash` buys from the top. Raises `Refused("depth")` when the levels run out."""
        last = bisect_left(self._cash, cash, lo=1) - 1
        if last == len(self._sizes):
            raise Refused("depth", wanted=float(cash), available=float(self._cash[-1]))
        full = self._sizes[last - 1] if last else Decimal(0)
        return full + (cash - self._cash[last]) / self.levels[last].price


class LegTerms(Struct, frozen=True, dict=True):
    """All that decides one leg: how it enters, its rules, its book, its fee and, for a perpetual, its next funding."""

    side: Side
    instrument: Instrument
    book: OrderBook
    fee: FeeRate
    funding: Funding | None = None
    signal: BackedSignal | None = None  # of a technical leg: what it enters on
    funding_from: Origin | None = None

    @cached_property
    def entry(self) -> Ladder:
        """The side of the book that the leg takes from."""
        return Ladder(self.book.asks if self.side == "buy" else self.book.bids)

    @cached_property
    def exit(self) -> Ladder:
        """The side that closing the leg takes from."""
        return Ladder(self.book.bids if self.side == "buy" else self.book.asks)


Legs = Sequence[LegTerms]
"""In order of execution; of a pair the one that buys comes first."""


class Edge(Struct, frozen=True):
    """The worth of an opportunity at `size_base`; `parts` lie between gross and net and sum to net - gross."""

    size_base: Decimal
    size_quote: Decimal  # the notional at top of book: the denominator of every part
    gross_bps: Decimal
    parts: tuple[Part, ...]
    net_bps: Decimal
    fills: tuple[Fill, ...]  # the entry of each leg
    net_cash: Decimal = Decimal(0)  # what is left in quote currency, not rounded

    def waterfall(self) -> list[Part]:
        """Gross first, net last; the parts between sum to net - gross."""
        return [Part("gross", self.gross_bps), *self.parts, Part("net", self.net_bps)]

    @property
    def unrounded_bps(self) -> Decimal:
        """Net as the cash says it, free of the rounding of the parts."""
        return (self.net_cash / self.size_quote * _BPS).quantize(_CURVE_STEP)

    @property
    def before_rounding_bps(self) -> Decimal:
        """Net without what lots leave over: it does not rise with size, which net itself may do by a lot's worth."""
        return self.net_bps - sum(part.bps for part in self.parts if part.label == ROUNDING)


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


def build_edge(
    gross: Decimal, costs: list[tuple[str, Decimal]], fills: tuple[Fill, ...], notional: Decimal, size: Decimal
) -> Edge:
    """Turns cash amounts (quote currency; costs negative) into a waterfall whose parts sum to net exactly."""
    gross_bps = to_bps(gross, notional)
    parts = tuple(Part(label=label, bps=to_bps(cash, notional)) for label, cash in costs)
    return Edge(
        size_base=size,
        size_quote=notional,
        gross_bps=gross_bps,
        parts=parts,
        net_bps=sum((part.bps for part in parts), gross_bps),
        fills=fills,
        net_cash=sum((cash for _, cash in costs), gross),
    )


class Sizing(NamedTuple):
    """How sizes of an opportunity are counted."""

    lot: Decimal  # every size is a multiple of it
    price: Decimal  # quote currency per unit of size at top of book
    most: Decimal  # what the sides that are walked hold
    legs: tuple[LegTerms, ...]  # the legs that trade exactly the size; what others trade follows from it


def measure_pair(legs: Legs) -> Sizing:
    """Both legs trade the same quantity, in lots that both accept."""
    buy, sell = legs
    return Sizing(
        lot=shared_lot(buy.instrument.lot_asset, sell.instrument.lot_asset),
        price=buy.entry.top,
        most=min(leg.entry.depth for leg in legs),
        legs=(buy, sell),
    )


def require_size(leg: LegTerms, size: Decimal, lot: Decimal) -> None:
    """Raises `Refused` for an order that the exchange would not take: checked after rounding, as exchanges do."""
    minimum = leg.instrument.min_size_asset
    if size < minimum or not size:
        raise Refused("min_size", size=float(size), minimum=float(minimum), lot=float(lot))
    least = leg.instrument.min_notional
    notional = size * leg.entry.top
    if least is not None and notional < least:
        raise Refused("min_notional", notional=float(notional), minimum=float(least))


def size_for(sizing: Sizing, size_quote: Decimal) -> Decimal:
    """The size that `size_quote` buys, floored to a lot. Raises `Refused` where that is below an exchange's minimum."""
    size = floor_to_lot(size_quote / sizing.price, sizing.lot)
    for leg in sizing.legs:
        require_size(leg, size, sizing.lot)
    return size


def trace_curve(value: Valuation, sizing: Sizing, unit: Decimal = Decimal(1)) -> list[CurvePoint]:
    """Net edge against size at the usual sizes, as far as the books reach; `unit` is one USDT in quote currency."""
    points: list[CurvePoint] = []
    for size_usdt in CURVE_SIZES_USDT:
        try:
            edge = value(size_for(sizing, size_usdt * unit))
        except Refused as refused:
            if refused.reason == "depth":
                break
            continue
        points.append(CurvePoint(size_quote=edge.size_quote, net_bps=edge.unrounded_bps))
    return points


def find_capacity(value: Valuation, sizing: Sizing, min_net_bps: float) -> Decimal:
    """The largest size, in quote currency at top of book, whose net edge is still at the minimum.

    Before rounding, net edge does not rise with size, so a search over lots finds where it ends. Where lots leave
    something over, the largest size is at most a few lots below; failing that, the next smaller one that reaches the
    minimum is taken. Zero when none does.
    """
    least = Decimal(str(min_net_bps))

    @cache
    def find_edge(lots: int) -> Edge:
        return value(lots * sizing.lot)

    def find_surplus(lots: int) -> float:
        """What is left above the minimum; infinite for a size too small to have, minus infinite for one too large."""
        try:
            return float(find_edge(lots).before_rounding_bps - least) * lots
        except Refused as refused:
            return -inf if refused.reason == "depth" else inf

    def reaches(lots: int) -> bool:
        try:
            return find_edge(lots).net_bps >= least
        except Refused:
            return False

    low = _find_last(find_surplus, int(sizing.most // sizing.lot))
    steps = [low - step for step in range(_STEPS_MAX)]
    steps += [low - low * step**2 // _SHRINKS_MAX**2 for step in range(1, _SHRINKS_MAX)]
    lots = next((lots for lots in steps if lots > 0 and reaches(lots)), 0)
    return lots * sizing.lot * sizing.price


def _find_last(find_surplus: Callable[[int], float], most: int) -> int:
    """The largest number of lots up to `most` without a negative surplus; 0 where even one lot has none.

    Between two levels of the books the surplus is a straight line, so where it crosses zero is guessed from the ends
    of the interval, by the Illinois method: an end that has stayed for two looks counts half. Where three looks have
    not halved the interval, its middle is next, so no surplus takes more than 4 log2(most) looks.
    """
    low, low_surplus = 0, inf
    over, over_surplus = most + 1, -inf
    guess, was_negative = most, None
    widths: list[int] = []
    while over - low > 1:
        surplus = find_surplus(guess)
        is_negative = surplus < 0
        if is_negative:
            over, over_surplus = guess, surplus
            low_surplus /= 2 if was_negative else 1
        else:
            low, low_surplus = guess, surplus
            over_surplus /= 2 if was_negative is False else 1
        was_negative = is_negative
        widths.append(over - low)
        is_slow = len(widths) > _LOOKS_TO_HALVE and widths[-1] * 2 > widths[-1 - _LOOKS_TO_HALVE]
        is_straight = isfinite(low_surplus) and isfinite(over_surplus) and not is_slow
        share = low_surplus / (low_surplus - over_surplus) if is_straight else 0.5
        guess = min(max(low + int(widths[-1] * share), low + 1), over - 1)
    return low
