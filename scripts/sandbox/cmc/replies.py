"""The envelope of every answer, refusals in the original's words, and what a fault looks like."""

from typing import Any, NoReturn

from starlette.responses import HTMLResponse, JSONResponse, Response

from scripts.sandbox.breakage import RenderFault
from scripts.sandbox.clock import Clock
from scripts.sandbox.cmc.account import iso
from scripts.sandbox.exchanges.wire import refuse
from scripts.sandbox.faults import Fault

WORDS: dict[int, tuple[int, str]] = {
    1001: (401, "This API Key is invalid."),
    1002: (401, "API key missing."),
    1003: (402, "Your API Key must be activated. Please go to pro.coinmarketcap.com/account/plan."),
    1004: (402, "Your API Key's subscription plan has expired."),
    1005: (403, "An API Key is required for this call."),
    1006: (403, "Your API Key subscription plan doesn't support this endpoint."),
    1007: (403, "This API Key has been disabled. Please contact support."),
    1008: (429, "You've exceeded your API Key's HTTP request rate limit. Rate limits reset every minute."),
    1009: (429, "You've exceeded your API Key's daily rate limit."),
    1010: (429, "You've exceeded your API Key's monthly rate limit."),
    1011: (429, "You've hit an IP rate limit."),
    500: (500, "An internal server error occurred"),
}
BLOCKED_PAGE = (
    "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>"
    "<h1>Sorry, you have been blocked</h1><p>You are unable to access coinmarketcap.com</p></body></html>"
)


def envelope(
    now_ms: int,
    data: Any = None,
    *,
    code: int = 0,
    message: str | None = None,
    cost: int = 0,
    is_v3: bool = False,
    total: int | None = None,
) -> dict[str, Any]:
    """Version 3 writes its code as text and an empty message; a refusal has no data."""
    status: dict[str, Any] = {
        "timestamp": iso(now_ms),
        "error_code": str(code) if is_v3 else code,
        "error_message": message or ("" if is_v3 else None),
        "elapsed": 10,
        "credit_count": cost,
    }
    if not is_v3:
        status["notice"] = None
    if total is not None:
        status["total_count"] = total
    return {"status": status} if code else {"status": status, "data": data}


def failure(now_ms: int, code: int, *, is_v3: bool = False, headers: dict[str, str] | None = None) -> Response:
    status, message = WORDS[code]
    return JSONResponse(envelope(now_ms, code=code, message=message, is_v3=is_v3), status, headers)


def refuse_request(now_ms: int, message: str, *, is_v3: bool = False) -> NoReturn:
    refuse(JSONResponse(envelope(now_ms, code=400, message=message, is_v3=is_v3), 400))


def cmc_replies(clock: Clock) -> RenderFault:
    def render(fault: Fault) -> Response:
        if fault.kind == "geo":
            return HTMLResponse(BLOCKED_PAGE, 403)
        if fault.kind == "rate_limit":
            return failure(clock.now_ms(), 1008)
        # A value of four digits names one of CoinMarketCap's own codes, so that each of them can be had.
        value = 500 if fault.value is None else int(fault.value)
        code = next((code for code, (status, _) in WORDS.items() if value in (code, status)), None)
        if code is not None:
            return failure(clock.now_ms(), code)
        return JSONResponse(envelope(clock.now_ms(), code=value, message="unavailable"), value)

    return render
