"""The order books that decided, as far as the size takes them, with the sums that a waterfall is made of."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from arbedge.app.leg_views import LegView
from arbedge.app.views import OpportunityDetail
from arbedge.domain.policy import HELD_TYPES
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import plain, render_money, render_price, render_time
from arbedge.entrypoints.telegram.screens.layout import MENU, TABLE_COLUMNS, compose, table
from arbedge.entrypoints.telegram.screens.waterfall import render_refused, render_worth
from arbedge.ports.messenger import Button, Screen

_LEVELS_SHOWN: Final = 8
_DIGITS: Final = 8
_BPS: Final = 10_000

Side = Sequence[tuple[Decimal, Decimal]]


def render_books(view: OpportunityDetail, place: callbacks.Place, size_usdt: int | None) -> Screen:
    """What each leg takes of its book, best price first; `size_usdt` is the size picked on the panel it came from."""
    title = f"{bold(view.asset)} · {quote(words.name_type(view.type))} · the books"
    exits = view.exit_books or [()] * len(view.legs)
    blocks = [
        title,
        f"What the size takes of each book, as they were {render_time(view.valued.at, 'T')}",
        render_refused(view.valued),
        *(_render_leg(leg, entry, exit_) for leg, entry, exit_ in zip(view.legs, view.books, exits, strict=True)),
        _render_sum(view),
        render_worth(view),
        "All recorded levels and each lot are in the API's detail of it.",
    ]
    back = callbacks.detail_at(view.id, size_usdt, place) if size_usdt else callbacks.detail(view.id, place)
    return compose(view.mode, blocks, [[Button("Back to it", data=back), MENU]])


def _render_leg(leg: LegView, entry: Side, exit_: Side) -> str:
    place = quote(words.name_place(leg.exchange, leg.market), 40)
    side = f"<b>{words.name_side(leg.market, leg.side)} {place}</b>"
    lines = [
        f"{side} <code>{quote(leg.symbol)}</code>, {plain(leg.quantity)} {quote(leg.asset)}",
        _render_fill(leg, entry, leg.side),
    ]
    if exit_:
        lines.append("closed at the other side")
        lines.append(_render_fill(leg, exit_, "sell" if leg.side == "buy" else "buy"))
    if leg.funding:
        lines.append(_render_funding(leg))
    return "\n".join(lines)


def _take(levels: Side, quantity: Decimal) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Price, what is taken, and what there is, level by level."""
    taken: list[tuple[Decimal, Decimal, Decimal]] = []
    left = quantity
    for price, size in levels:
        if left <= 0:
            break
        taken.append((price, min(left, size), size))
        left -= size
    return taken


def _render_fill(leg: LegView, levels: Side, side: str) -> str:
    taken = _take(levels, leg.quantity)
    cash = sum((price * size for price, size, _ in taken), Decimal(0))
    rows = [row for level in taken[:_LEVELS_SHOWN] for row in _render_level(*level)]
    if (more := len(taken) - _LEVELS_SHOWN) > 0:
        rows.append((f"and {more} more levels", ""))
    verb = "paid" if side == "buy" else "received"
    is_in_asset = (leg.market, side) == ("spot", "buy")
    fee = (leg.quantity if is_in_asset else cash) * Decimal(str(leg.fee_bps)) / _BPS
    currency = quote(leg.asset if is_in_asset else leg.quote, 20)
    worth = f" = {_short(cash * Decimal(str(leg.fee_bps)) / _BPS)} {quote(leg.quote, 20)}" if is_in_asset else ""
    return f"{table(rows)}\n{verb} {_short(cash)} {quote(leg.quote, 20)}, fee {_short(fee)} {currency}{worth}"


def _render_level(price: Decimal, size: Decimal, there: Decimal) -> list[tuple[str, str]]:
    """A row, or two where one would cut the price short."""
    left, right = render_price(price), f"{_short(size)} of {_short(there)}"
    if len(left) + len(right) < TABLE_COLUMNS:
        return [(left, right)]
    return [(left, _short(size)), ("", f"of {_short(there)}")]


def _render_funding(leg: LegView) -> str:
    funding = leg.funding
    if funding is None:
        return ""
    paid = leg.quantity * Decimal(str(funding.mark)) * Decimal(str(funding.rate)) * funding.settlements
    received = paid if leg.side == "sell" else -paid
    return (
        f"funding {funding.rate * 100:+.6g} % on a mark of {render_price(Decimal(str(funding.mark)))},"
        f" counted {funding.settlements} times:"
        f" {'received' if received >= 0 else 'paid'} {_short(abs(received))} {quote(leg.quote, 20)}"
    )


def _render_sum(view: OpportunityDetail) -> str:
    """How the lines above come to the net, in words: the waterfall has the same in bps."""
    over = f"over {render_money(view.size_quote)} {quote(view.quote)}, the size at top of book"
    if view.type == "triangular":
        return f"Net is what the last leg leaves after its fee, less what the first one was paid, {over}."
    if view.type == "technical":
        return "Gross is the rule's record, not these books; they give its fees, spread and slippage."
    if view.type in HELD_TYPES:
        return f"Net is all that is received, less all that is paid, funding included, less the fees, {over}."
    return f"Net is what is received, less what is paid, less the fees, less the transfer, {over}."


def _short(amount: Decimal) -> str:
    """Eight significant digits, no exponent."""
    if not amount:
        return "0"
    step = amount.adjusted() - _DIGITS + 1
    return plain(amount.quantize(Decimal(1).scaleb(min(step, 0))))
