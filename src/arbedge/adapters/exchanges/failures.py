"""What every exchange's refusals have in common: the HTTP statuses, and how long to wait."""

import re
from http import HTTPStatus
from typing import Final

import httpx

from arbedge.errors import ExchangeBlocked, ExchangeDown, ExchangeError, ExchangeRateLimited, ExchangeUnreachable

WAIT_S_MAX: Final = 3 * 86_400.0  # the longest ban there is; a longer one is a mistake that would never be noticed
_ADDRESS: Final = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b", re.IGNORECASE)
_TITLE: Final = re.compile(rb"<title>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_SECONDS: Final = re.compile(r"[0-9]{1,15}")


def excerpt(body: bytes) -> str:
    """Enough of a body to recognise it, on one line.

    A ban names our own address; since errors are shown in health, addresses are left out. Of a web page only the
    title says anything.
    """
    is_page = body[:200].lstrip().startswith(b"<") and (title := _TITLE.search(body[:2000]))
    if is_page and title:
        body = b"a web page, " + title[1]
    words = " ".join(body[:200].decode("utf-8", "replace").split())
    return _ADDRESS.sub("(address)", words) or "(empty)"


def find_retry_after(headers: httpx.Headers) -> float | None:
    """Seconds of a Retry-After header; exchanges send seconds, so a date counts as absent."""
    value = headers.get("retry-after", "").strip()
    return min(float(value), WAIT_S_MAX) if _SECONDS.fullmatch(value) else None


def classify_status(status: int, headers: httpx.Headers, body: bytes, wait_s: float) -> ExchangeError | None:
    """The error a status alone decides; None where the body's own code has to tell.

    `wait_s` is the pause after a 429 that names none.
    """
    text = f"HTTP {status}: {excerpt(body)}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ExchangeRateLimited(text, find_retry_after(headers) or wait_s)
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS):
        return ExchangeBlocked(text)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ExchangeDown(text)
    if not httpx.codes.is_client_error(status):
        return ExchangeUnreachable(text)
    return None
