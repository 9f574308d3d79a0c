"""Which recordings can be replayed, and how each is read from its files."""

import csv
import gzip
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TextIO, cast

from scripts.sandbox.market.listings import Listing, build_listing
from scripts.sandbox.market.recorded import Recording, Track
from scripts.sandbox.market.series import BarSeries, RecordedBar, TickSeries, agree_on_walk
from scripts.sandbox.market.source import Top
from scripts.sandbox.market.universe import EXCHANGES, Asset, ExchangeName, MarketKind

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
TICK_STEP_MS = 200
PERP_TIERS = {"BTC": 0, "ETH": 0, "SOL": 1, "DOGE": 1, "HYPE": 1}
SPREAD_AND_DEPTH = "the spread and all sizes of the books"


class MissingFixturesError(ValueError):
    """Recorded data is not where it is looked for."""


def open_rows(fixtures: Path, file: str) -> Iterator[dict[str, str]]:
    with open_text(fixtures, file) as lines:
        yield from csv.DictReader(lines)


def open_text(fixtures: Path, file: str) -> TextIO:
    path = fixtures / "market" / file
    if not path.exists():
        raise MissingFixturesError(f"recorded data is missing: {path}. Point ARBEDGE_FIXTURES to the fixtures folder.")
    return cast("TextIO", gzip.open(path, "rt", encoding="utf-8"))


def listing_at(
    exchange: ExchangeName, kind: MarketKind, name: str, quote: str, price: float, tier: int, quote_price: float = 1.0
) -> Listing:
    """An instrument with tick and lot for the price of its time."""
    asset = Asset(name, price, tier, "byo", "byo")
    return build_listing(exchange, kind, asset, quote, quote_price)


def read_bars(rows: Iterator[dict[str, str]], length_ms: int, unit: float, from_ms: int, to_ms: int) -> BarSeries:
    """`unit`: coins per unit of volume (contracts on OKX)."""
    bars: dict[int, RecordedBar] = {}
    for row in rows:
        start_ms = int(row["ts_ms"])
        if from_ms <= start_ms < to_ms:
            close = float(row["close"])
            turnover = float(row["volume"]) * unit * close
            bars[start_ms] = RecordedBar(float(row["open"]), float(row["high"]), float(row["low"]), close, turnover)
    return BarSeries(length_ms, bars)


def load_perps(fixtures: Path) -> Recording:
    """Five perpetuals on three exchanges, hourly, with what was charged for funding: 2025-12-06 to 2026-01-31."""
    first_ms, start_ms, end_ms = 1_764_936_000_000, 1_765_065_600_000, 1_769_817_600_000
    tracks: list[Track] = []
    files: list[str] = []
    for exchange in EXCHANGES:
        prices_file = f"series/klines_1h_perp_{exchange}.csv.gz"
        rates_file = f"series/funding_{exchange}_5coins_2025_2026.csv.gz"
        files += [prices_file, rates_file]
        prices, rates = list(open_rows(fixtures, prices_file)), list(open_rows(fixtures, rates_file))
        for coin, tier in PERP_TIERS.items():
            symbol = f"{coin}-USDT-SWAP" if exchange == "okx" else f"{coin}USDT"
            own = [row for row in prices if row["symbol"] == symbol]
            level = float(own[-1]["close"])
            listing = listing_at(exchange, "perp", coin, "USDT", level, tier)
            series = read_bars(iter(own), HOUR_MS, listing.ct_val, first_ms, end_ms + DAY_MS)
            charged = {
                round(int(row["ts_ms"]) / HOUR_MS) * HOUR_MS: float(row["funding_rate"])
                for row in rates
                if row["symbol"] == symbol and first_ms - DAY_MS <= int(row["ts_ms"]) <= end_ms + DAY_MS
            }
            interval_h = usual_interval_h(charged)
            tracks.append(Track(replace(listing, funding_interval_h=interval_h), series, charged))
    for coin in PERP_TIERS:
        agree_on_walk([t.series for t in tracks if t.listing.asset == coin and isinstance(t.series, BarSeries)])
    modelled = f"{SPREAD_AND_DEPTH}; prices between the hourly open, high, low and close"
    return Recording("perps", tracks, start_ms, end_ms, DAY_MS, True, files, modelled)


def usual_interval_h(rates: dict[int, float]) -> int:
    times = sorted(rates)
    gaps = Counter((later - earlier) // HOUR_MS for earlier, later in itertools.pairwise(times))
    return gaps.most_common(1)[0][0]


def load_ticks(fixtures: Path) -> Recording:
    """BTCUSDT on Binance spot and USD-M, best bid and ask as they were sent, 2024-08-08 23:54 to midnight."""
    spot_file = "ws/binance_spot_btcusdt_20240808_bookticker_trade.txt.gz"
    perp_file = "ws/binance_usdm_btcusdt_20240808_bookticker_trade.txt.gz"
    spot, perp = read_ticks(fixtures, spot_file), read_ticks(fixtures, perp_file)
    level = spot.at(spot.first_ms)
    tracks = [
        Track(listing_at("binance", "spot", "BTC", "USDT", level, 0), spot, {}),
        Track(listing_at("binance", "perp", "BTC", "USDT", level, 0), perp, {}),
    ]
    start_ms = -(-max(spot.first_ms, perp.first_ms) // 1000) * 1000
    end_ms = min(spot.last_ms, perp.last_ms) // 1000 * 1000
    modelled = "all levels behind the best; funding; candles' volume; times are the recorder's clock, 1.27 s behind"
    return Recording("ticks", tracks, start_ms, end_ms, 1000, True, [spot_file, perp_file], modelled)


def read_ticks(fixtures: Path, file: str) -> TickSeries:
    """Lines are `<local ns> <json>`; the last quote of each fifth of a second is kept."""
    kept: dict[int, Top] = {}
    with open_text(fixtures, file) as lines:
        for line in lines:
            stamp, _, text = line.partition(" ")
            if "@bookTicker" not in text[:60]:
                continue
            data = json.loads(text)["data"]
            at_ms = int(stamp) // 1_000_000 // TICK_STEP_MS * TICK_STEP_MS
            kept[at_ms] = (float(data["b"]), float(data["B"]), float(data["a"]), float(data["A"]))
    times = sorted(kept)
    return TickSeries(times, [kept[at_ms] for at_ms in times])


def load_depeg(fixtures: Path) -> Recording:
    """BTC against USDT and USDC by the minute while USDC lost its peg, 10 to 14 March 2023.

    Binance.US stands in for Binance, Kraken for Bybit; USDC against USDT follows from the two BTC prices of Binance.US.
    """
    folder = "series/minute_2023-03_usdc_depeg/"
    files = [f"{folder}{name}.csv.gz" for name in ("binanceus_BTCUSDT_1m", "binanceus_BTCUSDC_1m", "kraken_BTCUSDC_1m")]
    first_ms, start_ms, end_ms = 1_678_320_000_000, 1_678_474_800_000, 1_678_795_080_000
    usdt, usdc, kraken = (read_bars(open_rows(fixtures, file), MINUTE_MS, 1.0, first_ms, end_ms) for file in files)
    peg = BarSeries(MINUTE_MS, {t: ratio_bar(bar, usdc.bars[t]) for t, bar in usdt.bars.items() if t in usdc.bars})
    level = usdt.at(start_ms)
    tracks = [
        Track(listing_at("binance", "spot", "BTC", "USDT", level, 1), usdt, {}),
        Track(listing_at("binance", "spot", "BTC", "USDC", level, 1), usdc, {}),
        Track(listing_at("binance", "spot", "USDC", "USDT", 1.0, 1), peg, {}),
        Track(listing_at("bybit", "spot", "BTC", "USDC", level, 1), kraken, {}),
    ]
    modelled = f"{SPREAD_AND_DEPTH}; prices within a minute; USDC/USDT is BTC/USDT over BTC/USDC of the same minute"
    return Recording("depeg", tracks, start_ms, end_ms, HOUR_MS, False, files, modelled)


def ratio_bar(above: RecordedBar, below: RecordedBar) -> RecordedBar:
    opened, closed = above.open / below.open, above.close / below.close
    return RecordedBar(opened, max(opened, closed), min(opened, closed), closed, above.turnover)


RECORDINGS: dict[str, Callable[[Path], Recording]] = {"perps": load_perps, "ticks": load_ticks, "depeg": load_depeg}
