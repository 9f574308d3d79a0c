"""CoinMarketCap's paths, its key's header and its errors. https://coinmarketcap.com/api/documentation/v1/"""

import re
from http import HTTPStatus
from typing import Final

import httpx
from msgspec import Struct

from arbedge.errors import (
    CoinDataBlocked,
    CoinDataDown,
    CoinDataError,
    CoinDataKeyRefused,
    CoinDataLimited,
    CoinDataRefused,
    CoinDataUnreachable,
)

URL: Final = "https://pro-api.coinmarketcap.com"
KEY_HEADER: Final = "X-CMC_PRO_API_KEY"

QUOTES: Final = "/v2/cryptocurrency/quotes/latest"
LISTINGS: Final = "/v1/cryptocurrency/listings/latest"
GLOBAL_METRICS: Final = "/v1/global-metrics/quotes/latest"
FEAR_AND_GREED: Final = "/v3/fear-and-greed/latest"
MAP: Final = "/v1/cryptocurrency/map"
KEY_INFO: Final = "/v1/key/info"

MINUTE_S: Final = 60.0
DAY_S: Final = 86_400.0

_MINUTE_CODE, _DAY_CODE, _MONTH_CODE = 1008, 1009, 1010
_PACE_CODES: Final = frozenset({_MINUTE_CODE, 1011})  # 1011 is the address's limit
_REQUEST_CODES: Final = frozenset({400, 1006})  # 1006: not in the plan
_SERVER_CODE: Final = 500
_SECONDS: Final = re.compile(r"[0-9]{1,15}")
_KEY_CODES: Final = frozenset({1001, 1002, 1003, 1004, 1005, 1007})


class Failure(Struct, frozen=True):
    """What an answer that is no data says: the status, and the envelope's own words where there is an envelope."""

    status: int
    error_code: int | None
    message: str
    credits: int | None

    @property
    def code_or_status(self) -> int:
        return HTTPStatus.INTERNAL_SERVER_ERROR if self.error_code == _SERVER_CODE else self.status

    def describe(self) -> str:
        return f"HTTP {self.status}, code {self.error_code}: {self.message}"


def classify(failure: Failure, headers: httpx.Headers, now: int) -> CoinDataError:
    """The envelope's code decides, whatever the status; without one that we know the status does."""
    code, text, paid = failure.error_code, failure.describe(), failure.credits
    if code in _KEY_CODES:
        return CoinDataKeyRefused(text, credits=paid)
    if code in _PACE_CODES:
        wait_s = _find_retry_after(headers) or MINUTE_S
        return CoinDataLimited(text, "minute" if code == _MINUTE_CODE else "address", wait_s, credits=paid)
    if code == _DAY_CODE:
        return CoinDataLimited(text, "day", DAY_S - now // 1000 % DAY_S, credits=paid)
    if code == _MONTH_CODE:
        return CoinDataLimited(text, "month", None, credits=paid)
    if code in _REQUEST_CODES:
        return CoinDataRefused(text, credits=paid)
    return _classify_status(failure, headers)


def _classify_status(failure: Failure, headers: httpx.Headers) -> CoinDataError:
    """A 500 is in both places; a code that nobody documents, with a good status, refuses what we asked."""
    status, text, paid = failure.code_or_status, failure.describe(), failure.credits
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return CoinDataLimited(text, "minute", _find_retry_after(headers) or MINUTE_S, credits=paid)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED):
        return CoinDataKeyRefused(text, credits=paid)
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS):
        return CoinDataBlocked(text, credits=paid)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return CoinDataDown(text, credits=paid)
    if httpx.codes.is_client_error(status) or failure.error_code:
        return CoinDataRefused(text, credits=paid)
    return CoinDataUnreachable(text, credits=paid)


def _find_retry_after(headers: httpx.Headers) -> float | None:
    """Seconds, no longer than a day: a longer wait is a mistake that would never be noticed."""
    value = headers.get("retry-after", "").strip()
    return min(float(value), DAY_S) or None if _SECONDS.fullmatch(value) else None
