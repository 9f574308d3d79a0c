"""What a technical opportunity rests on: rule, entry, target and stop, and the rule's record beside them."""

from arbedge.app.views import OpportunityView, SignalView
from arbedge.entrypoints.telegram.html import quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import render_age, render_bps, render_price, render_time


def render_signal(view: OpportunityView) -> str:
    """All of it; empty for an arbitrage that no signal has to do with."""
    signal = view.signal
    if signal is None:
        return _render_confirmation(view)
    record = signal.record
    made = (
        f"The rule's record: {record.trades:,} trades, {record.hit_rate:.0%} ended above costs; a trade made"
        f" {render_bps(record.gross_bps)} bps gross, {render_bps(record.net_bps)} after two fees"
        f" (standard error {record.error_bps:.1f})"
    )
    walked = (
        f"Walked forward over {record.bars:,} candles of {record.instruments} perpetuals,"
        f" {render_time(record.since, 'D')} to {render_time(record.until, 'D')}"
    )
    return "\n".join(
        [
            f"<b>{words.name_rule(signal.rule)}</b>, hourly candles · {_render_prices(signal)} {quote(view.quote)}",
            f"Enter until {render_time(signal.enter_by, 'T')}; given up {render_time(signal.ends_at)}",
            made,
            walked,
            f"Candles read {render_age(signal.age_ms)} ago, source {quote(signal.source)}, mode {quote(signal.mode)}",
            "A forecast, not an arbitrage: any single one may end at its stop.",
        ]
    )


def render_signal_line(view: OpportunityView) -> str:
    """Short, for a list."""
    signal = view.signal
    if signal is None:
        return ""
    record = signal.record
    return (
        f"\n{words.name_rule(signal.rule)} · {_render_prices(signal)}\n"
        f"record {record.trades:,} trades, {record.hit_rate:.0%} hits"
    )


def _render_prices(signal: SignalView) -> str:
    prices = (signal.entry, signal.target, signal.stop)
    entry, target, stop = map(render_price, prices)
    return f"entry {entry}, target {target}, stop {stop}"


def _render_confirmation(view: OpportunityView) -> str:
    if not view.confirmed_by:
        return ""
    rules = ", ".join(words.name_rule(rule) for rule in view.confirmed_by)
    return f"Confirmed by a technical signal for its first leg: {quote(rules, 100)}"
