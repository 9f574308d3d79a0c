"""What Binance spot and USD-M have in common: error bodies, parameter rules, weights and their header."""

import json
import re
from collections.abc import Callable
from typing import NoReturn

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from scripts.sandbox.clock import Clock
from scripts.sandbox.exchanges.limits import SlidingCount, WeightWindow
from scripts.sandbox.exchanges.wire import Handler, Params, RefusedError, client_address, refuse
from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.market import Market, Place

MINUTE_MS = 60_000
DAY_MS = 86_400_000
# A Monday, for weekly candles.
MONDAY_MS = 4 * DAY_MS
INTERVALS_MS: dict[str, int] = {
    "1s": 1_000, "1m": MINUTE_MS, "3m": 3 * MINUTE_MS, "5m": 5 * MINUTE_MS, "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS, "1h": 60 * MINUTE_MS, "2h": 120 * MINUTE_MS, "4h": 240 * MINUTE_MS, "6h": 360 * MINUTE_MS,
    "8h": 480 * MINUTE_MS, "12h": 720 * MINUTE_MS, "1d": DAY_MS, "3d": 3 * DAY_MS, "1w": 7 * DAY_MS, "1M": 30 * DAY_MS,
}  # fmt: skip


def binance_error(code: int, msg: str, status: int = 400) -> NoReturn:
    refuse(JSONResponse({"code": code, "msg": msg}, status))


def missing(name: str) -> NoReturn:
    binance_error(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def whole_number(params: Params, name: str) -> int | None:
    text = params.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,20}", text):
        binance_error(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
    return int(text)


def one_listing(market: Market, place: Place, symbol: str) -> Listing:
    if place[1] == "spot" and not re.fullmatch(r"[A-Z0-9\-_.]{1,20}", symbol):
        binance_error(-1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'.")
    listing = market.find(place, symbol)
    if listing is None:
        binance_error(-1121, "Invalid symbol.")
    return listing


def required_listing(market: Market, place: Place, params: Params) -> Listing:
    symbol = params.get("symbol")
    if symbol is None:
        missing("symbol")
    return one_listing(market, place, symbol)


def listings_of(market: Market, place: Place, params: Params) -> list[Listing]:
    """The `symbols` parameter: a JSON array of names."""
    text = params.get("symbols") or "[]"
    try:
        names = json.loads(text)
    except ValueError:
        names = None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        binance_error(
            -1100,
            "Illegal characters found in parameter 'symbols'; legal range is "
            '\'^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\\]$\'.',
        )
    return [one_listing(market, place, name) for name in names]


def window_of(params: Params, length_ms: int, limit: int, now_ms: int) -> tuple[int, int]:
    """First and last start: forward from startTime where it is given, else the newest before endTime."""
    start_ms, end_ms = whole_number(params, "startTime"), whole_number(params, "endTime")
    if start_ms is not None:
        last_ms = now_ms if end_ms is None else end_ms
        first_ms = -(-start_ms // length_ms) * length_ms
        return first_ms, min(last_ms, first_ms + (limit - 1) * length_ms)
    last_ms = now_ms if end_ms is None else min(end_ms, now_ms)
    return last_ms - limit * length_ms + 1, last_ms


def binance_endpoint(
    build: Callable[[Params], bytes],
    weight: Callable[[Params], int],
    window: WeightWindow,
    clock: Clock,
    header: str,
    *,
    strict: bool,
    also: SlidingCount | None = None,
) -> Handler:
    """`strict` refuses parameters that the endpoint does not know, as spot does; `also` is a limit of its own."""

    async def handle(request: Request) -> Response:
        params = Params(request.url.query)
        verdict = window.spend(client_address(request), weight(params))
        headers = {header: str(verdict.used), header.removesuffix("-1M"): str(verdict.used)}
        if verdict.status != 200:
            return over_limit(window, verdict.status, verdict.until_ms, clock.now_ms(), headers)
        if also is not None and not also.allow(client_address(request)):
            return JSONResponse({"code": -1003, "msg": "Too many requests."}, 429, {**headers, "Retry-After": "60"})
        try:
            body = build(params)
            if strict:
                require_all_read(params)
        except RefusedError as error:
            error.response.headers.update(headers)
            return error.response
        return Response(body, 200, headers, "application/json;charset=UTF-8")

    return handle


def over_limit(window: WeightWindow, status: int, until_ms: int, now_ms: int, headers: dict[str, str]) -> Response:
    if status == 418:
        msg = (
            f"Way too much request weight used; IP banned until {until_ms}. "
            "Please use WebSocket Streams for live updates to avoid bans."
        )
    else:
        msg = (
            f"Too much request weight used; current limit is {window.limit} request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API."
        )
    retry_after = str(max(1, -(-(until_ms - now_ms) // 1000)))
    return JSONResponse({"code": -1003, "msg": msg}, status, {**headers, "Retry-After": retry_after})


def require_all_read(params: Params) -> None:
    if len(set(params.names)) != len(params.names):
        binance_error(-1101, "Duplicate values for a parameter detected.")
    unread = [name for name in params.names if name not in params.read]
    if unread and not params.read:
        binance_error(-1101, f"Too many parameters; expected '0' and received '{len(params.names)}'.")
    if unread:
        read = len(params.names) - len(unread)
        binance_error(
            -1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{len(params.names)}'."
        )


def weigh(value: int) -> Callable[[Params], int]:
    return lambda params: value


def weigh_limit(steps: tuple[tuple[int, int], ...], default: int) -> Callable[[Params], int]:
    """By the `limit` asked for: the first step that reaches it."""

    def weight(params: Params) -> int:
        text = params.get("limit") or ""
        limit = int(text) if text.isdigit() else default
        return next((cost for most, cost in steps if limit <= most), steps[-1][1])

    return weight
