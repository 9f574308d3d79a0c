"""A technical signal as an opportunity of one leg: entered now at the book, closed as the rule closes its trades.

    gross   the mean gross move of the rule's trades in the walk forward; what this one will bring nobody knows
    net     gross - both fees - spread - both slippages - what the price has moved since the entry - funding

The walk forward knows trades' prices only, so the spread and the books' depth are taken from the book of now, twice.
What the price has run ahead of the signal's entry is gone; what it lies behind is not counted as a gain. Funding is
counted where it is to be paid, for all settlements until the signal ends, and not where it would be received, since
the position may be closed before.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from math import ceil
from typing import Final

from arbedge.domain.detection.board import Board
from arbedge.domain.detection.candidates import Candidate, Drops, LegRef, Listed, Refusal, check_quotes, judge_net
from arbedge.domain.detection.census import find_absence
from arbedge.domain.detection.holding import HOUR_MS, count_settlements
from arbedge.domain.edge import Edge, Legs, LegTerms, Refused, Sizing, build_edge
from arbedge.domain.market import FeedKey, Funding, LegKey, Side
from arbedge.domain.policy import OpportunityType, Policy
from arbedge.domain.technical.signals import BackedSignal, Signal, check_evidence
from arbedge.limits import SIGNALS_SHOWN_MAX

KIND: Final[OpportunityType] = "technical"


def detect(board: Board, drops: Drops) -> Iterator[Candidate]:
    """Yields every signal that may be entered now and whose rule has earned its place."""
    if not board.signals:
        return
    minimum = board.policy.min_net_bps[KIND]
    listed = _find_quotes(board)
    yielded = 0
    # In an order that lasts the hour, so that those that are looked at do not change places with those that are not.
    for backed in sorted(board.signals, key=lambda one: (-one.evidence.net_bps, one.signal.at.symbol, one.signal.name)):
        at = backed.signal.at
        found = listed.get((at.exchange, at.market, at.symbol))
        net = _estimate(backed, found, board)
        refusal = _check(backed, found, net, board, minimum)
        if refusal is None and yielded == SIGNALS_SHOWN_MAX:
            refusal = "not_shortlisted", {"net_bps": net, "shortlist_max": float(SIGNALS_SHOWN_MAX)}
        make = partial(_make, backed, net)
        if refusal:
            drops.add(KIND, net, refusal, make)
        else:
            yielded += 1
            yield make()


def _find_quotes(board: Board) -> dict[LegKey, Listed]:
    """The quotes of the signals' instruments, in one pass over the feeds that they are of."""
    wanted: defaultdict[FeedKey, set[str]] = defaultdict(set)
    for one in board.signals:
        wanted[_feed_of(one.signal)].add(one.signal.at.symbol)
    return {
        (feed.exchange, feed.market, quote.symbol): Listed(feed, quote)
        for feed in board.feeds
        if (symbols := wanted.get((feed.exchange, feed.market)))
        for quote in feed.quotes
        if quote.symbol in symbols
    }


def _estimate(backed: BackedSignal, listed: Listed | None, board: Board) -> float:
    """Net at top of book: without a quote, before spread and what has moved."""
    signal, at = backed.signal, backed.signal.at
    net = backed.evidence.gross_bps - 2 * board.takers[at.market][at.exchange] * 10_000
    if listed is None or not 0 < listed.quote.bid < listed.quote.ask:
        return net
    quote = listed.quote
    top = quote.ask if signal.side == "buy" else quote.bid
    return net - (quote.ask - quote.bid + signal.count_moved(quote.mid)) / top * 10_000


def _check(backed: BackedSignal, listed: Listed | None, net: float, board: Board, minimum: float) -> Refusal | None:
    signal = backed.signal
    if board.now >= signal.enter_by:
        return "signal_over", {"over_ms": float(board.now - signal.enter_by)}
    if refusal := check_evidence(backed.evidence, minimum):
        return refusal
    if listed is None:
        feed = next((one for one in board.feeds if (one.exchange, one.market) == _feed_of(signal)), None)
        return (find_absence(feed) if feed else "feed_unavailable") or "no_quote", {}
    return _check_quote(signal, listed, board) or judge_net(backed.evidence.gross_bps, net, minimum)


def _check_quote(signal: Signal, listed: Listed, board: Board) -> Refusal | None:
    if listed.quote.funding is None:
        return "interval", {}
    if refusal := check_quotes((listed,), board.now, board.policy):
        return refusal
    mid = listed.quote.mid
    reason = signal.find_passed(mid)
    return (reason, {"price": mid, "target": signal.target, "stop": signal.stop}) if reason else None


def _feed_of(signal: Signal) -> FeedKey:
    return signal.at.exchange, signal.at.market


def _make(backed: BackedSignal, net_bps: float) -> Candidate:
    signal, at = backed.signal, backed.signal.at
    leg = LegRef(at.exchange, at.market, at.symbol, signal.side)
    return Candidate(KIND, at.asset, at.quote, (leg,), backed.evidence.gross_bps, net_bps, signal.name)


def name_key(signal: Signal) -> str:
    """The key of what a signal becomes a candidate of."""
    at = signal.at
    leg = LegRef(at.exchange, at.market, at.symbol, signal.side)
    return Candidate(KIND, at.asset, at.quote, (leg,), 0.0, 0.0, signal.name).key


def measure(legs: Legs) -> Sizing:
    (leg,) = legs
    most = min(leg.entry.depth, leg.exit.depth)
    return Sizing(lot=leg.instrument.lot_asset, price=leg.entry.top, most=most, legs=(leg,))


def value(legs: Legs, size: Decimal, now: int, _policy: Policy) -> Edge:
    """The edge of entering `size` asset units now. Raises `Refused` where the book is too thin or has passed it by."""
    (leg,) = legs
    backed = leg.signal
    if backed is None:
        raise ValueError("a technical leg needs its signal")
    signal = backed.signal
    entered, left = leg.entry.fill(size), leg.exit.fill(size)
    middle = (entered.top + left.top) / 2
    if now >= signal.enter_by:
        raise Refused("signal_over", over_ms=now - signal.enter_by)
    if reason := signal.find_passed(float(middle)):
        raise Refused(reason, price=float(middle), target=signal.target, stop=signal.stop)
    notional = size * entered.top
    moved = Decimal(str(signal.count_moved(float(middle))))
    return build_edge(
        gross=notional * Decimal(str(backed.evidence.gross_bps)) / 10_000,
        costs=[
            ("fee_entry", -entered.cash * leg.fee.taker),
            ("fee_exit", -left.cash * leg.fee.taker),
            ("spread", -(size * abs(entered.top - left.top))),
            ("slippage_entry", -entered.slippage),
            ("slippage_exit", -left.slippage),
            ("moved", -(size * moved)),
            ("funding", _pay_funding(leg, signal, size, now)),
        ],
        fills=(entered,),
        notional=notional,
        size=size,
    )


def _pay_funding(leg: LegTerms, signal: Signal, size: Decimal, now: int) -> Decimal:
    """What is paid until the signal ends; what would be received counts as nothing."""
    if leg.instrument.market == "spot":
        return Decimal(0)
    funding = leg.funding
    if funding is None:
        raise Refused("interval")
    rate = abs(Decimal(str(funding.rate)))
    return -(size * Decimal(str(funding.mark)) * rate * count_paid(leg.side, funding, signal, now))


def count_paid(side: Side, funding: Funding, signal: Signal, now: int) -> int:
    """Settlements to be paid until the signal ends; none where they would be received."""
    if (funding.rate > 0) != (side == "buy"):
        return 0
    return count_settlements(funding, now, ceil((signal.ends_at - now) / HOUR_MS))


def close(legs: Legs, size: Decimal, entered_at: Decimal) -> Edge:
    """What closing at these books brings someone who entered at that average price; funding in between is not known."""
    (leg,) = legs
    left = leg.exit.fill(size)
    notional = size * entered_at
    gained = size * left.top - notional
    return build_edge(
        gross=gained if leg.side == "buy" else -gained,
        costs=[
            ("fee_entry", -notional * leg.fee.taker),
            ("fee_exit", -left.cash * leg.fee.taker),
            ("slippage_exit", -left.slippage),
        ],
        fills=(left,),
        notional=notional,
        size=size,
    )
