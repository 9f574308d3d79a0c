"""Bybit V5: `/v5/market` for spot and linear perpetuals; inverse and options answer valid empty lists."""

from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import parse_qs, quote_plus, unquote_plus

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.sandbox.clock import Clock
from scripts.sandbox.exchanges.bybit_rows import (
    linear_instrument,
    render_linear_ticker,
    render_spot_ticker,
    spot_instrument,
)
from scripts.sandbox.exchanges.limits import SlidingCount
from scripts.sandbox.exchanges.wire import Handler, MarketHolder, Params, RefusedError, client_address, plain, refuse
from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.market import HOUR_MS, Place
from scripts.sandbox.market.quotes import Quote

MINUTE_MS = 60_000
DAY_MS = 86_400_000
PLACES: dict[str, Place] = {"spot": ("bybit", "spot"), "linear": ("bybit", "perp")}
CATEGORIES = ("spot", "linear", "inverse", "option")
INTERVALS_MS: dict[str, int] = {
    **{str(minutes): minutes * MINUTE_MS for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)},
    "D": DAY_MS, "W": 7 * DAY_MS, "M": 30 * DAY_MS,
}  # fmt: skip
MONDAY_MS = 4 * DAY_MS
IP_LIMIT, IP_WINDOW_MS, IP_BAN_MS = 600, 5_000, 600_000
PARAMS_ERROR = 10001


class Bybit:
    def __init__(self, holder: MarketHolder, clock: Clock) -> None:
        self._holder = holder
        self._clock = clock
        self.address_limit = SlidingCount(clock, IP_LIMIT, IP_WINDOW_MS, IP_BAN_MS)

    def error(self, code: int, msg: str, status: int = 200) -> NoReturn:
        body = {"retCode": code, "retMsg": msg, "result": {}, "retExtInfo": {}, "time": self._clock.now_ms()}
        refuse(JSONResponse(body, status))

    def envelope(self, result: bytes) -> bytes:
        head = b'{"retCode":0,"retMsg":"OK","result":%b,"retExtInfo":{},"time":%d}'
        return head % (result, self._clock.now_ms())

    def category(self, params: Params, allowed: tuple[str, ...] = CATEGORIES) -> str:
        category = params.get("category")
        if category not in allowed:
            self.error(PARAMS_ERROR, "params error: Category is invalid")
        return category

    def listing(self, params: Params, category: str) -> Listing:
        symbol = params.get("symbol")
        if symbol is None:
            self.error(PARAMS_ERROR, "params error: symbol is required")
        return self._known(category, symbol)

    def _known(self, category: str, symbol: str) -> Listing:
        listing = self._holder.market.find(PLACES[category], symbol) if category in PLACES else None
        if listing is None:
            self.error(PARAMS_ERROR, "Not supported symbols" if category == "spot" else "params error: symbol invalid")
        return listing

    def number(self, params: Params, name: str, default: int, most: int) -> int:
        """1 to `most`; more is taken as `most`, nonsense is refused."""
        text = params.get(name)
        if text is None:
            return default
        if not text.isdigit() or int(text) < 1:
            self.error(PARAMS_ERROR, f"params error: {name} is invalid")
        return min(int(text), most)

    def moment(self, params: Params, name: str) -> int | None:
        text = params.get(name)
        if text is not None and not text.isdigit():
            self.error(PARAMS_ERROR, f"params error: {name} is invalid")
        return None if text is None else int(text)

    def time(self, params: Params) -> bytes:
        now_ms = self._clock.now_ms()
        seconds, nanos = now_ms // 1000, now_ms * 1_000_000
        return self.envelope(b'{"timeSecond":"%d","timeNano":"%d"}' % (seconds, nanos))

    def instruments(self, params: Params) -> bytes:
        category = self.category(params)
        market = self._holder.market
        rows = [row for row in market.listings(PLACES[category]) if not row.halted] if category in PLACES else []
        symbol, status, coin = params.get("symbol"), params.get("status"), params.get("baseCoin")
        limit, cursor = self.number(params, "limit", 500, 1000), params.get("cursor")
        if symbol is not None and category in PLACES:
            rows = [self._known(category, symbol)]
        if status not in (None, "Trading"):
            rows = []
        if coin is not None:
            rows = [row for row in rows if row.base == coin]
        if category == "spot":
            return self.envelope(
                self._holder.rendered_once(
                    ("bybit spot", symbol, status, coin),
                    lambda: encode_list("spot", [spot_instrument(r) for r in rows]),
                )
            )
        page, next_cursor = paged(sorted(rows, key=lambda row: row.symbol), limit, cursor)
        key = ("bybit linear", category, symbol, status, coin, limit, cursor)

        def build() -> bytes:
            return encode_list(category, [linear_instrument(row) for row in page], next_cursor)

        return self.envelope(self._holder.rendered_once(key, build))

    def tickers(self, params: Params) -> bytes:
        category = self.category(params)
        symbol = params.get("symbol")
        if category == "option" and symbol is None and params.get("baseCoin") is None:
            self.error(PARAMS_ERROR, "params error: symbol and baseCoin can not be both empty")
        if category not in PLACES:
            return self.envelope(encode_list(category, []))
        market = self._holder.market
        if symbol is not None:
            row = self._known(category, symbol)
            return self.envelope(self._render_tickers(category, [(row, market.quote(row))]))
        return self.envelope(self._holder.rendered(("bybit tickers", category), lambda: self._all_tickers(category)))

    def _all_tickers(self, category: str) -> bytes:
        state = self._holder.market.board(PLACES[category])
        return self._render_tickers(category, list(zip(state.listings, state.quotes, strict=True)))

    def _render_tickers(self, category: str, rows: list[tuple[Listing, Quote]]) -> bytes:
        market = self._holder.market
        if category == "spot":
            texts = [render_spot_ticker(row, quote, market.day(row, quote)) for row, quote in rows]
        else:
            texts = [
                render_linear_ticker(row, quote, market.day(row, quote), market.funding(row)) for row, quote in rows
            ]
        return f'{{"category":"{category}","list":[{",".join(texts)}]}}'.encode()

    def order_book(self, params: Params) -> bytes:
        category = self.category(params)
        row = self.listing(params, category)
        limit = self.number(params, "limit", 1 if category == "spot" else 25, 200 if category == "spot" else 500)
        book = self._holder.market.book(row, limit)
        text = price_text(row)
        sides = [
            ",".join(f'["{text(ticks)}","{plain_lots(row, lots)}"]' for ticks, lots, _ in side)
            for side in (book.bids, book.asks)
        ]
        now_ms = self._clock.now_ms()
        update = now_ms // 50
        result = (
            f'{{"s":"{row.symbol}","b":[{sides[0]}],"a":[{sides[1]}],"ts":{now_ms},"u":{update % 10**8},'
            f'"seq":{update},"cts":{now_ms - 3}}}'
        )
        return self.envelope(result.encode())

    def kline(self, params: Params) -> bytes:
        category = self.category(params, ("spot", "linear", "inverse"))
        row = self.listing(params, category)
        rows = [
            [
                str(candle.start_ms),
                *(price_text(row)(ticks) for ticks in (candle.open, candle.high, candle.low, candle.close)),
                plain(candle.volume, 6),
                plain(candle.turnover, 6),
            ]
            for candle in self._candles(params, row)
        ]
        return self.envelope(encode_candles(category, row.symbol, rows))

    def mark_kline(self, params: Params) -> bytes:
        category = self.category(params, ("linear", "inverse"))
        row = self.listing(params, category)
        rows = [
            [str(c.start_ms), *(price_text(row)(ticks) for ticks in (c.open, c.high, c.low, c.close))]
            for c in self._candles(params, row)
        ]
        return self.envelope(encode_candles(category, row.symbol, rows))

    def _candles(self, params: Params, row: Listing) -> list[Any]:
        """Newest first. Forward from `start` where only that is given, else the newest before `end`."""
        interval = params.get("interval")
        length_ms = INTERVALS_MS.get(interval or "")
        if length_ms is None:
            self.error(PARAMS_ERROR, "Invalid period!")
        limit = self.number(params, "limit", 200, 1000)
        start_ms, end_ms = self.moment(params, "start"), self.moment(params, "end")
        now_ms = self._clock.now_ms()
        if start_ms is not None and end_ms is None:
            first_ms = -(-start_ms // length_ms) * length_ms
            last_ms = first_ms + (limit - 1) * length_ms
        else:
            last_ms = now_ms if end_ms is None else min(end_ms, now_ms)
            first_ms = last_ms - limit * length_ms + 1
            first_ms = first_ms if start_ms is None else max(first_ms, start_ms)
        origin_ms = MONDAY_MS if interval == "W" else 0
        candles = self._holder.market.candles(row, length_ms, first_ms, last_ms, origin_ms)
        return candles[::-1][:limit]

    def funding_history(self, params: Params) -> bytes:
        category = self.category(params, ("linear", "inverse"))
        row = self.listing(params, category)
        start_ms, end_ms = self.moment(params, "startTime"), self.moment(params, "endTime")
        limit = self.number(params, "limit", 200, 200)
        if start_ms is not None and end_ms is None:
            self.error(PARAMS_ERROR, "params error: startTime is set without endTime")
        last_ms = self._clock.now_ms() if end_ms is None else end_ms
        first_ms = last_ms - limit * row.funding_interval_h * HOUR_MS if start_ms is None else start_ms
        settled = self._holder.market.settlements(row, first_ms, last_ms)[::-1][:limit]
        rows = [
            {"symbol": row.symbol, "fundingRate": plain(s.rate), "fundingRateTimestamp": str(s.time_ms)}
            for s in settled
        ]
        return self.envelope(encode_list(category, rows))

    def system_status(self, params: Params) -> bytes:
        return self.envelope(b'{"list":[]}')


def price_text(row: Listing) -> Callable[[int], str]:
    """Perpetuals are padded to the tick, spot is not."""
    if row.kind == "perp":
        return row.price_text
    return lambda ticks: plain(ticks * row.tick, row.price_decimals)


def plain_lots(row: Listing, lots: int) -> str:
    return plain(lots * row.lot, row.lot_decimals) if row.kind == "spot" else row.qty_text(lots)


def encode_list(category: str, rows: list[dict[str, Any]], next_cursor: str | None = None) -> bytes:
    body: dict[str, Any] = {"category": category, "list": rows}
    if next_cursor is not None:
        body["nextPageCursor"] = next_cursor
    return msgspec.json.encode(body)


def encode_candles(category: str, symbol: str, rows: list[list[str]]) -> bytes:
    return msgspec.json.encode({"symbol": symbol, "category": category, "list": rows})


def paged(rows: list[Listing], limit: int, cursor: str | None) -> tuple[list[Listing], str]:
    """One page of rows sorted by symbol, and the cursor of the next one (empty at the end)."""
    if cursor:
        last = parse_qs(unquote_plus(cursor)).get("last", [""])[0]
        rows = [row for row in rows if row.symbol > last]
    page = rows[:limit]
    if len(rows) <= limit:
        return page, ""
    return page, quote_plus(f"first={page[0].symbol}&last={page[-1].symbol}")


def build_bybit(holder: MarketHolder, clock: Clock) -> tuple[Starlette, Bybit]:
    bybit = Bybit(holder, clock)

    def endpoint(build: Callable[[Params], bytes]) -> Handler:
        async def handle(request: Request) -> Response:
            if not bybit.address_limit.allow(client_address(request)):
                return Response("access too frequent", 403, media_type="text/plain")
            try:
                return Response(build(Params(request.url.query)), 200, media_type="application/json; charset=utf-8")
            except RefusedError as error:
                return error.response

        return handle

    def no_key(params: Params) -> bytes:
        bybit.error(10003, "API key is invalid.")

    async def not_found(request: Request, error: Exception) -> Response:
        body = {"retCode": 10017, "retMsg": "request path not found", "result": {}, "retExtInfo": {}}
        return JSONResponse(body | {"time": clock.now_ms()}, 404)

    routes = {
        "/v5/market/time": bybit.time,
        "/v5/market/instruments-info": bybit.instruments,
        "/v5/market/tickers": bybit.tickers,
        "/v5/market/orderbook": bybit.order_book,
        "/v5/market/kline": bybit.kline,
        "/v5/market/mark-price-kline": bybit.mark_kline,
        "/v5/market/index-price-kline": bybit.mark_kline,
        "/v5/market/funding/history": bybit.funding_history,
        "/v5/system/status": bybit.system_status,
        "/v5/account/wallet-balance": no_key,
        "/v5/user/query-api": no_key,
    }
    return (
        Starlette(
            routes=[Route(path, endpoint(build), methods=["GET"]) for path, build in routes.items()],
            exception_handlers={404: not_found, 405: not_found},
        ),
        bybit,
    )
