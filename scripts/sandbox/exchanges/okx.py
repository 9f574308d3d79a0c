"""OKX V5: public and market data for spot and swaps; futures and options answer valid empty lists."""

from collections.abc import Callable
from typing import NoReturn

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.sandbox.clock import Clock
from scripts.sandbox.exchanges.limits import SlidingCount
from scripts.sandbox.exchanges.okx_rows import instrument, price, render_funding, render_ticker, size, volumes
from scripts.sandbox.exchanges.wire import Handler, MarketHolder, Params, RefusedError, client_address, plain, refuse
from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.market import HOUR_MS, Place

MINUTE_MS = 60_000
DAY_MS = 86_400_000
MONDAY_MS = 4 * DAY_MS
# Plain bars of 6 h and more begin at midnight in Hong Kong.
HONG_KONG_MS = -8 * HOUR_MS
PLACES: dict[str, Place] = {"SPOT": ("okx", "spot"), "SWAP": ("okx", "perp")}
TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
SHORT_BARS_MS: dict[str, int] = {
    **{f"{minutes}m": minutes * MINUTE_MS for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}H": hours * HOUR_MS for hours in (1, 2, 4)},
}
LONG_BARS_MS: dict[str, int] = {
    "6H": 6 * HOUR_MS, "12H": 12 * HOUR_MS, "1D": DAY_MS, "2D": 2 * DAY_MS, "3D": 3 * DAY_MS, "1W": 7 * DAY_MS,
}  # fmt: skip
WINDOW_MS = 2_000
LIMITS_PER_2_S: dict[str, int] = {
    "public/time": 10, "public/instruments": 20, "market/tickers": 20, "market/ticker": 20, "market/books": 40,
    "market/candles": 40, "market/history-candles": 20, "public/funding-rate": 10, "public/funding-rate-history": 10,
    "public/mark-price": 10, "system/status": 1,
}  # fmt: skip


def okx_error(code: str, msg: str, status: int = 400) -> NoReturn:
    refuse(JSONResponse({"code": code, "data": [], "msg": msg}, status))


def envelope(data: bytes) -> bytes:
    return b'{"code":"0","data":%b,"msg":""}' % data


class Okx:
    def __init__(self, holder: MarketHolder, clock: Clock) -> None:
        self._holder = holder
        self._clock = clock
        self.limits = {
            path: SlidingCount(clock, count, 5_000 if path == "system/status" else WINDOW_MS)
            for path, count in LIMITS_PER_2_S.items()
        }

    @staticmethod
    def instrument_type(params: Params) -> str:
        kind = params.get("instType")
        if kind is None:
            okx_error("50014", "Parameter instType can not be empty.")
        if kind not in TYPES:
            okx_error("51000", "Parameter instType error")
        return kind

    def listing(self, params: Params, *, swap: bool = False) -> Listing:
        symbol = params.get("instId")
        if symbol is None:
            okx_error("50014", "Parameter instId can not be empty.")
        listing = self._find(symbol)
        if listing is None or (swap and listing.kind != "perp"):
            okx_error("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.", 200)
        return listing

    def _find(self, symbol: str) -> Listing | None:
        market = self._holder.market
        return market.find(PLACES["SWAP"], symbol) or market.find(PLACES["SPOT"], symbol)

    @staticmethod
    def number(params: Params, name: str, default: int, most: int) -> int:
        text = params.get(name)
        if text is None:
            return default
        if not text.isdigit() or not 1 <= int(text) <= most:
            okx_error("51000", f"Parameter {name} error")
        return int(text)

    @staticmethod
    def moment(params: Params, name: str) -> int | None:
        text = params.get(name)
        if text is not None and not text.isdigit():
            okx_error("51000", f"Parameter {name} error")
        return None if text is None else int(text)

    def time(self, params: Params) -> bytes:
        return envelope(b'[{"ts":"%d"}]' % self._clock.now_ms())

    def instruments(self, params: Params) -> bytes:
        kind = self.instrument_type(params)
        symbol, family, underlying = params.get("instId"), params.get("instFamily"), params.get("uly")
        if kind == "OPTION" and not (family or underlying):
            okx_error("50015", "Either parameter uly or instFamily is required.")
        market = self._holder.market
        place = PLACES["SPOT"] if kind == "MARGIN" else PLACES.get(kind)
        rows = [row for row in market.listings(place) if kind != "MARGIN" or row.tier <= 2] if place else []
        if symbol is not None:
            rows = [row for row in rows if row.symbol == symbol]
            if not rows:
                okx_error("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.", 200)
        if family or underlying:
            rows = [row for row in rows if f"{row.base}-{row.quote}" == (family or underlying)]
        key = ("okx instruments", kind, symbol, family, underlying)

        def build() -> bytes:
            data = [instrument(row) for row in rows]
            return msgspec.json.encode([{**row, "instType": kind} for row in data])

        return envelope(self._holder.rendered_once(key, build))

    def tickers(self, params: Params) -> bytes:
        kind = self.instrument_type(params)
        if kind not in PLACES:
            return envelope(b"[]")
        return envelope(self._holder.rendered(("okx tickers", kind), lambda: self._all_tickers(PLACES[kind])))

    def _all_tickers(self, place: Place) -> bytes:
        market = self._holder.market
        state = market.board(place)
        rows = [(row, quote, market.day(row, quote)) for row, quote in zip(state.listings, state.quotes, strict=True)]
        return (
            "[" + ",".join(render_ticker(row, quote, day, state.wall_ms) for row, quote, day in rows) + "]"
        ).encode()

    def ticker(self, params: Params) -> bytes:
        market = self._holder.market
        row = self.listing(params)
        wall_ms = market.board((row.exchange, row.kind)).wall_ms
        quote = market.quote(row)
        return envelope(f"[{render_ticker(row, quote, market.day(row, quote), wall_ms)}]".encode())

    def books(self, params: Params) -> bytes:
        row = self.listing(params)
        book = self._holder.market.book(row, self.number(params, "sz", 1, 400))
        sides = [
            ",".join(f'["{price(row, ticks)}","{size(row, lots)}","0","{orders}"]' for ticks, lots, orders in side)
            for side in (book.asks, book.bids)
        ]
        now_ms = self._clock.now_ms()
        data = f'[{{"asks":[{sides[0]}],"bids":[{sides[1]}],"ts":"{now_ms}","seqId":{now_ms // 50}}}]'
        return envelope(data.encode())

    def candles(self, params: Params) -> bytes:
        """Newest first. `after` asks for older rows, `before` for newer ones; neither bound is included."""
        row = self.listing(params)
        length_ms, origin_ms = bar_of(params.get("bar") or "1m")
        limit = self.number(params, "limit", 100, 300)
        older_than, newer_than = self.moment(params, "after"), self.moment(params, "before")
        now_ms = self._clock.now_ms()
        last_ms = now_ms if older_than is None else min(now_ms, older_than - 1)
        first_ms = last_ms - limit * length_ms + 1
        if newer_than is not None:
            first_ms = max(first_ms, newer_than + 1)
        candles = self._holder.market.candles(row, length_ms, first_ms, last_ms, origin_ms)
        rows: list[list[str]] = []
        for candle in candles[::-1][:limit]:
            prices = [price(row, ticks) for ticks in (candle.open, candle.high, candle.low, candle.close)]
            traded = [plain(value, 6) for value in volumes(row, candle.volume, candle.turnover)]
            rows.append([str(candle.start_ms), *prices, *traded, "1" if candle.closed else "0"])
        return envelope(msgspec.json.encode(rows))

    def funding_rate(self, params: Params) -> bytes:
        market = self._holder.market
        if params.get("instId") == "ANY":
            return envelope(self._holder.rendered("okx funding", self._all_funding))
        row = self.listing(params, swap=True)
        wall_ms = market.board(PLACES["SWAP"]).wall_ms
        return envelope(f"[{render_funding(row, market.funding(row), wall_ms)}]".encode())

    def _all_funding(self) -> bytes:
        market = self._holder.market
        wall_ms = market.board(PLACES["SWAP"]).wall_ms
        rows = market.listings(PLACES["SWAP"])
        return ("[" + ",".join(render_funding(row, market.funding(row), wall_ms) for row in rows) + "]").encode()

    def funding_history(self, params: Params) -> bytes:
        row = self.listing(params, swap=True)
        limit = self.number(params, "limit", 400, 400)
        older_than, newer_than = self.moment(params, "after"), self.moment(params, "before")
        last_ms = self._clock.now_ms() if older_than is None else older_than - 1
        first_ms = last_ms - limit * row.funding_interval_h * HOUR_MS
        if newer_than is not None:
            first_ms = max(first_ms, newer_than + 1)
        rows = [
            {
                "formulaType": "withRate",
                "fundingRate": plain(item.rate, 16),
                "fundingTime": str(item.time_ms),
                "instId": row.symbol,
                "instType": "SWAP",
                "method": "current_period",
                "realizedRate": plain(item.rate, 16),
            }
            for item in self._holder.market.settlements(row, first_ms, last_ms)[::-1][:limit]
        ]
        return envelope(msgspec.json.encode(rows))

    def mark_price(self, params: Params) -> bytes:
        kind = self.instrument_type(params)
        if kind not in ("SWAP", "MARGIN", "FUTURES", "OPTION"):
            okx_error("51000", "Parameter instType error")
        market = self._holder.market
        rows = [self.listing(params, swap=True)] if params.get("instId") else list(market.listings(PLACES["SWAP"]))
        wall_ms = str(market.board(PLACES["SWAP"]).wall_ms)
        data = [
            {
                "instId": row.symbol,
                "instType": "SWAP",
                "markPx": plain(market.funding(row).mark, row.price_decimals + 1),
                "ts": wall_ms,
            }
            for row in (rows if kind == "SWAP" else [])
        ]
        return envelope(msgspec.json.encode(data))

    def system_status(self, params: Params) -> bytes:
        return envelope(b"[]")


def bar_of(bar: str) -> tuple[int, int]:
    """Length and a start of some bar."""
    if bar in SHORT_BARS_MS:
        return SHORT_BARS_MS[bar], 0
    name = bar.removesuffix("utc")
    length_ms = LONG_BARS_MS.get(name)
    if length_ms is None:
        okx_error("51000", "Parameter bar error")
    origin_ms = MONDAY_MS if name == "1W" else 0
    return length_ms, origin_ms if bar.endswith("utc") else origin_ms + HONG_KONG_MS


def build_okx(holder: MarketHolder, clock: Clock) -> tuple[Starlette, Okx]:
    okx = Okx(holder, clock)

    def endpoint(path: str, build: Callable[[Params], bytes]) -> Handler:
        limit = okx.limits.get(path)

        async def handle(request: Request) -> Response:
            params = Params(request.url.query)
            # Funding is counted per instrument, all else per address.
            key = client_address(request) + (params.get("instId") or "" if path == "public/funding-rate" else "")
            if limit is not None and not limit.allow(key):
                return JSONResponse({"code": "50011", "data": [], "msg": "Too Many Requests"}, 429)
            try:
                return Response(build(params), 200, media_type="application/json")
            except RefusedError as error:
                return error.response

        return handle

    def no_key(params: Params) -> bytes:
        okx_error("50103", 'Request header "OK-ACCESS-KEY" can\'t be empty.', 401)

    async def not_found(request: Request, error: Exception) -> Response:
        body = {"code": 404, "data": {}, "detailMsg": "", "error_code": "404", "error_message": "Not Found"}
        return JSONResponse(body | {"msg": "Not Found"}, 404)

    endpoints = {
        "public/time": okx.time,
        "public/instruments": okx.instruments,
        "market/tickers": okx.tickers,
        "market/ticker": okx.ticker,
        "market/books": okx.books,
        "market/candles": okx.candles,
        "market/history-candles": okx.candles,
        "public/funding-rate": okx.funding_rate,
        "public/funding-rate-history": okx.funding_history,
        "public/mark-price": okx.mark_price,
        "system/status": okx.system_status,
        "account/balance": no_key,
        "account/config": no_key,
    }
    routes = [Route(f"/api/v5/{path}", endpoint(path, build), methods=["GET"]) for path, build in endpoints.items()]
    return Starlette(routes=routes, exception_handlers={404: not_found, 405: not_found}), okx
