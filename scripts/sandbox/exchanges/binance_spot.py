"""Binance spot: `/api/v3` market data and the public part of `/sapi`."""

from collections.abc import Callable

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from scripts.sandbox.clock import Clock
from scripts.sandbox.exchanges.binance_info import SPOT_RATE_LIMITS, render_info, spot_symbol, with_server_time
from scripts.sandbox.exchanges.binance_rules import (
    DAY_MS,
    INTERVALS_MS,
    MONDAY_MS,
    binance_endpoint,
    binance_error,
    listings_of,
    missing,
    one_listing,
    required_listing,
    weigh,
    weigh_limit,
    whole_number,
    window_of,
)
from scripts.sandbox.exchanges.limits import WeightWindow
from scripts.sandbox.exchanges.wire import MarketHolder, Params
from scripts.sandbox.market.candles import Candle
from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.market import Market, Place
from scripts.sandbox.market.quotes import Quote

PLACE: Place = ("binance", "spot")
WEIGHT_LIMIT = 6000
RenderRow = Callable[[Listing, Quote, Market, int], str]
"""Instrument, its quote, the market for whatever else is needed, and the time on the wire."""
NOT_FOUND_PAGE = (
    "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body><center><h1>404 Not Found</h1></center></body></html>"
)
KEY_ONLY = (
    "/api/v3/account", "/api/v3/order", "/api/v3/openOrders", "/api/v3/allOrders", "/api/v3/myTrades",
    "/sapi/v1/account/apiRestrictions", "/sapi/v1/asset/tradeFee", "/sapi/v1/capital/config/getall",
    "/sapi/v1/margin/allPairs", "/sapi/v1/margin/isolated/allPairs",
)  # fmt: skip


class BinanceSpot:
    def __init__(self, holder: MarketHolder, clock: Clock) -> None:
        self._holder = holder
        self._clock = clock
        self.window = WeightWindow(clock, WEIGHT_LIMIT)

    # Each endpoint: parameters in, body out.

    def time(self, params: Params) -> bytes:
        return b'{"serverTime":%d}' % self._clock.now_ms()

    def ping(self, params: Params) -> bytes:
        return b"{}"

    def exchange_info(self, params: Params) -> bytes:
        symbol, symbols, permissions = params.get("symbol"), params.get("symbols"), params.get("permissions")
        status = params.get("symbolStatus")
        params.get("showPermissionSets")
        if symbol and symbols:
            binance_error(-1128, "Combination of optional parameters invalid.")
        if symbol or symbols:
            market = self._holder.market
            rows = [one_listing(market, PLACE, symbol)] if symbol else listings_of(market, PLACE, params)
            rest = render_info([spot_symbol(row) for row in rows], SPOT_RATE_LIMITS)
        elif permissions not in (None, "SPOT", '["SPOT"]') or status not in (None, "TRADING", "BREAK", "HALT"):
            rest = render_info([], SPOT_RATE_LIMITS)
        else:
            rest = self._holder.rendered_once(("binance info", status), lambda: self._info(status))
        return with_server_time(rest, self._clock.now_ms())

    def _info(self, status: str | None) -> bytes:
        symbols = [spot_symbol(row) for row in self._holder.market.listings(PLACE)]
        return render_info([row for row in symbols if status in (None, row["status"])], SPOT_RATE_LIMITS)

    def book_ticker(self, params: Params) -> bytes:
        return self._one_or_many(params, "book", render_book_ticker)

    def price(self, params: Params) -> bytes:
        return self._one_or_many(params, "price", render_price)

    def day(self, params: Params) -> bytes:
        kind = params.get("type") or "FULL"
        if kind not in ("FULL", "MINI"):
            binance_error(-1100, "Illegal characters found in parameter 'type'; legal range is 'FULL|MINI'.")
        render = render_day if kind == "FULL" else render_mini_day
        return self._one_or_many(params, kind, render)

    def _one_or_many(self, params: Params, name: str, render: RenderRow) -> bytes:
        market = self._holder.market
        symbol, symbols = params.get("symbol"), params.get("symbols")
        if symbol and symbols:
            binance_error(-1128, "Combination of optional parameters invalid.")
        wall_ms = market.board(PLACE).wall_ms
        if symbol:
            row = one_listing(market, PLACE, symbol)
            return render(row, market.quote(row), market, wall_ms).encode()
        if symbols:
            rows = listings_of(market, PLACE, params)
            return ("[" + ",".join(render(r, market.quote(r), market, wall_ms) for r in rows) + "]").encode()
        return self._holder.rendered(("binance spot", name), lambda: self._all(render))

    def _all(self, render: RenderRow) -> bytes:
        market = self._holder.market
        state = market.board(PLACE)
        rows = zip(state.listings, state.quotes, strict=True)
        return ("[" + ",".join(render(row, quote, market, state.wall_ms) for row, quote in rows) + "]").encode()

    def depth(self, params: Params) -> bytes:
        market = self._holder.market
        row = required_listing(market, PLACE, params)
        limit = whole_number(params, "limit")
        if limit == 0:
            binance_error(-1130, "Data sent for parameter 'limit' is not valid.")
        book = market.book(row, min(limit or 100, 5000))
        sides = [
            ",".join(f'["{ticks * row.tick:.8f}","{lots * row.lot:.8f}"]' for ticks, lots, _ in side)
            for side in (book.bids, book.asks)
        ]
        update = update_id(self._clock.now_ms())
        return f'{{"lastUpdateId":{update},"bids":[{sides[0]}],"asks":[{sides[1]}]}}'.encode()

    def klines(self, params: Params) -> bytes:
        market = self._holder.market
        row = required_listing(market, PLACE, params)
        interval = params.get("interval")
        if interval is None:
            missing("interval")
        length_ms = INTERVALS_MS.get(interval)
        if length_ms is None:
            binance_error(-1120, "Invalid interval.")
        params.get("timeZone")
        limit = min(whole_number(params, "limit") or 500, 1000)
        first_ms, last_ms = window_of(params, length_ms, limit, self._clock.now_ms())
        origin_ms = MONDAY_MS if interval == "1w" else 0
        candles = market.candles(row, length_ms, first_ms, last_ms, origin_ms)[:limit]
        rows = [kline(candle, length_ms, row.tick, row.lot, 8) for candle in candles]
        return msgspec.json.encode(rows)

    def system_status(self, params: Params) -> bytes:
        return b'{"status":0,"msg":"normal"}'


def kline(candle: Candle, length_ms: int, tick: float, lot: float, decimals: int) -> list[int | str]:
    prices = [f"{ticks * tick:.{decimals}f}" for ticks in (candle.open, candle.high, candle.low, candle.close)]
    volume, turnover = candle.volume, candle.turnover
    taken = 0.5 + 0.1 * ((candle.trades % 7) - 3) / 3
    return [
        candle.start_ms,
        *prices,
        f"{volume:.{decimals}f}",
        candle.start_ms + length_ms - 1,
        f"{turnover:.{decimals}f}",
        candle.trades,
        f"{volume * taken:.{decimals}f}",
        f"{turnover * taken:.{decimals}f}",
        "0",
    ]


def update_id(now_ms: int) -> int:
    """Grows with time, faster than once a second."""
    return now_ms // 50


def render_book_ticker(row: Listing, quote: Quote, market: Market, wall_ms: int) -> str:
    tick, lot = row.tick, row.lot
    return (
        f'{{"symbol":"{row.symbol}","bidPrice":"{quote.bid * tick:.8f}","bidQty":"{quote.bid_lots * lot:.8f}",'
        f'"askPrice":"{quote.ask * tick:.8f}","askQty":"{quote.ask_lots * lot:.8f}"}}'
    )


def render_price(row: Listing, quote: Quote, market: Market, wall_ms: int) -> str:
    return f'{{"symbol":"{row.symbol}","price":"{quote.last * row.tick:.8f}"}}'


def render_day(row: Listing, quote: Quote, market: Market, wall_ms: int) -> str:
    day = market.day(row, quote)
    tick, lot = row.tick, row.lot
    last, opened = quote.last * tick, day.open * tick
    return (
        f'{{"symbol":"{row.symbol}","priceChange":"{last - opened:.8f}",'
        f'"priceChangePercent":"{(last / opened - 1) * 100:.3f}","weightedAvgPrice":"{day.turnover / day.volume:.8f}",'
        f'"prevClosePrice":"{opened:.8f}","lastPrice":"{last:.8f}","lastQty":"{quote.bid_lots * lot:.8f}",'
        f'"bidPrice":"{quote.bid * tick:.8f}","bidQty":"{quote.bid_lots * lot:.8f}",'
        f'"askPrice":"{quote.ask * tick:.8f}","askQty":"{quote.ask_lots * lot:.8f}",'
        f'"openPrice":"{opened:.8f}","highPrice":"{day.high * tick:.8f}","lowPrice":"{day.low * tick:.8f}",'
        f'"volume":"{day.volume:.8f}","quoteVolume":"{day.turnover:.8f}","openTime":{wall_ms - DAY_MS},'
        f'"closeTime":{wall_ms},"firstId":{row.key % 10**9},"lastId":{row.key % 10**9 + day.trades - 1},'
        f'"count":{day.trades}}}'
    )


def render_mini_day(row: Listing, quote: Quote, market: Market, wall_ms: int) -> str:
    day = market.day(row, quote)
    tick = row.tick
    return (
        f'{{"symbol":"{row.symbol}","openPrice":"{day.open * tick:.8f}","highPrice":"{day.high * tick:.8f}",'
        f'"lowPrice":"{day.low * tick:.8f}","lastPrice":"{quote.last * tick:.8f}","volume":"{day.volume:.8f}",'
        f'"quoteVolume":"{day.turnover:.8f}","openTime":{wall_ms - DAY_MS},"closeTime":{wall_ms},'
        f'"firstId":{row.key % 10**9},"lastId":{row.key % 10**9 + day.trades - 1},"count":{day.trades}}}'
    )


def weigh_day(params: Params) -> int:
    symbols = params.get("symbols")
    if params.get("symbol"):
        return 2
    if symbols:
        count = symbols.count(",") + 1
        return 2 if count <= 20 else 40 if count <= 100 else 80
    return 80


def weigh_one_or_all(params: Params) -> int:
    return 2 if params.get("symbol") else 4


async def needs_key(request: Request) -> Response:
    if not request.headers.get("x-mbx-apikey"):
        return JSONResponse({"code": -2014, "msg": "API-key format invalid."}, 401)
    return JSONResponse({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, 401)


async def not_found(request: Request, error: Exception) -> Response:
    return HTMLResponse(NOT_FOUND_PAGE, error.status_code if isinstance(error, HTTPException) else 404)


def build_binance_spot(holder: MarketHolder, clock: Clock) -> tuple[Starlette, BinanceSpot]:
    spot = BinanceSpot(holder, clock)

    def route(path: str, build: Callable[[Params], bytes], weight: Callable[[Params], int]) -> Route:
        header = "x-mbx-used-weight-1M"
        return Route(path, binance_endpoint(build, weight, spot.window, clock, header, strict=True), methods=["GET"])

    weigh_depth = weigh_limit(((100, 5), (500, 25), (1000, 50), (5000, 250)), 100)
    routes = [
        route("/api/v3/ping", spot.ping, weigh(1)),
        route("/api/v3/time", spot.time, weigh(1)),
        route("/api/v3/exchangeInfo", spot.exchange_info, weigh(20)),
        route("/api/v3/ticker/bookTicker", spot.book_ticker, weigh_one_or_all),
        route("/api/v3/ticker/price", spot.price, weigh_one_or_all),
        route("/api/v3/ticker/24hr", spot.day, weigh_day),
        route("/api/v3/depth", spot.depth, weigh_depth),
        route("/api/v3/klines", spot.klines, weigh(2)),
        route("/sapi/v1/system/status", spot.system_status, weigh(1)),
        *(Route(path, needs_key, methods=["GET", "POST", "DELETE"]) for path in KEY_ONLY),
    ]
    return Starlette(routes=routes, exception_handlers={404: not_found, 405: not_found}), spot
