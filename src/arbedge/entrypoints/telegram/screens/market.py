"""The market at a glance, and one pair's price: every figure with who served it and how old it is."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode, urlsplit

from arbedge.app.market_overview import MarketOverview, MarketRegime, Movers, Sentiment, WholeMarket
from arbedge.app.market_views import FeedView, FundingRateView, show
from arbedge.app.price import DayView, PriceView
from arbedge.app.status import StatusView
from arbedge.entrypoints.telegram import callbacks
from arbedge.entrypoints.telegram.html import bold, escape, quote
from arbedge.entrypoints.telegram.screens import words
from arbedge.entrypoints.telegram.screens.figures import (
    render_age,
    render_money,
    render_percent,
    render_price,
    render_time,
)
from arbedge.entrypoints.telegram.screens.identity import render_why_quarantined
from arbedge.entrypoints.telegram.screens.layout import MENU, compose, table
from arbedge.entrypoints.telegram.screens.opportunities import render_scan
from arbedge.entrypoints.telegram.screens.status import find_stale
from arbedge.ports.messenger import Button, Screen

_BARS: Final = "▁▂▃▄▅▆▇█"
_USAGE: Final = "Which pair? For example /price BTC or /price ETH/USDC."


def render_market(overview: MarketOverview, status: StatusView, mode: str, now: int) -> Screen:
    stale = find_stale(status)
    blocks = [
        bold("Market"),
        f"⚠ Stale: {quote(', '.join(stale), 200)}" if stale else "All exchanges answer.",
        _render_regime(overview.regime),
        _render_movers(overview.movers),
        _render_coins(overview.coins, overview.sentiment),
        _render_funding("Funding, longs pay most", overview.funding_highest),
        _render_funding("Funding, shorts pay most", overview.funding_lowest),
        render_missing(overview.feeds),
        f"{render_scan(status.scan)} · as of {render_time(now, 'T')}",
    ]
    return compose(mode, blocks, [[Button("Refresh", data=callbacks.MARKET), MENU]])


def _render_regime(view: MarketRegime | None) -> str:
    """The word with what decided it: both ranks are against the coin's own past."""
    if view is None:
        return "Regime: not known, no exchange has the bars right now."
    one = view.regime
    kind = f"trend {one.direction}" if one.kind == "trend" else one.kind
    return (
        f"Regime of {quote(view.asset)}: {kind} · volatility above {one.volatility_rank:.0%} of its past, straightness"
        f" above {one.strength_rank:.0%}, hourly bars of {escape(words.name_place(view.exchange, view.market))}"
        f" · {_render_origin(view.source, view.age_ms)}"
    )


def _render_movers(movers: Movers | None) -> str:
    if movers is None:
        return "Breadth: not known yet, it needs scans at least a minute apart."
    window = render_age(movers.window_ms)
    counts = f"{movers.up} assets up, {movers.down} down, {movers.flat} flat"
    return f"Breadth over {window}: {counts} · {_render_origin(movers.source, movers.age_ms)}"


def _render_coins(coins: WholeMarket, sentiment: Sentiment) -> str:
    """CoinMarketCap's view, each part with its own age; one that is missing says why."""
    lines: list[str] = []
    if coins.market_cap_usd is None or coins.source is None or coins.age_ms is None:
        lines.append(f"Whole market: not available ({_explain(coins.reason)})")
    else:
        change = f", {coins.change_24h_percent:+.2f} % in 24 h" if coins.change_24h_percent is not None else ""
        lines.append(
            f"Whole market: {render_money(coins.market_cap_usd)} USD{change}, BTC {coins.btc_dominance_percent:.1f} %"
            f" · {_render_origin(coins.source, coins.age_ms)}"
        )
    if sentiment.value is None or sentiment.source is None or sentiment.age_ms is None:
        lines.append(f"Fear and greed: not available ({_explain(sentiment.reason)})")
    else:
        mood = f"Fear and greed: {sentiment.value} ({quote(sentiment.classification or '')})"
        lines.append(f"{mood} · {_render_origin(sentiment.source, sentiment.age_ms)}")
    return "\n".join([*lines, "by CoinMarketCap"])


def _explain(reason: str | None) -> str:
    return escape((reason or "no reason given").replace("_", " "))


def _render_funding(title: str, rates: Sequence[FundingRateView]) -> str:
    if not rates:
        return ""
    rows: list[tuple[str, str]] = []
    for one in rates:
        rows.append((f"{one.asset} {words.EXCHANGES[one.exchange]}", f"{render_percent(one.rate)}/{one.interval_h:g}h"))
        rows.append(("", f"{_render_origin(one.source, one.age_ms)}"))
    return f"{escape(title)}\n{table(rows)}"


def render_price_usage(mode: str) -> Screen:
    return compose(mode, [escape(_USAGE)], [[MENU]])


def render_price_screen(view: PriceView, mode: str, now: int, base_url: str | None) -> Screen:
    """`base_url` is where this deployment is reached; without one there is no chart page to point to."""
    pair = f"{view.asset}/{view.quote}"
    title = f"{bold(pair[:32])} · as of {render_time(now, 'T')}"
    missing = render_missing(view.missing)
    if not view.tickers:
        nothing = "No exchange that answers lists this pair." if missing else "No exchange lists this pair now."
        return compose(mode, [title, nothing, missing, escape(_USAGE)], [[MENU]])
    rows: list[tuple[str, str]] = []
    for one in view.tickers:
        place = f"{words.EXCHANGES[one.exchange]} {one.market}"
        rows.append((place, _render_origin(one.source, one.age_ms)))
        rows.append(("", f"{render_price(one.bid)} / {render_price(one.ask)}"))
    chart = chart_url(base_url, view.day) if base_url and view.day else None
    blocks = [
        title,
        f"Bid / ask in {quote(view.quote)} for one {quote(view.asset)}\n{table(rows)}",
        _render_day(view.day) if view.day else "No candles to be had right now.",
        missing,
        render_why_quarantined(view.quarantine),
        f"Chart: {escape(chart)}" if chart and not is_public(chart) else "",
    ]
    refresh = callbacks.price(view.asset, view.quote)
    buttons = [[Button("Chart", web_app=chart)]] if chart and is_public(chart) else []
    buttons.append([*([Button("Refresh", data=refresh)] if refresh else []), MENU])
    return compose(mode, blocks, buttons)


def _render_day(day: DayView) -> str:
    candles, instrument = day.candles.value.candles, day.instrument
    first, last = candles[0].open, candles[-1].close
    low, high = show(min(one.low for one in candles)), show(max(one.high for one in candles))
    place = words.name_place(instrument.exchange, instrument.market)
    gaps = f", {sum(gap.bars for gap in day.candles.value.gaps)} missing" if day.candles.value.gaps else ""
    return (
        f"<code>{render_sparkline([one.close for one in candles])}</code>\n"
        f"{len(candles)} h: {(last / first - 1) * 100:+.2f} %, low {render_price(low)}, high {render_price(high)}\n"
        f"Hourly candles{gaps} of {escape(place)} · {_render_origin(day.candles.source, day.candles.age_ms)}"
    )


def render_sparkline(values: Sequence[float]) -> str:
    """A bar of eighths for each value between the lowest and the highest; a level line in the middle."""
    low, high = min(values), max(values)
    if high == low:
        return _BARS[3] * len(values)
    return "".join(_BARS[min(7, int((value - low) / (high - low) * 8))] for value in values)


def render_missing(feeds: Sequence[FeedView]) -> str:
    names = [
        f"{words.name_place(one.exchange, one.market)} ({one.state.replace('_', ' ')})"
        for one in feeds
        if one.source is None
    ]
    return f"Not available: {quote(', '.join(names), 300)}" if names else ""


def chart_url(base_url: str, day: DayView) -> str:
    one = day.instrument
    wanted = urlencode({"exchange": one.exchange, "market": one.market, "symbol": one.symbol, "interval": "1h"})
    return f"{base_url}/chart?{wanted}"


def is_public(url: str) -> bool:
    """Telegram opens only pages that everyone can reach."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" and "." in host and not host.replace(".", "").isdigit()


def _render_origin(source: str, age_ms: int) -> str:
    return f"{source}, {render_age(age_ms)} old"
