"""Indicators of 500 instruments over 500 candles each, beside TA-Lib (C) and pandas-ta (pandas) on the same series.

Every one computes the same ten; where a peer has no such function it is composed of those it has.
"""

import importlib
import random
from collections.abc import Callable
from functools import partial
from typing import Any

from arbedge.domain.candles import Candle, CandleSeries, build_series
from arbedge.domain.indicators import AllIndicators, compute
from scripts.bench.rows import Row, best_ms

INSTRUMENTS = 500
CANDLES = 500
MINUTE_MS = 60_000
FIRST_START = 1_795_300_020_000
COLUMNS = ("open", "high", "low", "close", "volume")


def build_market(instruments: int, candles: int, rng: random.Random) -> list[CandleSeries]:
    market: list[CandleSeries] = []
    for _ in range(instruments):
        price = 10 ** rng.uniform(-3, 5)
        bars: list[Candle] = []
        for index in range(candles):
            first, price = price, price * (1 + rng.gauss(0, 0.002))
            top, bottom = max(first, price) * 1.0005, min(first, price) * 0.9995
            volume = rng.lognormvariate(3, 1)
            start = FIRST_START + index * MINUTE_MS
            bars.append(Candle(start, first, top, bottom, price, volume, is_closed=True, mode="synthetic"))
        market.append(build_series(bars, MINUTE_MS))
    return market


def run_ours(market: list[CandleSeries]) -> None:
    for series in market:
        compute(series, AllIndicators(series.interval_ms))


def run_talib(talib: Any, numpy: Any, tables: list[dict[str, Any]]) -> None:
    for table in tables:
        close, volume = table["close"], table["volume"]
        talib.SMA(close, 20)
        talib.EMA(close, 20)
        talib.RSI(close, 14)
        talib.MACD(close, 12, 26, 9)
        talib.BBANDS(close, 20, 2, 2)
        talib.ATR(table["high"], table["low"], close, 14)
        talib.MOM(close, 10)
        squares = numpy.diff(numpy.log(close)) ** 2
        numpy.sqrt(talib.SMA(squares, 20))
        numpy.sqrt(talib.EMA(squares, 20))
        _ = (volume - talib.SMA(volume, 20)) / talib.STDDEV(volume, 20)


def run_pandas_ta(pandas_ta: Any, frames: list[Any]) -> None:
    for frame in frames:
        close = frame["close"]
        pandas_ta.sma(close, length=20, talib=False)
        pandas_ta.ema(close, length=20, talib=False)
        pandas_ta.rsi(close, length=14, talib=False)
        pandas_ta.macd(close, fast=12, slow=26, signal=9, talib=False)
        pandas_ta.bbands(close, length=20, std=2, talib=False)
        pandas_ta.atr(frame["high"], frame["low"], close, length=14, talib=False)
        pandas_ta.mom(close, length=10, talib=False)
        squares = pandas_ta.log_return(close, length=1) ** 2
        _ = pandas_ta.sma(squares, length=20, talib=False) ** 0.5
        _ = pandas_ta.ema(squares, length=20, talib=False) ** 0.5
        pandas_ta.zscore(frame["volume"], length=20, talib=False)


def find_peers(market: list[CandleSeries]) -> dict[str, Callable[[], None]]:
    """The peers that are installed, each ready to run on the market in the form it wants."""
    peers: dict[str, Callable[[], None]] = {}
    try:
        numpy = importlib.import_module("numpy")
        tables = [
            {name: numpy.array([getattr(bar, name) for bar in series.candles]) for name in COLUMNS} for series in market
        ]
        peers["TA-Lib"] = partial(run_talib, importlib.import_module("talib"), numpy, tables)
        pandas, pandas_ta = importlib.import_module("pandas"), importlib.import_module("pandas_ta_classic")
        peers["pandas-ta"] = partial(run_pandas_ta, pandas_ta, [pandas.DataFrame(table) for table in tables])
    except ImportError as missing:
        print(f"indicators without some peers: {missing}")
    return peers


def measure(runs: int = 3) -> list[Row]:
    market = build_market(INSTRUMENTS, CANDLES, random.Random(7))
    ours_ms = best_ms(lambda: run_ours(market), runs)
    bars = INSTRUMENTS * CANDLES
    name = f"ten indicators, {INSTRUMENTS} instruments x {CANDLES} candles"
    note = f"pure Python, {ours_ms * 1000 / bars:.1f} us a candle, so {ours_ms / CANDLES:.1f} ms for the next of each"
    peers = {peer: best_ms(run, runs) for peer, run in find_peers(market).items()}
    if not peers:
        return [Row(area="indicators", name=name, figure=ours_ms, unit="ms", note=f"{note}; no peer installed")]
    return [
        Row(area="indicators", name=name, figure=ours_ms, unit="ms", peer=peer_ms, peer_name=peer, note=note)
        for peer, peer_ms in peers.items()
    ]
