"""Signals and their records: a long BTC perpetual on Binance, entered at 100 with an ATR of 2, well backed."""

from typing import Any

from arbedge.domain.market import Side
from arbedge.domain.technical.signals import BackedSignal, Place, Signal, Signals
from arbedge.domain.technical.walk_forward import Evidence, place_exits
from tests.unit.domain.builders import HOUR, NOW

BAR = NOW - NOW % HOUR - HOUR  # the last one that is over


def place(**changes: Any) -> Place:
    fields: dict[str, Any] = {
        "exchange": "binance",
        "market": "perp",
        "symbol": "BTCUSDT",
        "asset": "BTC",
        "quote": "USDT",
        "source": "api",
        "read_at": NOW - 60_000,
        "mode": "synthetic",
    }
    return Place(**(fields | changes))


def signal(side: Side = "buy", *, entry: float = 100.0, atr: float = 2.0, at: Place | None = None, **changes) -> Signal:
    target, stop = place_exits(side, entry, atr)
    bar = changes.pop("bar", BAR)
    fields: dict[str, Any] = {
        "rule": "momentum",
        "bar": bar,
        "enter_by": bar + 2 * HOUR,
        "ends_at": bar + 25 * HOUR,
        "target": target,
        "stop": stop,
    }
    return Signal(side=side, entry=entry, atr=atr, at=at or place(), **(fields | changes))


def evidence(**changes) -> Evidence:
    fields: dict[str, Any] = {
        "rule": "momentum",
        "trades": 100,
        "hits": 60,
        "gross_bps": 80.0,
        "net_bps": 70.0,
        "error_bps": 10.0,
        "instruments": 12,
        "bars": 8628,
        "since": NOW - 720 * HOUR,
        "until": NOW,
    }
    return Evidence(**(fields | changes))


def backed(one: Signal | None = None, **changes) -> BackedSignal:
    one = one or signal()
    return BackedSignal(one, evidence(rule=one.rule, **changes))


def batch(*told: Signal, **changes) -> Signals:
    return Signals(NOW, {one.rule: evidence(rule=one.rule, **changes) for one in told}, told)
