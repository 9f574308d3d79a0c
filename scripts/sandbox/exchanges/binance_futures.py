"""Binance USD-M futures: `/fapi/v1` market data and funding; coin-margined futures and options next door are empty."""

from collections.abc import Callable

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts.sandbox.clock import Clock
from scripts.sandbox.exchanges.binance_info import (
    FUTURES_RATE_LIMITS,
    futures_assets,
    futures_price_text,
    futures_symbol,
    render_info,
    with_server_time,
)
from scripts.sandbox.exchanges.binance_rules import (
    DAY_MS,
    INTERVALS_MS,
    MONDAY_MS,
    binance_endpoint,
    binance_error,
    missing,
    one_listing,
    required_listing,
    weigh,
    weigh_limit,
    whole_number,
    window_of,
)
from scripts.sandbox.exchanges.binance_spot import RenderRow, kline, update_id
from scripts.sandbox.exchanges.limits import SlidingCount, WeightWindow
from scripts.sandbox.exchanges.wire import MarketHolder, Params
from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.market import HOUR_MS, Funding, Market, Place
from scripts.sandbox.market.quotes import Quote

PLACE: Place = ("binance", "perp")
WEIGHT_LIMIT = 2400
FUNDING_LIMIT_PER_5_MIN = 500
DEPTH_LIMITS = (5, 10, 20, 50, 100, 500, 1000)
KEY_ONLY = (
    "/fapi/v1/order", "/fapi/v1/openOrders", "/fapi/v2/account", "/fapi/v3/account", "/fapi/v3/balance",
    "/fapi/v3/positionRisk", "/fapi/v1/leverageBracket", "/fapi/v1/commissionRate",
)  # fmt: skip


class BinanceFutures:
    def __init__(self, holder: MarketHolder, clock: Clock) -> None:
        self._holder = holder
        self._clock = clock
        self.window = WeightWindow(clock, WEIGHT_LIMIT)
        self.funding_limit = SlidingCount(clock, FUNDING_LIMIT_PER_5_MIN, 5 * 60_000)

    def time(self, params: Params) -> bytes:
        return b'{"serverTime":%d}' % self._clock.now_ms()

    def ping(self, params: Params) -> bytes:
        return b"{}"

    def exchange_info(self, params: Params) -> bytes:
        rows = self._holder.market.listings(PLACE)
        rest = self._holder.rendered_once(
            "usdm info", lambda: render_info([futures_symbol(row) for row in rows], FUTURES_RATE_LIMITS)
        )
        return with_server_time(rest, self._clock.now_ms(), futures_assets(list(rows)))

    def book_ticker(self, params: Params) -> bytes:
        return self._one_or_many(params, "book", render_book_ticker)

    def price(self, params: Params) -> bytes:
        return self._one_or_many(params, "price", render_price)

    def day(self, params: Params) -> bytes:
        return self._one_or_many(params, "day", render_day)

    def _one_or_many(self, params: Params, name: str, render: RenderRow) -> bytes:
        market = self._holder.market
        symbol = params.get("symbol")
        if symbol:
            row = one_listing(market, PLACE, symbol)
            return render(row, market.quote(row), market, market.board(PLACE).wall_ms).encode()
        return self._holder.rendered(("usdm", name), lambda: self._all(render))

    def _all(self, render: RenderRow) -> bytes:
        market = self._holder.market
        state = market.board(PLACE)
        rows = zip(state.listings, state.quotes, strict=True)
        return ("[" + ",".join(render(row, quote, market, state.wall_ms) for row, quote in rows) + "]").encode()

    def premium_index(self, params: Params) -> bytes:
        market = self._holder.market
        symbol = params.get("symbol")
        if symbol:
            row = one_listing(market, PLACE, symbol)
            return render_premium(row, market.funding(row), market.board(PLACE).wall_ms).encode()
        return self._holder.rendered("usdm premium", self._all_premiums)

    def _all_premiums(self) -> bytes:
        market = self._holder.market
        wall_ms = market.board(PLACE).wall_ms
        rows = market.listings(PLACE)
        return ("[" + ",".join(render_premium(row, market.funding(row), wall_ms) for row in rows) + "]").encode()

    def funding_info(self, params: Params) -> bytes:
        """Only symbols whose interval or cap was adjusted; whoever is missing settles every 8 h."""
        adjusted = [row for row in self._holder.market.listings(PLACE) if row.funding_interval_h != 8 or row.tier == 3]
        rows = [
            {
                "symbol": row.symbol,
                "adjustedFundingRateCap": f"{row.funding_cap:.8f}",
                "adjustedFundingRateFloor": f"{-row.funding_cap:.8f}",
                "fundingIntervalHours": row.funding_interval_h,
                "disclaimer": False,
                "updateTime": row.launch_ms,
            }
            for row in adjusted
        ]
        return msgspec.json.encode(rows)

    def funding_history(self, params: Params) -> bytes:
        market = self._holder.market
        symbol = params.get("symbol")
        start_ms, end_ms = whole_number(params, "startTime"), whole_number(params, "endTime")
        limit = whole_number(params, "limit")
        if limit is not None and not 1 <= limit <= 1000:
            binance_error(-1130, "Data sent for parameter 'limit' is not valid.")
        limit = limit or 100
        listings = [one_listing(market, PLACE, symbol)] if symbol else list(market.listings(PLACE))
        last_ms = self._clock.now_ms() if end_ms is None else end_ms
        rows: list[dict[str, object]] = []
        for row in listings:
            span_ms = row.funding_interval_h * HOUR_MS * limit
            # Forward from the start where one is given, else the newest.
            first_ms = start_ms if start_ms is not None else last_ms - span_ms
            to_ms = min(last_ms, first_ms + span_ms) if start_ms is not None else last_ms
            settled = market.settlements(row, first_ms, to_ms)
            settled = settled[:limit] if start_ms is not None else settled[-limit:]
            rows += [
                {
                    "symbol": row.symbol,
                    "fundingTime": item.time_ms + row.key % 13,
                    "fundingRate": f"{item.rate:.8f}",
                    "markPrice": f"{item.mark:.8f}",
                }
                for item in (settled if symbol else settled[-1:])
            ]
        return msgspec.json.encode(rows if symbol else rows[:limit])

    def depth(self, params: Params) -> bytes:
        market = self._holder.market
        row = required_listing(market, PLACE, params)
        limit = whole_number(params, "limit") or 500
        if limit not in DEPTH_LIMITS:
            binance_error(-4021, f"'{limit}' is not valid depth limit.")
        book = market.book(row, limit)
        sides = [
            ",".join(f'["{futures_price_text(row, ticks)}","{row.qty_text(lots)}"]' for ticks, lots, _ in side)
            for side in (book.bids, book.asks)
        ]
        now_ms = self._clock.now_ms()
        head = f'{{"lastUpdateId":{update_id(now_ms)},"E":{now_ms},"T":{now_ms - 6},'
        return f'{head}"bids":[{sides[0]}],"asks":[{sides[1]}]}}'.encode()

    def klines(self, params: Params) -> bytes:
        row = required_listing(self._holder.market, PLACE, params)
        return self._klines(params, row)

    def mark_klines(self, params: Params) -> bytes:
        """Price candles without volume, as for mark and index prices."""
        row = required_listing(self._holder.market, PLACE, params)
        rows = msgspec.json.decode(self._klines(params, row))
        return msgspec.json.encode([[*row[:5], "0", row[6], "0", row[8], "0", "0", "0"] for row in rows])

    def _klines(self, params: Params, row: Listing) -> bytes:
        interval = params.get("interval")
        if interval is None:
            missing("interval")
        length_ms = INTERVALS_MS.get(interval)
        if length_ms is None or interval == "1s":
            binance_error(-1120, "Invalid interval.")
        limit = whole_number(params, "limit") or 500
        if limit > 1500:
            binance_error(-1130, "Data sent for parameter 'limit' is not valid.")
        first_ms, last_ms = window_of(params, length_ms, limit, self._clock.now_ms())
        origin_ms = MONDAY_MS if interval == "1w" else 0
        candles = self._holder.market.candles(row, length_ms, first_ms, last_ms, origin_ms)[:limit]
        decimals = max(2, row.price_decimals)
        return msgspec.json.encode([kline(candle, length_ms, row.tick, row.lot, decimals) for candle in candles])

    def constituent_empty(self, params: Params) -> bytes:
        return b"[]"


def render_book_ticker(row: Listing, quote: Quote, market: Market, wall_ms: int) -> str:
    decimals = 2 if row.price_decimals == 1 else row.price_decimals
    tick, lot, lot_decimals = row.tick, row.lot, row.lot_decimals
    return (
        f'{{"symbol":"{row.symbol}","bidPrice":"{quote.bid * tick:.{decimals}f}",'
        f'"bidQty":"{quote.bid_lots * lot:.{lot_decimals}f}","askPrice":"{quote.ask * tick:.{decimals}f}",'
        f'"askQty":"{quote.ask_lots * lot:.{lot_decimals}f}","time":{wall_ms},"lastUpdateId":{update_id(wall_ms)}}}'
    )


def render_price(row: Listing, quote: Quote, market: Market, wall_ms: int) -> str:
    return f'{{"symbol":"{row.symbol}","price":"{futures_price_text(row, quote.last)}","time":{wall_ms}}}'


def render_day(row: Listing, quote: Quote, market: Market, wall_ms: int) -> str:
    day = market.day(row, quote)
    last, opened = quote.last * row.tick, day.open * row.tick
    decimals = 2 if row.price_decimals == 1 else row.price_decimals
    first_id = row.key % 10**9
    return (
        f'{{"symbol":"{row.symbol}","priceChange":"{last - opened:.{decimals}f}",'
        f'"priceChangePercent":"{(last / opened - 1) * 100:.3f}",'
        f'"weightedAvgPrice":"{day.turnover / day.volume:.{decimals}f}","lastPrice":"{last:.{decimals}f}",'
        f'"lastQty":"{row.qty_text(max(1, quote.bid_lots // 9))}","openPrice":"{opened:.{decimals}f}",'
        f'"highPrice":"{day.high * row.tick:.{decimals}f}","lowPrice":"{day.low * row.tick:.{decimals}f}",'
        f'"volume":"{day.volume:.{row.lot_decimals}f}","quoteVolume":"{day.turnover:.2f}",'
        f'"openTime":{wall_ms - DAY_MS},"closeTime":{wall_ms},"firstId":{first_id},'
        f'"lastId":{first_id + day.trades - 1},"count":{day.trades}}}'
    )


def render_premium(row: Listing, funding: Funding, wall_ms: int) -> str:
    return (
        f'{{"symbol":"{row.symbol}","markPrice":"{funding.mark:.8f}","indexPrice":"{funding.index:.8f}",'
        f'"estimatedSettlePrice":"{funding.index * 1.00005:.8f}","lastFundingRate":"{funding.rate:.8f}",'
        f'"interestRate":"{0.0001 * row.funding_interval_h / 8:.8f}","nextFundingTime":{funding.next_ms},'
        f'"time":{wall_ms}}}'
    )


def weigh_premium(params: Params) -> int:
    return 1 if params.get("symbol") else 10


def weigh_book_ticker(params: Params) -> int:
    return 2 if params.get("symbol") else 5


def weigh_price(params: Params) -> int:
    return 1 if params.get("symbol") else 2


def weigh_day(params: Params) -> int:
    return 1 if params.get("symbol") else 40


async def needs_key(request: Request) -> Response:
    if not request.headers.get("x-mbx-apikey"):
        return JSONResponse({"code": -2014, "msg": "API-key format invalid."}, 401)
    return JSONResponse({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, 401)


async def not_found(request: Request, error: Exception) -> Response:
    path = request.url.path.removeprefix("/binance-futures")
    return JSONResponse({"code": -5000, "msg": f"Path {path}, Method {request.method} is invalid"}, 404)


async def coin_margined_info(request: Request) -> Response:
    return JSONResponse({"timezone": "UTC", "serverTime": 0, "rateLimits": [], "exchangeFilters": [], "symbols": []})


async def options_info(request: Request) -> Response:
    body = {"timezone": "UTC", "serverTime": 0, "optionContracts": [], "optionAssets": [], "optionSymbols": []}
    return JSONResponse(body | {"rateLimits": []})


async def empty_list(request: Request) -> Response:
    return JSONResponse([])


def build_binance_futures(holder: MarketHolder, clock: Clock) -> tuple[Starlette, BinanceFutures]:
    futures = BinanceFutures(holder, clock)

    def route(
        path: str, build: Callable[[Params], bytes], weight: Callable[[Params], int], also: SlidingCount | None = None
    ) -> Route:
        header = "x-mbx-used-weight-1M"
        return Route(path, binance_endpoint(build, weight, futures.window, clock, header, strict=False, also=also))

    weigh_depth = weigh_limit(((50, 2), (100, 5), (500, 10), (1000, 20)), 500)
    weigh_klines = weigh_limit(((99, 1), (499, 2), (1000, 5), (1500, 10)), 500)
    routes = [
        route("/fapi/v1/ping", futures.ping, weigh(1)),
        route("/fapi/v1/time", futures.time, weigh(1)),
        route("/fapi/v1/exchangeInfo", futures.exchange_info, weigh(1)),
        route("/fapi/v1/ticker/bookTicker", futures.book_ticker, weigh_book_ticker),
        route("/fapi/v1/ticker/price", futures.price, weigh_price),
        route("/fapi/v2/ticker/price", futures.price, weigh_price),
        route("/fapi/v1/ticker/24hr", futures.day, weigh_day),
        route("/fapi/v1/premiumIndex", futures.premium_index, weigh_premium),
        route("/fapi/v1/fundingInfo", futures.funding_info, weigh(1), futures.funding_limit),
        route("/fapi/v1/fundingRate", futures.funding_history, weigh(1), futures.funding_limit),
        route("/fapi/v1/depth", futures.depth, weigh_depth),
        route("/fapi/v1/klines", futures.klines, weigh_klines),
        route("/fapi/v1/markPriceKlines", futures.mark_klines, weigh_klines),
        *(Route(path, needs_key, methods=["GET", "POST", "DELETE"]) for path in KEY_ONLY),
        Route("/dapi/v1/exchangeInfo", coin_margined_info),
        *(Route(f"/dapi/v1/{name}", empty_list) for name in ("ticker/24hr", "ticker/bookTicker", "premiumIndex")),
        Route("/eapi/v1/exchangeInfo", options_info),
    ]
    return Starlette(routes=routes, exception_handlers={404: not_found, 405: not_found}), futures
