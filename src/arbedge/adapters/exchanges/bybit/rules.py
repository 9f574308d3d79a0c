"""Bybit's address, paths, limits and errors (V5). https://bybit-exchange.github.io/docs/v5/intro"""

import re
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import httpx
import msgspec
from msgspec import Struct

from arbedge.adapters.exchanges.failures import classify_status, excerpt
from arbedge.adapters.exchanges.session import Call, HostRules
from arbedge.domain.budget import Limit
from arbedge.domain.intervals import Interval
from arbedge.domain.market import Market
from arbedge.errors import (
    ExchangeBlocked,
    ExchangeDown,
    ExchangeError,
    ExchangeRateLimited,
    ExchangeRefused,
    ExchangeUnreachable,
)

URL: Final = "https://api.bybit.com"

REQUESTS_PER_5_S: Final = 600  # public paths count to this limit of the address only; each call weighs one

CATEGORY: Final[MappingProxyType[Market, str]] = MappingProxyType({"spot": "spot", "perp": "linear"})

TICKERS: Final[MappingProxyType[Market, tuple[Call, ...]]] = MappingProxyType(
    {market: (Call("/v5/market/tickers", 1, {"category": category}),) for market, category in CATEGORY.items()}
)
INSTRUMENTS: Final[MappingProxyType[Market, Call]] = MappingProxyType(
    {
        "spot": Call("/v5/market/instruments-info", 1, {"category": "spot"}),
        "perp": Call("/v5/market/instruments-info", 1, {"category": "linear", "limit": "1000"}),
    }
)
INSTRUMENT_PAGES_MAX: Final = 10  # a cursor that never ends must not keep us asking

_INTERVALS: Final[dict[Interval, str]] = {
    "1m": "1",
    "3m": "3",
    "5m": "5",
    "15m": "15",
    "30m": "30",
    "1h": "60",
    "2h": "120",
    "4h": "240",
    "6h": "360",
    "12h": "720",
    "1d": "D",
}

_DEPTH_MAX: Final[MappingProxyType[Market, int]] = MappingProxyType({"spot": 200, "perp": 500})

_SERVER_TIME = re.compile(rb'"time":\s*(\d{13})')  # in every envelope, before or after the result
_STAMP: Final = re.compile(r"[0-9]{13}")
_TOO_FREQUENT_S: Final = 600.0  # "access too frequent": all sessions stop for at least ten minutes
_WINDOW_S: Final = 5.0
_RATE_CODES: Final = frozenset({10006, 10018, 170222})
_ADDRESS_BANNED: Final = 10009
_BLOCKED_CODES: Final = frozenset({10008, 10024, 10027, 170209})
_DOWN_CODES: Final = frozenset({5004, 10000, 10016, 170007})


class _Refusal(Struct):
    retCode: int  # noqa: N815 the wire's own spelling
    retMsg: str = ""  # noqa: N815


_REFUSAL = msgspec.json.Decoder(_Refusal, strict=False)


def order_book(market: Market, symbol: str, depth: int) -> Call:
    limit = min(depth, _DEPTH_MAX[market])
    return Call("/v5/market/orderbook", 1).asking(category=CATEGORY[market], symbol=symbol, limit=limit)


def candles(market: Market, symbol: str, interval: Interval, limit: int) -> Call:
    category = CATEGORY[market]
    return Call("/v5/market/kline", 1).asking(
        category=category, symbol=symbol, interval=_INTERVALS[interval], limit=limit
    )


def funding_history(symbol: str, limit: int) -> Call:
    """Without times: a start without an end is refused."""
    return Call("/v5/market/funding/history", 1).asking(category=CATEGORY["perp"], symbol=symbol, limit=limit)


def classify(status: int, headers: httpx.Headers, body: bytes, now: int) -> ExchangeError:
    """403 is two things: the limit of the address says so in its body, anything else is the CDN's region block."""
    del now
    text = f"HTTP {status}: {excerpt(body)}"
    if status == HTTPStatus.FORBIDDEN and b"too frequent" in body.lower():
        return ExchangeRateLimited(text, _TOO_FREQUENT_S)
    if error := classify_status(status, headers, body, _WINDOW_S):
        return error
    try:
        refusal = _REFUSAL.decode(body)
    except (ValueError, RecursionError):  # unreadable as JSON, as text, or nested without end
        return ExchangeUnreachable(text)
    return classify_code(refusal.retCode, refusal.retMsg)


def classify_code(code: int, message: str) -> ExchangeError:
    """Most errors come with HTTP 200 and a `retCode` other than 0."""
    text = f"retCode {code}: {excerpt(message.encode())}"
    if code in _RATE_CODES:
        return ExchangeRateLimited(text, _WINDOW_S)
    if code == _ADDRESS_BANNED:
        return ExchangeRateLimited(text, _TOO_FREQUENT_S)
    if code in _BLOCKED_CODES:
        return ExchangeBlocked(text)
    if code in _DOWN_CODES:
        return ExchangeDown(text)
    return ExchangeRefused(text)


def find_reset(headers: httpx.Headers) -> int | None:
    """Bybit names the moment with every answer that counts against a limit; without one used up it is the present."""
    value = headers.get("x-bapi-limit-reset-timestamp", "")
    return int(value) if _STAMP.fullmatch(value) else None


_LIMIT = Limit("address", REQUESTS_PER_5_S, 5_000, is_sliding=True)
HOST: Final = HostRules("bybit", classify, lambda _call: _LIMIT, find_reset=find_reset, server_time=_SERVER_TIME)
