"""Signals as they are kept and used: what a rule says of an instrument now, and how the rule did before.

A signal is entered in the bar after the one that gave it, as the walk forward does, or not at all: nothing is known
of what entering later is worth. Its target, stop and last moment are those that the walk forward would give it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from arbedge.domain.candles import CandleSeries
from arbedge.domain.market import ExchangeId, Market, Mode, Side, Source
from arbedge.domain.reasons import Reason
from arbedge.domain.technical.rules import Call, Rule, find_calls
from arbedge.domain.technical.walk_forward import HORIZON_BARS, Evidence, place_exits
from arbedge.limits import SIGNAL_TRADES_MIN

HOUR_MS: Final = 3_600_000
BARS_TOLD: Final = 2  # the last bar's signals, and those of the one before, so that a scan can say that they are over
ERRORS_MIN: Final = 2.0  # standard errors by which a mean net must be above nothing


class Place(Struct, frozen=True):
    """The instrument that candles are of, and where they come from."""

    exchange: ExchangeId
    market: Market
    symbol: str
    asset: str
    quote: str
    source: Source
    read_at: int
    mode: Mode


class Signal(Struct, frozen=True):
    """A rule's word at the end of the bar that began at `bar`; prices per asset unit.

    `entry` is the open of the next bar: what target and stop are measured from. It may be entered until `enter_by`
    and is given up at `ends_at`.
    """

    rule: Rule
    side: Side
    at: Place
    bar: int
    entry: float
    atr: float
    target: float
    stop: float
    enter_by: int
    ends_at: int

    @property
    def name(self) -> str:
        """What tells it from every other signal of its instrument."""
        return f"{self.rule}:{self.side}:{self.bar}"

    @property
    def horizon_h(self) -> int:
        """Hours from the open of the bar that it is entered in."""
        return (self.ends_at - self.bar) // HOUR_MS - 1

    def find_passed(self, price: float) -> Reason | None:
        """Whether the price has ended it already."""
        sign = 1 if self.side == "buy" else -1
        if sign * (price - self.stop) <= 0:
            return "stop_passed"
        return "target_passed" if sign * (price - self.target) >= 0 else None

    def count_moved(self, price: float) -> float:
        """How far the price has run ahead of the entry, never below 0: a better price than that promises nothing."""
        return max(0.0, price - self.entry if self.side == "buy" else self.entry - price)


class BackedSignal(Struct, frozen=True):
    """A signal with the record of its rule."""

    signal: Signal
    evidence: Evidence


class Signals(Struct, frozen=True):
    """All that one run of the job found: a whole that replaces the one before it."""

    computed_at: int
    rules: Mapping[Rule, Evidence]
    told: tuple[Signal, ...]

    def back(self) -> list[BackedSignal]:
        return [BackedSignal(one, self.rules[one.rule]) for one in self.told if one.rule in self.rules]


def check_evidence(evidence: Evidence, minimum_bps: float) -> tuple[Reason, dict[str, float]] | None:
    """Why a rule must not be shown, with the numbers that decide, or None."""
    numbers = {"trades": float(evidence.trades), "hit_rate": evidence.hit_rate}
    if evidence.trades < SIGNAL_TRADES_MIN:
        return "few_trades", {**numbers, "trades_min": float(SIGNAL_TRADES_MIN)}
    numbers["net_bps"] = evidence.net_bps
    if evidence.net_bps <= minimum_bps:
        return "unproven", {**numbers, "minimum_bps": minimum_bps}
    if evidence.net_bps <= ERRORS_MIN * evidence.error_bps:
        return "chance", {**numbers, "error_bps": evidence.error_bps}
    return None


def read_signals(series: CandleSeries, at: Place, calls: Sequence[Call] | None = None) -> list[Signal]:
    """What the rules say at the end of the last closed bars, oldest first; `calls` as in the walk forward."""
    bars, step = series.closed, series.interval_ms
    if not bars:
        return []
    told_from = bars[-1].start - (BARS_TOLD - 1) * step
    opens = {bar.start: bar.open for bar in series.candles}
    found: list[Signal] = []
    for call in find_calls(series) if calls is None else calls:
        bar = bars[call.bar]
        if bar.start < told_from:
            continue
        # Where the next bar has not been told of, its open is the close that it follows on.
        entry = opens.get(bar.start + step, bar.close)
        target, stop = place_exits(call.side, entry, call.atr)
        found.append(
            Signal(
                rule=call.rule,
                side=call.side,
                at=at,
                bar=bar.start,
                entry=entry,
                atr=call.atr,
                target=target,
                stop=stop,
                enter_by=bar.start + 2 * step,
                ends_at=bar.start + (1 + HORIZON_BARS) * step,
            )
        )
    return found
