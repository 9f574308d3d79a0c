"""Three spot trades in a circle on one exchange: USDT -> BTC -> ETH -> USDT, or the other way round.

The market is a graph: currencies are its points, spot instruments its lines. Each instrument that is not quoted in
the start currency closes one triangle with it, if both its currencies trade against the start: so all cycles are
found with one look at each instrument. They start, in this order, in USDT or USDC; a cycle that holds neither would
have to be valued through another rate.

    gross = product of the three rates at top of book - 1
    net   = gross - 3 fees - 3 slippages - rounding

Each leg spends what the leg before it left: its fee is taken in the currency received, and its quantity is floored
to its lot. What a lot leaves over stays behind as dust, which counts as lost (`rounding`). A loss in the middle is
worth what the legs still to come would have made of it at top of book, so the parts sum to what is really left.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import pairwise
from math import sqrt
from typing import Final, NamedTuple

from arbedge.domain.detection.board import Board, are_sound
from arbedge.domain.detection.candidates import Candidate, Drops, Listed, Refusal, check_quotes, judge_net, refer
from arbedge.domain.edge import (
    ROUNDING,
    Edge,
    Fill,
    Legs,
    LegTerms,
    Refused,
    Side,
    Sizing,
    build_edge,
    require_size,
)
from arbedge.domain.instruments import floor_to_lot
from arbedge.domain.market import Feed
from arbedge.domain.policy import OpportunityType, Policy

KIND: Final[OpportunityType] = "triangular"
STARTS: Final = ("USDT", "USDC")


class Link(NamedTuple):
    """How the start currency trades against another one: at which rates, through which instrument and side."""

    there: float  # units of the other currency for one of the start
    back: float
    listed: Listed
    side_there: Side


def detect(board: Board, drops: Drops) -> Iterator[Candidate]:
    """Yields every cycle whose rates at top of book pay for three fees."""
    for feed in board.spot_feeds:
        is_sound = are_sound([Listed(feed, quote) for quote in feed.quotes], board.now, board.policy)
        done: set[str] = set()
        for start in STARTS:
            yield from _detect_from(start, feed, is_sound, done, board, drops)
            done.add(start)


def _detect_from(
    start: str, feed: Feed, is_sound: bool, done: set[str], board: Board, drops: Drops
) -> Iterator[Candidate]:
    """Cycles from `start` that do not pass through what has been a start before."""
    minimum = board.policy.min_net_bps[KIND]
    keep = (1 - board.takers["spot"][feed.exchange]) ** 3
    widest = (1 + board.policy.identity_ratio_max) ** 2
    # What is below both is only counted, and has nothing left after costs.
    floor, below = min(drops.get_floor(KIND), 0.0), 0
    links = _link(start, feed)
    for quote in feed.quotes:
        one, other = links.get(quote.quote), links.get(quote.asset)
        if one is None or other is None or quote.quote in done or quote.asset in done:
            continue
        into = one.there * other.back / (quote.ask or 1e300)  # start -> quote currency -> asset -> start
        out_of = other.there * one.back * quote.bid
        better = max(into, out_of)
        net = (better * keep - 1) * 10_000
        # The product of the two is that of the three spreads; their ratio tells how far the three mid prices disagree.
        if is_sound and net < minimum and net <= floor and out_of <= into * widest and into <= out_of * widest:
            below += 1
            continue
        cycle = _lay_out(one, other, Listed(feed, quote), is_into=into >= out_of)
        make = partial(_make, quote.asset, start, cycle, (better - 1) * 10_000, net)
        refusal = check_quotes([listed for listed, _ in cycle], board.now, board.policy)
        refusal = refusal or _check_rates(into, out_of, board.policy)
        if refusal := refusal or judge_net((better - 1) * 10_000, net, minimum):
            drops.add(KIND, net, refusal, make)
            floor = min(drops.get_floor(KIND), 0.0)
        else:
            yield make()
    if below:
        drops.count("fees", below)


def _link(start: str, feed: Feed) -> dict[str, Link]:
    """Everything that trades against the start currency; a rate that cannot be is 0."""
    links: dict[str, Link] = {}
    for quote in feed.quotes:
        if quote.quote == start:
            links[quote.asset] = Link(1 / quote.ask if quote.ask else 0.0, quote.bid, Listed(feed, quote), "buy")
        elif quote.asset == start:
            links[quote.quote] = Link(quote.bid, 1 / quote.ask if quote.ask else 0.0, Listed(feed, quote), "sell")
    return links


def _lay_out(one: Link, other: Link, middle: Listed, *, is_into: bool) -> tuple[tuple[Listed, Side], ...]:
    first, last = (one, other) if is_into else (other, one)
    back: Side = "sell" if last.side_there == "buy" else "buy"
    return (first.listed, first.side_there), (middle, "buy" if is_into else "sell"), (last.listed, back)


def _make(
    asset: str, start: str, cycle: tuple[tuple[Listed, Side], ...], gross_bps: float, net_bps: float
) -> Candidate:
    legs = tuple(refer(listed, side) for listed, side in cycle)
    return Candidate(KIND, asset, start, legs, gross_bps, net_bps)


def _check_rates(into: float, out_of: float, policy: Policy) -> Refusal | None:
    """Three mid prices that disagree this much are a suspension or bad data; both rates are above 0 here."""
    apart = sqrt(max(into / out_of, out_of / into)) - 1
    if apart > policy.identity_ratio_max:
        return "identity", {"ratio": apart, "ratio_max": policy.identity_ratio_max}
    return None


def measure(legs: Legs) -> Sizing:
    """Sizes count the first leg's quantity; what the others trade follows from what it leaves."""
    first = legs[0]
    return Sizing(
        lot=first.instrument.lot_asset,
        price=first.entry.top if first.side == "buy" else Decimal(1),
        most=first.entry.depth,
        legs=(first,),
    )


def value(legs: Legs, size: Decimal, _now: int, _policy: Policy) -> Edge:
    """The edge of a cycle whose first leg trades `size`. Raises `Refused` for a thin book or too small an order."""
    _require_chain(legs)
    rates = [1 / leg.entry.top if leg.side == "buy" else leg.entry.top for leg in legs]
    # What the start currency gets in the end, at top of book, for one unit of what each leg spends; then for itself.
    worth = [rates[0] * rates[1] * rates[2], rates[1] * rates[2], rates[2], Decimal(1)]
    notional = size * legs[0].entry.top if legs[0].side == "buy" else size
    fills: list[Fill] = []
    fees: list[tuple[str, Decimal]] = []
    slippages: list[tuple[str, Decimal]] = []
    rounding = held = Decimal(0)
    for place, leg in enumerate(legs):
        quantity = _fit(leg, held) if place else size
        fill = leg.entry.fill(quantity)
        spent, received = (fill.cash, quantity) if leg.side == "buy" else (quantity, fill.cash)
        if place:
            rounding -= (held - spent) * worth[place]
            loss = spent * worth[place] - received * worth[place + 1]
        else:
            # The first quantity is given, so a worse price to buy at means that more is put in.
            loss = fill.slippage if leg.side == "buy" else fill.slippage * worth[1]
        fee = received * leg.fee.taker
        held = received - fee
        fills.append(fill)
        fees.append((f"fee_leg_{place + 1}", -fee * worth[place + 1]))
        slippages.append((f"slippage_leg_{place + 1}", -loss))
    return build_edge(
        gross=notional * (worth[0] - 1),
        costs=[*fees, *slippages, (ROUNDING, rounding)],
        fills=tuple(fills),
        notional=notional,
        size=fills[1].size,
    )


def _fit(leg: LegTerms, held: Decimal) -> Decimal:
    """The quantity of a leg that spends what is held, floored to its lot."""
    lot = leg.instrument.lot_asset
    quantity = floor_to_lot(leg.entry.afford(held) if leg.side == "buy" else held, lot)
    require_size(leg, quantity, lot)
    return quantity


def _require_chain(legs: Legs) -> None:
    """Each leg must receive the very coin the next one spends: a thousand of a coin under another ticker is not it."""
    for number, (leg, following) in enumerate(pairwise(legs), 1):
        received = leg.instrument.base if leg.side == "buy" else leg.instrument.quote
        spent = following.instrument.quote if following.side == "buy" else following.instrument.base
        if received != spent:
            raise Refused("identity", leg=number)
