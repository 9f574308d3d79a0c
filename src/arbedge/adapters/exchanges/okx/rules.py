"""OKX's address, paths, limits and errors (V5). https://www.okx.com/docs-v5/en/"""

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

URL: Final = "https://www.okx.com"

# Limits count requests per path and two seconds; no header tells what is left.
REQUESTS_PER_2_S: Final[MappingProxyType[str, int]] = MappingProxyType(
    {
        "/api/v5/public/instruments": 20,
        "/api/v5/market/tickers": 20,
        "/api/v5/market/books": 40,
        "/api/v5/market/candles": 40,
        "/api/v5/public/funding-rate": 10,
        "/api/v5/public/funding-rate-history": 10,
        "/api/v5/public/mark-price": 10,
    }
)

_REQUESTS_PER_2_S_LEAST: Final = 5  # of any public path

TICKERS: Final[MappingProxyType[Market, tuple[Call, ...]]] = MappingProxyType(
    {
        "spot": (Call("/api/v5/market/tickers", 1, {"instType": "SPOT"}),),
        "perp": (
            Call("/api/v5/market/tickers", 1, {"instType": "SWAP"}),
            Call("/api/v5/public/funding-rate", 1, {"instId": "ANY"}),  # all swaps in one call
            Call("/api/v5/public/mark-price", 1, {"instType": "SWAP"}),
        ),
    }
)
INSTRUMENTS: Final[MappingProxyType[Market, tuple[Call, ...]]] = MappingProxyType(
    {
        "spot": (Call("/api/v5/public/instruments", 1, {"instType": "SPOT"}),),
        "perp": (Call("/api/v5/public/instruments", 1, {"instType": "SWAP"}),),
    }
)

_DEPTH_MAX: Final = 400

CANDLES_PAGE: Final = 300
# Without "utc" the bars from 6 hours up start at midnight in Hong Kong.
_BARS: Final[dict[Interval, str]] = {
    "1m": "1m",
    "3m": "3m",
    "5m": "5m",
    "15m": "15m",
    "30m": "30m",
    "1h": "1H",
    "2h": "2H",
    "4h": "4H",
    "6h": "6Hutc",
    "12h": "12Hutc",
    "1d": "1Dutc",
}

_WINDOW_S: Final = 2.0
_RATE_CODES: Final = frozenset({50011, 50061, 51113, 58102})
_BLOCKED_CODES: Final = frozenset({4088, 50007, 50009, 50027, 50125, 51155})
_DOWN_CODES: Final = frozenset({50001, 50004, 50005, 50013, 50026})


class _Refusal(Struct):
    code: int
    msg: str = ""


_REFUSAL = msgspec.json.Decoder(_Refusal, strict=False)


def order_book(symbol: str, depth: int) -> Call:
    return Call("/api/v5/market/books", 1).asking(instId=symbol, sz=min(depth, _DEPTH_MAX))


def candles(symbol: str, interval: Interval, limit: int, older_than: int | None) -> Call:
    """A page of at most `CANDLES_PAGE`; `after` means older than."""
    call = Call("/api/v5/market/candles", 1).asking(instId=symbol, bar=_BARS[interval], limit=limit)
    return call if older_than is None else call.asking(after=older_than)


def funding_history(symbol: str, limit: int) -> Call:
    return Call("/api/v5/public/funding-rate-history", 1).asking(instId=symbol, limit=limit)


def classify(status: int, headers: httpx.Headers, body: bytes, now: int) -> ExchangeError:
    """A status may carry OKX's own code (429 with 50011, 503 with 50001) or a CDN's page."""
    del now
    if error := classify_status(status, headers, body, _WINDOW_S):
        return error
    try:
        refusal = _REFUSAL.decode(body)
    except (ValueError, RecursionError):  # unreadable as JSON, as text, or nested without end
        return ExchangeUnreachable(f"HTTP {status}: {excerpt(body)}")
    return classify_code(refusal.code, refusal.msg)


def classify_code(code: int, message: str) -> ExchangeError:
    """Errors also come with HTTP 200 and a `code` other than "0"."""
    text = f"code {code}: {excerpt(message.encode())}"
    if code in _RATE_CODES:
        return ExchangeRateLimited(text, _WINDOW_S)
    if code in _BLOCKED_CODES:
        return ExchangeBlocked(text)
    if code in _DOWN_CODES:
        return ExchangeDown(text)
    return ExchangeRefused(text)


def _find_limit(call: Call) -> Limit:
    return Limit(call.path, REQUESTS_PER_2_S.get(call.path, _REQUESTS_PER_2_S_LEAST), 2_000, is_sliding=True)


HOST: Final = HostRules("okx", classify, _find_limit)
