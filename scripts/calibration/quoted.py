"""Recordings of the best bid and ask: with sizes by the tick and by the minute, and without sizes."""

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from arbedge.domain.decision import LegKey
from arbedge.domain.edge import Side
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import ExchangeId, Market, are_possible
from arbedge.domain.policy import Policy
from scripts.calibration.building import FUNDING_LAST, LOTS, SECOND_MS, charge_last, key_of, list_instrument
from scripts.calibration.tape import About, Frame, RecordedTape, Row, level
from scripts.sandbox.market.recordings import MINUTE_MS, open_rows, read_ticks
from scripts.sandbox.market.series import TickSeries

APART_BPS = 10.0
TICK_FILES: dict[Market, str] = {
    "spot": "ws/binance_spot_btcusdt_20240808_bookticker_trade.txt.gz",
    "perp": "ws/binance_usdm_btcusdt_20240808_bookticker_trade.txt.gz",
}
FUNDING_2024 = "series/funding_btc_3venues_wide_2019_2026.csv.gz"
FUNDING_2022 = "series/funding_bybit_btc_eth_2020_2023.csv.gz"
MINUTE_FILES: dict[Market, str] = {
    "spot": "series/minute_2022-12-13/bybit_spot_BTCUSDT_quote.csv.gz",
    "perp": "series/minute_2022-12-13/bybit_linear_BTCUSDT_quote.csv.gz",
}
SCANS_FILE = "series/live_scan_spreads_3venues.csv.gz"


def load_ticks(fixtures: Path) -> RecordedTape:
    series: dict[Market, TickSeries] = {market: read_ticks(fixtures, file) for market, file in TICK_FILES.items()}
    rows = open_rows(fixtures, FUNDING_2024)
    charged = sorted((int(row["ts_ms"]), float(row["fr_binance"])) for row in rows if row["fr_binance"])
    price = series["spot"].at(series["spot"].first_ms)
    instruments = {key_of(one): one for one in (list_instrument("binance", market, "BTC", price) for market in series)}

    def get_frame(at: int) -> Frame:
        frame: dict[LegKey, Row] = {}
        for key in instruments:
            own = series[key[1]]
            place = bisect_right(own.times, at) - 1
            bid, bid_size, ask, ask_size = own.tops[place]
            funding = charge_last(charged, at, 8, (bid + ask) / 2) if key[1] == "perp" else None
            frame[key] = Row([level(bid, bid_size)], [level(ask, ask_size)], own.times[place], funding)
        return frame

    first = -(-max(one.first_ms for one in series.values()) // SECOND_MS) * SECOND_MS
    last = min(one.last_ms for one in series.values())
    about = About(
        name="ticks",
        title="BTCUSDT on Binance, spot and perpetual, 2024-08-08 23:54 to midnight",
        files=(*TICK_FILES.values(), FUNDING_2024),
        resolution="a fifth of a second: +5 s and +60 s are recorded",
        has="best bid and ask with their sizes as sent; funding that was charged",
        lacks=f"all levels behind the best, so a size beyond it is refused as `depth`; {FUNDING_LAST}; {LOTS}",
        types=("spot_perp",),
        judged_step="after_5s",
    )
    return RecordedTape(about, instruments, range(first, last + 1, SECOND_MS), get_frame)


def load_minutes(fixtures: Path) -> RecordedTape:
    charged = sorted(
        (int(row["ts_ms"]), float(row["funding_rate"]))
        for row in open_rows(fixtures, FUNDING_2022)
        if row["symbol"] == "BTCUSDT"
    )
    frames: dict[int, dict[LegKey, Row]] = {}
    instruments: dict[LegKey, Instrument] = {}
    for market, file in MINUTE_FILES.items():
        rows = list(open_rows(fixtures, file))
        instrument = list_instrument("bybit", market, "BTC", float(rows[0]["bid_close"]))
        instruments[key_of(instrument)] = instrument
        for row in rows:
            at = int(row["ts_ms"]) + MINUTE_MS
            bid, ask = level(row["bid_close"], row["bid_size"]), level(row["ask_close"], row["ask_size"])
            if not are_possible([bid, ask]):
                continue
            mark = float(bid.price + ask.price) / 2
            funding = charge_last(charged, at, 8, mark) if market == "perp" else None
            frames.setdefault(at, {})[key_of(instrument)] = Row([bid], [ask], at, funding)
    about = About(
        name="minutes",
        title="BTCUSDT on Bybit, spot and perpetual, 2022-12-13 00:00 to 08:00",
        files=(*MINUTE_FILES.values(), FUNDING_2022),
        resolution="a minute: +60 s is recorded, +5 s is not",
        has="best bid and ask with their sizes at the end of each minute; funding that was charged",
        lacks=f"all levels behind the best; {FUNDING_LAST}; {LOTS}",
        types=("spot_perp",),
        judged_step="after_60s",
    )
    return RecordedTape(about, instruments, sorted(frames), lambda at: frames[at])


def load_scans(fixtures: Path) -> RecordedTape:
    """Of each coin the exchange with the best ask and the one with the best bid; nothing of the others."""
    size = Policy().size_quote * 2
    instruments: dict[LegKey, Instrument] = {}
    frames: dict[int, dict[LegKey, Row]] = {}
    for row in open_rows(fixtures, SCANS_FILE):
        at, middle, gross = int(row["ts_ms"]), float(row["mid_price"]), float(row["gross_bps"])
        frame = frames.setdefault(at, {})
        if row["best_buy"] == row["best_sell"] or not middle:
            continue
        ask, bid = middle * (1 - gross / 20_000), middle * (1 + gross / 20_000)
        legs: list[tuple[ExchangeId, Side, float, float]] = [
            (_read_exchange(row["best_buy"]), "buy", ask * (1 - APART_BPS / 10_000), ask),
            (_read_exchange(row["best_sell"]), "sell", bid, bid * (1 + APART_BPS / 10_000)),
        ]
        for exchange, side, own_bid, own_ask in legs:
            key = exchange, "spot", f"{row['coin']}USDT"
            if key not in instruments:
                instruments[key] = _make_fine(exchange, row["coin"])
            held = f"{size / Decimal(str(middle)):.12g}"
            sides = level(f"{own_bid:.12g}", held), level(f"{own_ask:.12g}", held)
            frame[key] = Row(sides[:1], sides[1:], at, sides=frozenset({side}))
    about = About(
        name="scans",
        title="13 coins against USDT, spot, on Binance, Bybit and OKX, 2026-06-30 to 2026-07-30",
        files=(SCANS_FILE,),
        resolution="about a minute, in bursts: +60 s is recorded for the pair that is the best again, +5 s is not",
        has="of each coin the exchange with the best ask, the one with the best bid, and the difference of the two",
        lacks="sizes: the best price is taken to hold for the size, so edges are upper bounds; lots, taken as 1e-8; "
        f"the other side of each book, put {APART_BPS:g} bps away where nothing trades on it; what became of a pair "
        "that is no longer the best, which is often one whose edge is gone: what lasted is overstated",
        types=("cross_exchange",),
        judged_step="after_60s",
    )
    return RecordedTape(about, instruments, sorted(frames), lambda at: frames[at])


def _read_exchange(name: str) -> ExchangeId:
    exchanges: Iterable[ExchangeId] = ("binance", "bybit", "okx")
    return next(one for one in exchanges if one == name)


def _make_fine(exchange: ExchangeId, coin: str) -> Instrument:
    fine = Decimal("1e-8")
    symbol = f"{coin}USDT"
    return Instrument(exchange, "spot", symbol, coin, coin, "USDT", fine, fine, fine, None, is_trading=True)
