"""The one recording with whole order books: Bybit's spot and perpetual BTCUSDT, 200 levels a side, change by change."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from arbedge.domain.market import Funding, Level, Market
from arbedge.limits import BOOK_DEPTH
from scripts.calibration.building import LOTS, SECOND_MS, key_of, list_instrument
from scripts.calibration.tape import About, Frame, RecordedTape, Row
from scripts.sandbox.market.recordings import open_text

CAPTURE_FILE = "ws/bybit_capture.jsonl.gz"
MARKETS_OF_CAPTURE: dict[str, Market] = {"BYBIT.ws.2": "perp", "BYBIT.ws.3": "spot"}


class _Book:
    """An order book kept from a snapshot and the changes after it, and the newest ticker."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[Decimal, Decimal]] = {"b": {}, "a": {}}
        self.ticker: dict[str, str] = {}
        self.updated_at = 0

    def apply(self, message: dict[str, Any], at: int) -> None:
        kind, data = message["topic"].partition(".")[0], message["data"]
        if kind == "tickers":
            self.ticker |= data
        if kind != "orderbook":
            return
        self.updated_at = at
        for side, known in self.sides.items():
            if message["type"] == "snapshot":
                known.clear()
            for price, size in data[side]:
                known[Decimal(price)] = Decimal(size)
                if not known[Decimal(price)]:
                    del known[Decimal(price)]

    def read(self) -> Row | None:
        if not (self.sides["b"] and self.sides["a"]):
            return None
        bids, asks = (
            [
                Level(price, self.sides[side][price])
                for price in sorted(self.sides[side], reverse=side == "b")[:BOOK_DEPTH]
            ]
            for side in ("b", "a")
        )
        return Row(bids, asks, self.updated_at, self._read_funding())

    def _read_funding(self) -> Funding | None:
        told = self.ticker
        if "fundingRate" not in told:
            return None
        interval_h = float(told["fundingIntervalHour"])
        return Funding(float(told["fundingRate"]), int(told["nextFundingTime"]), interval_h, float(told["markPrice"]))


def _read_messages(fixtures: Path) -> list[tuple[int, Market, dict[str, Any]]]:
    """When each message about BTCUSDT was received, of which market; the file has one connection after the other."""
    messages: list[tuple[int, Market, dict[str, Any]]] = []
    with open_text(fixtures, CAPTURE_FILE) as lines:
        for message in map(json.loads, lines):
            market = MARKETS_OF_CAPTURE.get(message.get("conn", ""))
            data = json.loads(message["data"]) if message["t"] == "recv" else {}
            if market is not None and data.get("topic", "").endswith(".BTCUSDT"):
                messages.append((int(message["ts"] * 1000), market, data))
    return sorted(messages, key=lambda one: one[0])


def load_capture(fixtures: Path) -> RecordedTape:
    books: dict[Market, _Book] = {"spot": _Book(), "perp": _Book()}
    instruments = {key_of(one): one for one in (list_instrument("bybit", market, "BTC", 65_000.0) for market in books)}
    frames: dict[int, Frame] = {}
    second = 0
    for at, market, data in _read_messages(fixtures):
        # What stood at a full second is read before the first change after it.
        if at // SECOND_MS > second:
            rows = {key: row for key in instruments if (row := books[key[1]].read())}
            if len(rows) == len(books):
                frames[at // SECOND_MS * SECOND_MS] = rows
            second = at // SECOND_MS
        books[market].apply(data, at)
    about = About(
        name="capture",
        title="BTCUSDT on Bybit, spot and perpetual, 2026-08-09, 42 seconds",
        files=(CAPTURE_FILE,),
        resolution="each change of the book: +5 s is recorded, +60 s is not",
        has=f"200 levels a side, of which {BOOK_DEPTH} are read as by the product; the running estimate of funding",
        lacks=LOTS,
        types=("spot_perp",),
        judged_step="after_5s",
    )
    return RecordedTape(about, instruments, sorted(frames), lambda at: frames[at])
