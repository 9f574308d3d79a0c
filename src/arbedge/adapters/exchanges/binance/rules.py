"""Binance's addresses, request weights and errors (spot and USD-M futures).

https://developers.binance.com/docs/binance-spot-api-docs/rest-api and .../derivatives/usds-margined-futures
"""

import re
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import httpx
import msgspec
from msgspec import Struct

from arbedge.adapters.exchanges.failures import WAIT_S_MAX, classify_status, excerpt, find_retry_after
from arbedge.adapters.exchanges.session import Call, HostRules
from arbedge.domain.budget import Limit
from arbedge.domain.intervals import Interval
from arbedge.domain.market import Market
from arbedge.errors import (
    ExchangeDown,
    ExchangeError,
    ExchangeRateLimited,
    ExchangeRefused,
    ExchangeUnreachable,
)

WEIGHT_PER_MINUTE: Final[MappingProxyType[Market, int]] = MappingProxyType({"spot": 6000, "perp": 2400})

TICKERS: Final[MappingProxyType[Market, tuple[Call, ...]]] = MappingProxyType(
    {
        "spot": (Call("/api/v3/ticker/bookTicker", 4),),
        "perp": (Call("/fapi/v1/ticker/bookTicker", 5), Call("/fapi/v1/premiumIndex", 10)),
    }
)
INSTRUMENTS: Final[MappingProxyType[Market, tuple[Call, ...]]] = MappingProxyType(
    {
        "spot": (Call("/api/v3/exchangeInfo", 20, {"permissions": "SPOT"}),),
        "perp": (Call("/fapi/v1/exchangeInfo", 1), Call("/fapi/v1/fundingInfo", 1)),
    }
)

_SPOT_DEPTHS: Final = ((100, 5), (500, 25), (1000, 50), (5000, 250))  # levels up to, weight
_FUTURES_DEPTHS: Final = ((5, 2), (10, 2), (20, 2), (50, 2), (100, 5), (500, 10), (1000, 20))  # only these limits

_FUTURES_CANDLES: Final = ((99, 1), (499, 2), (1000, 5))  # candles up to, weight
_CANDLE_PATHS: Final[MappingProxyType[Market, str]] = MappingProxyType(
    {"spot": "/api/v3/klines", "perp": "/fapi/v1/klines"}
)

_SERVER_TIME = re.compile(rb'"serverTime":\s*(\d{13})')  # at the head of exchangeInfo
_BANNED_UNTIL = re.compile(r"banned until (\d{13})")
_BAN_S: Final = 120.0  # the first ban; later ones grow to three days and say so
_OVERLOADED: Final = -1008
_RATE_CODES: Final = frozenset({-1003, -1015})
_DOWN_CODES: Final = frozenset({-1000, -1001, -1006, -1007, _OVERLOADED})


class _Refusal(Struct):
    code: int
    msg: str = ""


_REFUSAL = msgspec.json.Decoder(_Refusal, strict=False)


def order_book(market: Market, symbol: str, depth: int) -> Call:
    """At least `depth` levels; futures serve only certain counts."""
    if market == "spot":
        limit = min(depth, _SPOT_DEPTHS[-1][0])
        weight = next(weight for most, weight in _SPOT_DEPTHS if limit <= most)
        return Call("/api/v3/depth", weight).asking(symbol=symbol, limit=limit)
    limit, weight = next((row for row in _FUTURES_DEPTHS if depth <= row[0]), _FUTURES_DEPTHS[-1])
    return Call("/fapi/v1/depth", weight).asking(symbol=symbol, limit=limit)


def candles(market: Market, symbol: str, interval: Interval, limit: int) -> Call:
    """Our names of intervals are Binance's own."""
    weight = 2 if market == "spot" else next(weight for most, weight in _FUTURES_CANDLES if limit <= most)
    return Call(_CANDLE_PATHS[market], weight).asking(symbol=symbol, interval=interval, limit=limit)


def funding_history(symbol: str, limit: int) -> Call:
    """Also counted among 500 calls in 5 minutes that it shares with fundingInfo."""
    return Call("/fapi/v1/fundingRate", 1).asking(symbol=symbol, limit=limit)


def find_used(headers: httpx.Headers) -> int | None:
    """The minute's weight as Binance counts it for our address."""
    used = headers.get("x-mbx-used-weight-1m", "")
    return int(used[:9]) if used.isdecimal() else None


def classify(status: int, headers: httpx.Headers, body: bytes, now: int) -> ExchangeError:
    """429 warns, 418 bans the address; 403 is the firewall and 451 the region, whoever asks."""
    text = f"HTTP {status}: {excerpt(body)}"
    if status == HTTPStatus.IM_A_TEAPOT or b"banned until" in body:
        return ExchangeRateLimited(text, find_retry_after(headers) or _ban_s(body, now))
    if error := classify_status(status, headers, body, wait_s=(_next_minute(now) - now) / 1000):
        return error
    try:
        refusal = _REFUSAL.decode(body)
    except (ValueError, RecursionError):  # unreadable as JSON, as text, or nested without end
        return ExchangeUnreachable(text)
    if refusal.code in _RATE_CODES:
        return ExchangeRateLimited(text, find_retry_after(headers) or (_next_minute(now) - now) / 1000)
    if refusal.code in _DOWN_CODES or "under maintenance" in refusal.msg:
        return ExchangeDown(text)
    return ExchangeRefused(text)


def _ban_s(body: bytes, now: int) -> float:
    match = _BANNED_UNTIL.search(body.decode("utf-8", "replace"))
    return min(max(1.0, (int(match.group(1)) - now) / 1000), WAIT_S_MAX) if match else _BAN_S


def _next_minute(now: int) -> int:
    """Windows follow the wall clock's minutes."""
    return (now // 60_000 + 1) * 60_000


def _limit(market: Market) -> Limit:
    return Limit("weight", WEIGHT_PER_MINUTE[market], 60_000)


HOSTS: Final[MappingProxyType[Market, HostRules]] = MappingProxyType(
    {
        "spot": HostRules("binance", classify, lambda _call: _limit("spot"), find_used, _SERVER_TIME),
        "perp": HostRules("binance-futures", classify, lambda _call: _limit("perp"), find_used, _SERVER_TIME),
    }
)
