"""Candles and 24 h figures, drawn from the price path of a source or taken from its recorded bars."""

from dataclasses import dataclass

from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.noise import signed, uniform
from scripts.sandbox.market.quotes import day_volume_usd, usd_per_quote
from scripts.sandbox.market.source import MarketSource

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
GRID_MS = 3 * HOUR_MS


@dataclass(slots=True)
class Candle:
    """Prices in ticks; `volume` in coins whatever the contract value, `turnover` in quote currency."""

    start_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: float
    turnover: float
    trades: int
    closed: bool


@dataclass(slots=True)
class DayFigures:
    """The last 24 h, prices in ticks; `volume` in coins of the instrument, `turnover` in quote currency."""

    open: int
    high: int
    low: int
    volume: float
    turnover: float
    trades: int


def build_candle(source: MarketSource, listing: Listing, start_ms: int, length_ms: int) -> Candle:
    """A candle that is over. Neighbours meet: one's close is the next one's open."""
    end_ms = start_ms + length_ms
    recorded = source.bar(listing, start_ms, end_ms)
    minutes = length_ms / 60_000
    key = listing.key + 11
    draw = start_ms // 1_000
    usual = day_volume_usd(listing) / usd_per_quote(listing) * (length_ms / DAY_MS)
    if recorded is not None:
        first, high, low, last, turnover = recorded
    else:
        first, last = source.path(listing, start_ms), source.path(listing, end_ms)
        inner = [source.path(listing, start_ms + length_ms * part // 4) for part in (1, 3)]
        wick = 0.00012 * min(8.0, minutes**0.5)
        high = max(first, last, *inner) * (1.0 + wick * uniform(key, draw))
        low = min(first, last, *inner) * (1.0 - wick * uniform(key + 1, draw))
        turnover = usual * (1.0 + 0.7 * signed(key + 2, draw))
    tick = listing.tick
    return Candle(
        start_ms=start_ms,
        open=max(1, round(first / tick)),
        high=max(1, round(high / tick)),
        low=max(1, round(low / tick)),
        close=max(1, round(last / tick)),
        volume=turnover / last,
        turnover=turnover,
        trades=1 + int(turnover * usd_per_quote(listing) / 900),
        closed=True,
    )


def open_candle(
    source: MarketSource, listing: Listing, start_ms: int, length_ms: int, now_ms: int, last: int
) -> Candle:
    """The candle under way: it closes at the last trade and has the volume of the time gone by."""
    elapsed_ms = max(1_000, now_ms - start_ms)
    candle = build_candle(source, listing, start_ms, elapsed_ms)
    candle.close = last
    candle.high = max(candle.high, last)
    candle.low = min(candle.low, last)
    candle.closed = False
    return candle


def build_day(source: MarketSource, listing: Listing, t_ms: int) -> DayFigures:
    """`t_ms` is a whole minute, so that all exchanges share the prices looked up."""
    tick = listing.tick
    first_grid_ms = ((t_ms - DAY_MS) // GRID_MS + 1) * GRID_MS
    samples = [source.path(listing, at_ms) for at_ms in range(first_grid_ms, t_ms + 1, GRID_MS)]
    first = source.path(listing, t_ms - DAY_MS)
    high, low = max(first, *samples), min(first, *samples)
    turnover = day_volume_usd(listing) / usd_per_quote(listing) * (1.0 + 0.05 * signed(listing.key, t_ms // HOUR_MS))
    return DayFigures(
        open=max(1, round(first / tick)),
        high=max(1, round(high / tick)),
        low=max(1, round(low / tick)),
        volume=turnover * 2 / (high + low),
        turnover=turnover,
        trades=1 + int(turnover * usd_per_quote(listing) / 900),
    )
