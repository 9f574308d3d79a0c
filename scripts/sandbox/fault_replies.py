"""How each target words a failure of its own: a status, a full rate limit, a country it does not serve."""

from collections.abc import Callable

from starlette.responses import HTMLResponse, JSONResponse, Response

from scripts.sandbox.breakage import RenderFault
from scripts.sandbox.clock import Clock
from scripts.sandbox.cmc.replies import cmc_replies
from scripts.sandbox.faults import Fault

CLOUDFRONT_PAGE = (
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN"><HTML><HEAD><TITLE>ERROR: The request could not be '
    "satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1><H2>The request could not be satisfied.</H2>"
    "The Amazon CloudFront distribution is configured to block access from your country.</BODY></HTML>"
)
RETRY_AFTER_S_DEFAULT = 5


def retry_after_s(fault: Fault) -> int:
    return RETRY_AFTER_S_DEFAULT if fault.value is None else int(fault.value)


def status_code(fault: Fault) -> int:
    return 500 if fault.value is None else int(fault.value)


def binance_replies(clock: Clock, weight_limit: int) -> RenderFault:
    def render(fault: Fault) -> Response:
        if fault.kind == "geo":
            return JSONResponse({"code": 0, "msg": GEO_BINANCE}, 451)
        if fault.kind == "rate_limit":
            msg = (
                f"Too much request weight used; current limit is {weight_limit} request weight per 1 MINUTE. "
                "Please use WebSocket Streams for live updates to avoid polling the API."
            )
            return JSONResponse({"code": -1003, "msg": msg}, 429, {"Retry-After": str(retry_after_s(fault))})
        code = status_code(fault)
        if code == 418:
            until_ms = clock.now_ms() + 120_000
            msg = (
                f"Way too much request weight used; IP banned until {until_ms}. "
                "Please use WebSocket Streams for live updates to avoid bans."
            )
            return JSONResponse({"code": -1003, "msg": msg}, 418, {"Retry-After": "120"})
        if code == 503:
            return JSONResponse({"code": -1008, "msg": "Request throttled by system-level protection."}, 503)
        if code == 429:
            return JSONResponse({"code": -1003, "msg": "Too many requests."}, 429, {"Retry-After": "5"})
        return JSONResponse({"code": -1000, "msg": "An unknown error occurred while processing the request."}, code)

    return render


GEO_BINANCE = (
    "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms. "
    "Please contact customer service if you believe you received this message in error."
)


def bybit_replies(clock: Clock) -> RenderFault:
    def envelope(code: int, msg: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        body = {"retCode": code, "retMsg": msg, "result": {}, "retExtInfo": {}, "time": clock.now_ms()}
        return JSONResponse(body, status, headers)

    def render(fault: Fault) -> Response:
        if fault.kind == "geo":
            return HTMLResponse(CLOUDFRONT_PAGE, 403)
        if fault.kind == "rate_limit":
            reset_ms = clock.now_ms() + 1000 * retry_after_s(fault)
            headers = {"X-Bapi-Limit-Status": "0", "X-Bapi-Limit": "50", "X-Bapi-Limit-Reset-Timestamp": str(reset_ms)}
            return envelope(10006, "Too many visits. Exceeded the API Rate Limit.", headers=headers)
        code = status_code(fault)
        if code == 403:
            return Response("access too frequent", 403, media_type="text/plain")
        if code == 404:
            return Response("404 page not found", 404, media_type="text/plain")
        return envelope(10016, "Server error.", code)

    return render


def okx_replies(fault: Fault) -> Response:
    def envelope(code: str, msg: str, status: int) -> Response:
        return JSONResponse({"msg": msg, "code": code}, status)

    if fault.kind == "geo":
        return envelope("50125", "This service is not available in your country or region.", 403)
    if fault.kind == "rate_limit":
        return envelope("50011", "Too Many Requests", 429)
    code = status_code(fault)
    if code == 429:
        return envelope("50011", "Too Many Requests", 429)
    if code == 503:
        return envelope("50001", "Service temporarily unavailable. Please try again later", 503)
    return envelope("50026", "System error. Please try again later.", code)


def telegram_replies(fault: Fault) -> Response:
    if fault.kind == "rate_limit":
        wait_s = retry_after_s(fault)
        description = f"Too Many Requests: retry after {wait_s}"
        body = {"ok": False, "error_code": 429, "description": description, "parameters": {"retry_after": wait_s}}
        return JSONResponse(body, 429, {"Retry-After": str(wait_s)})
    code = 403 if fault.kind == "geo" else status_code(fault)
    known = {
        400: "Bad Request: chat not found",
        401: "Unauthorized",
        403: "Forbidden: bot was blocked by the user",
        404: "Not Found",
        429: "Too Many Requests: retry after 5",
        502: "Bad Gateway",
    }
    body = {"ok": False, "error_code": code, "description": known.get(code, "Internal Server Error")}
    if code == 429:
        body["parameters"] = {"retry_after": 5}
    return JSONResponse(body, code)


def plain_replies(fault: Fault) -> Response:
    """For services whose wording does not matter to a caller: the status says it."""
    if fault.kind == "rate_limit":
        return JSONResponse({"error": "rate limited"}, 429, {"Retry-After": str(retry_after_s(fault))})
    code = 403 if fault.kind == "geo" else status_code(fault)
    return JSONResponse({"error": "unavailable"}, code)


def fault_renderers(clock: Clock) -> dict[str, Callable[[Fault], Response]]:
    return {
        "binance": binance_replies(clock, weight_limit=6000),
        "binance-futures": binance_replies(clock, weight_limit=2400),
        "bybit": bybit_replies(clock),
        "okx": okx_replies,
        "telegram": telegram_replies,
        "cmc": cmc_replies(clock),
        "ai": plain_replies,
        "pipelines": plain_replies,
    }
