"""Equal to TA-Lib on recorded candles, row by row, warm-up and gaps included; to the definition where it has none."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isclose, isnan, log, sqrt
from typing import Any

import pytest

from arbedge.domain.candles import Candle, CandleSeries, build_series
from arbedge.domain.indicators import AllIndicators, Reading, compute
from tests.unit.domain.candle_builders import HOUR, MINUTE, load_recorded, needs_recordings

talib = pytest.importorskip("talib", reason="the peer library is a development dependency (requirements/dev.in)")
np = pytest.importorskip("numpy")

pytestmark = needs_recordings

NAMES = [name for name in Reading.__struct_fields__ if name != "start"]
TOLERANCE = 1e-9

DEPEG = "minute_2023-03_usdc_depeg"


def load(name: str) -> CandleSeries:
    market, _, symbol = name.partition(":")
    if market == "kraken":
        return load_recorded(f"{DEPEG}/kraken_{symbol}_1m", MINUTE)
    if market == "binanceus":
        minutes = load_recorded(f"{DEPEG}/binanceus_{symbol}_1m", MINUTE)
        return build_series(minutes.candles[-4000:], MINUTE)
    return load_recorded(f"klines_1h_perp_{market}", HOUR, symbol)


@pytest.fixture(
    scope="module",
    params=[
        "binance:BTCUSDT",
        "binance:DOGEUSDT",
        "bybit:ETHUSDT",
        "okx:SOL-USDT-SWAP",
        "binanceus:BTCUSDC",
        "kraken:BTCUSDC",
    ],
)
def readings(request) -> tuple[CandleSeries, list[Reading | None]]:
    series = load(request.param)
    return series, compute(series, AllIndicators(series.interval_ms))


def columns(run: Sequence[Candle]) -> dict[str, Any]:
    return {name: np.array([getattr(bar, name) for bar in run]) for name in ("open", "high", "low", "close", "volume")}


def definition_of_ewma(run: Sequence[Candle]) -> list[float]:
    squares = [log(after.close / before.close) ** 2 for before, after in pairwise(run)]
    found = [float("nan")] * len(run)
    for index in range(20, len(run)):
        weights = [0.94**age * (0.06 if age < index - 20 else 1 / 20) for age in range(index - 20)]
        recent = sum(weight * square for weight, square in zip(weights, squares[index - 1 :: -1], strict=False))
        found[index] = sqrt(recent + 0.94 ** (index - 20) * sum(squares[:20]) / 20)
    return found


def definition_of_realised(run: Sequence[Candle]) -> list[float]:
    returns = [log(after.close / before.close) for before, after in pairwise(run)]
    return [
        sqrt(sum(one * one for one in returns[index - 20 : index]) / 20) if index >= 20 else float("nan")
        for index in range(len(run))
    ]


def deviations(volume: Any) -> Any:
    """Numpy's own two-pass mean and deviation: TA-Lib's one-pass variance is too rough for volumes."""
    found = np.full(len(volume), np.nan)
    if len(volume) >= 20:
        windows = np.lib.stride_tricks.sliding_window_view(volume, 20)
        spread = windows.std(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found[19:] = np.where(spread > 0, (volume[19:] - windows.mean(axis=1)) / spread, np.nan)
    return found


REFERENCE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "sma": lambda c: talib.SMA(c["close"], 20),
    "ema": lambda c: talib.EMA(c["close"], 20),
    "rsi": lambda c: talib.RSI(c["close"], 14),
    "macd": lambda c: list(zip(*talib.MACD(c["close"], 12, 26, 9), strict=True)),
    "bollinger": lambda c: list(zip(*talib.BBANDS(c["close"], 20, 2, 2), strict=True)),
    "atr": lambda c: talib.ATR(c["high"], c["low"], c["close"], 14),
    "momentum": lambda c: talib.MOM(c["close"], 10),
    "volume_z": lambda c: deviations(c["volume"]),
}


def flatten(value: Any) -> list[float]:
    """A value's numbers; TA-Lib says NaN where ours is None."""
    if value is None:
        return [float("nan")]
    if hasattr(value, "__struct_fields__"):
        return [getattr(value, name) for name in value.__struct_fields__]
    return list(value) if isinstance(value, tuple) else [float(value)]


@pytest.mark.parametrize("name", NAMES)
def test_equal_to_the_reference(readings, name):
    series, found = readings
    expected: list[Any] = []
    for run in series.runs:
        if name == "volatility_ewma":
            expected += definition_of_ewma(run[:400]) + [None] * max(0, len(run) - 400)
        elif name == "volatility_realised":
            expected += definition_of_realised(run)
        else:
            expected += list(REFERENCE[name](columns(run)))
    assert len(found) == len(expected)
    compared = 0
    for bar, reading, wanted in zip(series.candles, found, expected, strict=True):
        if wanted is None:
            continue
        ours, theirs = flatten(getattr(reading, name)), flatten(wanted)
        # Distances of prices are as exact as the prices they are taken of.
        scale = max(1.0, bar.close) if name in {"macd", "bollinger", "sma", "ema", "atr"} else 1.0
        if isnan(ours[0]):
            assert all(map(isnan, theirs)), (bar.start, wanted)
            continue
        for mine, other in zip(ours, theirs, strict=True):
            assert isclose(mine, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE * scale), (bar.start, ours, theirs)
        compared += 1
    assert compared > 100


def test_the_recordings_contain_what_the_comparison_is_about():
    assert len(load("kraken:BTCUSDC").gaps) > 1000
    assert len(load("binance:BTCUSDT").gaps) == 1
    flat = [bar for bar in load("binanceus:BTCUSDC").candles if bar.high == bar.low]
    assert len(flat) > 100
