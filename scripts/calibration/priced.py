"""Recordings of prices without quotes (candles), and snapshots of a whole market at one instant."""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from arbedge.adapters.exchanges.bybit import wire as bybit_wire
from arbedge.domain.decision import LegKey
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Funding, Market, Ticker
from scripts.calibration.building import FUNDING_LAST, LOTS, charge_last, key_of, make_instrument
from scripts.calibration.tape import About, Frame, RecordedTape, Row, level
from scripts.sandbox.market.recorded import Recording
from scripts.sandbox.market.recordings import MissingFixturesError, listing_at, load_depeg, load_perps
from scripts.sandbox.market.series import BarSeries

PRICES_ONLY = (
    "bid and ask: the last price of each {bar} stands for the bid and one tick above it for the ask, whether or not "
    "anyone would have traded there at its end; sizes: what was traded in that {bar}"
)
BINANCE_FILE = "snapshots/binance_spot_ticker24hr_all.json.gz"
BYBIT_FILES: dict[Market, str] = {
    "spot": "snapshots/bybit_v5_tickers_spot.json.gz",
    "perp": "snapshots/bybit_v5_tickers_linear.json.gz",
}
BYBIT_LIST = "snapshots/bybit_instruments_linear.json.gz"
BINANCE_AT, BYBIT_AT = 1_737_218_097_000, 1_692_163_162_000
QUOTES = ("USDT", "USDC", "FDUSD", "TUSD", "TRY", "EUR", "BTC", "ETH", "BNB", "BRL", "JPY")


def read_recording(recording: Recording, about: About, interval_h: Mapping[LegKey, int]) -> RecordedTape:
    """Every bar in which something was traded is a frame at its end."""
    instruments: dict[LegKey, Instrument] = {}
    frames: dict[int, dict[LegKey, Row]] = {}
    for track in recording.tracks:
        series = track.series
        if not isinstance(series, BarSeries):
            raise TypeError(f"{recording.name}: {track.listing.symbol} is no series of bars")
        instrument = make_instrument(track.listing)
        key = key_of(instrument)
        instruments[key] = instrument
        charged = sorted(track.rates.items())
        for start, bar in series.bars.items():
            at = start + series.length_ms
            if not bar.turnover or at < recording.start_ms:
                continue
            held = f"{bar.turnover / bar.close:.9g}"
            funding = charge_last(charged, at, interval_h[key], bar.close) if key in interval_h else None
            bid, ask = level(bar.close, held), level(f"{bar.close + track.listing.tick:.12g}", held)
            frames.setdefault(at, {})[key] = Row([bid], [ask], at, funding)
    return RecordedTape(about, instruments, sorted(frames), lambda at: frames[at])


def load_hours(fixtures: Path) -> RecordedTape:
    recording = load_perps(fixtures)
    interval_h = {key_of(make_instrument(one.listing)): one.listing.funding_interval_h for one in recording.tracks}
    about = About(
        name="hours",
        title="five perpetuals on Binance, Bybit and OKX, 2025-12-07 to 2026-01-31",
        files=tuple(recording.files),
        resolution="an hour: neither +5 s nor +60 s is recorded",
        has="hourly prices and volumes; funding that was charged",
        lacks=f"{PRICES_ONLY.format(bar='hour')}; {FUNDING_LAST}; {LOTS}",
        types=("funding",),
        judged_step=None,
    )
    return read_recording(recording, about, interval_h)


def load_depegging(fixtures: Path) -> RecordedTape:
    recording = load_depeg(fixtures)
    about = About(
        name="depeg",
        title="BTC against USDC on Binance.US and Kraken while USDC lost its peg, 2023-03-10 to 2023-03-14",
        files=tuple(recording.files),
        resolution="a minute: +60 s is recorded, +5 s is not",
        has="prices and volumes of each minute; Binance.US stands for Binance and Kraken for Bybit, with their fees",
        lacks=f"{PRICES_ONLY.format(bar='minute')}; USDC/USDT, which is BTC/USDT over BTC/USDC of the same minute on "
        f"Binance.US; {LOTS}",
        types=("cross_exchange",),
        judged_step="after_60s",
    )
    return read_recording(recording, about, {})


def load_binance_instant(fixtures: Path) -> RecordedTape:
    rows = _read_json(fixtures, BINANCE_FILE)
    instruments: dict[LegKey, Instrument] = {}
    frame: dict[LegKey, Row] = {}
    for row in rows:
        figures = tuple(float(row[name]) for name in ("bidPrice", "bidQty", "askPrice", "askQty"))
        quote = next((one for one in QUOTES if row["symbol"].endswith(one)), None)
        if quote is None or not all(figures):
            continue
        instrument = _list(row["symbol"], "binance", "spot", quote, figures[0])
        instruments[key_of(instrument)] = instrument
        frame[key_of(instrument)] = Row([level(*figures[:2])], [level(*figures[2:])], BINANCE_AT)
    about = About(
        name="binance",
        title="all spot instruments of Binance at one instant, 2025-01-18 16:34:57",
        files=(BINANCE_FILE,),
        resolution="one instant: two scans cannot agree, so nothing can be told, and nothing after it is recorded",
        has="best bid and ask with their sizes",
        lacks=f"all levels behind the best; {LOTS}",
        types=("triangular",),
        judged_step=None,
    )
    return _at_one_instant(about, instruments, frame, BINANCE_AT)


def load_bybit_instant(fixtures: Path) -> RecordedTape:
    listed = _read_json(fixtures, BYBIT_LIST)["result"]["list"]
    intervals_h = {one["symbol"]: one["fundingInterval"] / 60 for one in listed}
    instruments: dict[LegKey, Instrument] = {}
    frame: dict[LegKey, Row] = {}
    for market, file in BYBIT_FILES.items():
        payload = msgspec.json.encode(_read_json(fixtures, file))
        for ticker in bybit_wire.decode_tickers(market, payload):
            bid, bid_size, ask, ask_size = ticker.bid, ticker.bid_size, ticker.ask, ticker.ask_size
            if not (ticker.symbol.endswith("USDT") and bid and bid_size and ask and ask_size):
                continue
            instrument = _list(ticker.symbol, "bybit", market, "USDT", bid)
            key = key_of(instrument)
            instruments[key] = instrument
            funding = _read_funding(ticker, intervals_h.get(ticker.symbol))
            frame[key] = Row([level(bid, bid_size)], [level(ask, ask_size)], BYBIT_AT, funding)
    about = About(
        name="bybit",
        title="spot and linear perpetuals of Bybit at one instant, 2023-08-16 05:19:22",
        files=(*BYBIT_FILES.values(), BYBIT_LIST),
        resolution="one instant: two scans cannot agree, so nothing can be told, and nothing after it is recorded",
        has="best bid and ask with their sizes; the running estimate of funding",
        lacks=f"all levels behind the best; the funding intervals of that day, for which those of 2026 stand; {LOTS}",
        types=("spot_perp",),
        judged_step=None,
    )
    return _at_one_instant(about, instruments, frame, BYBIT_AT)


def _read_funding(ticker: Ticker, interval_h: float | None) -> Funding | None:
    rate, next_at, mark = ticker.funding_rate, ticker.funding_at, ticker.mark
    if rate is None or not (next_at and mark and interval_h):
        return None
    return Funding(rate, next_at, ticker.funding_interval_h or interval_h, mark)


def _at_one_instant(about: About, instruments: Mapping[LegKey, Instrument], frame: Frame, at: int) -> RecordedTape:
    times: Sequence[int] = (at,)
    return RecordedTape(about, instruments, times, lambda _: frame)


def _list(symbol: str, exchange: ExchangeId, market: Market, quote: str, price: float) -> Instrument:
    """Under the symbol that was recorded, whatever the sandbox would call it."""
    listing = listing_at(exchange, market, symbol.removesuffix(quote), quote, price, 1)
    return msgspec.structs.replace(make_instrument(listing), symbol=symbol, multiplier=1)


def _read_json(fixtures: Path, file: str) -> Any:
    path = fixtures / "market" / file
    if not path.exists():
        raise MissingFixturesError(f"recorded data is missing: {path}. Point ARBEDGE_FIXTURES to the fixtures folder.")
    return msgspec.json.decode(gzip.decompress(path.read_bytes()))
