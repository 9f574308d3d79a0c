"""Recomputes a net edge from the API's detail alone, as a trader would who has nothing else. Shares no product code."""

from decimal import Decimal as D
from math import gcd
from typing import Any

HOUR_MS = 3_600_000

Side = list[list[str]]


def recompute_shown(one: dict[str, Any]) -> D:
    """Net bps from the books, fees, lots and rates that are shown, at the size and horizon that are said."""
    size_quote = D(one["valued"]["size_usdt"]) * D(one["valued"]["usdt_in_quote"])
    return _of_cycle(one, size_quote) if one["type"] == "triangular" else _of_pair(one, size_quote)


def _of_pair(one: dict[str, Any], size_quote: D) -> D:
    buy, sell = one["legs"]
    asks, bids = one["books"]
    lot = _common(D(buy["rules"]["lot_size"]), D(sell["rules"]["lot_size"]))
    size = size_quote / D(asks[0][0]) // lot * lot
    assert size == D(one["size_base"]) == D(buy["quantity"]) == D(sell["quantity"])
    notional = size * D(asks[0][0])
    cash = _cash(bids, size) * (1 - _fee(sell)) - _cash(asks, size) * (1 + _fee(buy))
    if one["type"] == "cross_exchange":
        cash -= notional * 2 / 10_000
    else:
        out, back = one["exit_books"]
        cash += _cash(out, size) * (1 - _fee(buy)) - _cash(back, size) * (1 + _fee(sell))
        cash += _funding(sell, size, one) - _funding(buy, size, one)
    return cash / notional * 10_000


def _of_cycle(one: dict[str, Any], size_quote: D) -> D:
    held = spent = notional = D(0)
    for leg, levels in zip(one["legs"], one["books"], strict=True):
        lot, top, is_first = D(leg["rules"]["lot_size"]), D(levels[0][0]), not spent
        quantity = held // lot * lot
        if is_first:
            quantity = (size_quote / top if leg["side"] == "buy" else size_quote) // lot * lot
            spent = _cash(levels, quantity) if leg["side"] == "buy" else quantity
            notional = quantity * top if leg["side"] == "buy" else quantity
        elif leg["side"] == "buy":
            quantity = held / top // lot * lot
            while _cash(levels, quantity) > held:
                quantity -= lot
        assert quantity == D(leg["quantity"])
        held = (quantity if leg["side"] == "buy" else _cash(levels, quantity)) * (1 - _fee(leg))
    return (held - spent) / notional * 10_000


def _funding(leg: dict[str, Any], size: D, one: dict[str, Any]) -> D:
    """What a short of this leg is paid: settlements after the scan, up to the end of the horizon."""
    rate = leg["funding"]
    if rate is None:
        return D(0)
    at, count = rate["next_at"], 0
    while at <= one["valued"]["at"]:
        at += round(rate["interval_h"] * HOUR_MS)
    while at <= one["valued"]["at"] + one["horizon_h"] * HOUR_MS:
        at, count = at + round(rate["interval_h"] * HOUR_MS), count + 1
    assert count == rate["settlements"]
    return size * D(str(rate["mark"])) * D(str(rate["rate"])) * count


def _fee(leg: dict[str, Any]) -> D:
    return D(str(leg["fee_bps"])) / 10_000


def _cash(levels: Side, size: D) -> D:
    left, cash = size, D(0)
    for price, available in levels:
        taken = min(left, D(available))
        left, cash = left - taken, cash + taken * D(price)
    assert not left, "the book that is shown is too thin for the size"
    return cash


def _common(a: D, b: D) -> D:
    scale = D(1).scaleb(min(int(a.as_tuple().exponent), int(b.as_tuple().exponent)))
    one, other = int(a / scale), int(b / scale)
    return D(one * other // gcd(one, other)) * scale
