"""What the API refuses and how it says so.

| raised                               | answer                                            |
| ApiError                             | its own status and code                           |
| a body that is not JSON              | 400 `not_json`                                    |
| a field that does not fit            | 422 `invalid_fields`, each field named            |
| no route, wrong method, body too big | 404, 405, 413                                     |
| StoreUnavailable                     | 503 `store_unavailable` with Retry-After          |
| MarketDataUnavailable                | 503 `market_data_unavailable` with Retry-After    |
| anything else                        | 500 `internal`, said by the frame, details logged |
"""

import logging
import re
from collections.abc import Mapping
from math import ceil
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from msgspec import UNSET, UnsetType
from starlette.exceptions import HTTPException

from arbedge.domain.permissions import Permission
from arbedge.entrypoints.http.envelope import JSON, ErrorDetails, FieldProblem, encode_failure
from arbedge.errors import MarketDataUnavailable, StoreUnavailable

FIELD_CHARS_MAX: Final = 64
STORE_RETRY_AFTER_S: Final = 5
MARKET_RETRY_AFTER_S: Final = 15

log = logging.getLogger(__name__)


class ApiError(Exception):
    """A refusal with its status, stable code and message; raised wherever a request turns out to be refused."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: ErrorDetails | UnsetType = UNSET,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})


def refuse_unknown(message: str) -> ApiError:
    """401: we do not know who is asking. The header names the way in that works everywhere."""
    return ApiError(401, "unauthenticated", message, headers={"www-authenticate": 'tma realm="arbedge"'})


def refuse_forbidden(permission: Permission) -> ApiError:
    message = f"Your plan or role does not include {permission}."
    return ApiError(403, "forbidden", message, details=ErrorDetails(permission=permission))


def refuse_missing(what: str) -> ApiError:
    return ApiError(404, "not_found", f"There is no such {what}.")


_STATUS_TEXTS: Final[dict[int, tuple[str, str]]] = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not accept that method."),
    413: ("too_large", "The body is larger than this API accepts."),
}


def answer_failure(
    request: Request,
    status: int,
    code: str,
    message: str,
    details: ErrorDetails | UnsetType = UNSET,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = encode_failure(code, message, request.scope["request_id"], details)
    return Response(body, status, headers=headers, media_type=JSON)


async def _answer_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return answer_failure(request, error.status, error.code, error.message, error.details, error.headers)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, message = _STATUS_TEXTS.get(error.status_code, ("bad_request", "The request cannot be read."))
    headers = error.headers
    if error.status_code == 405 and (methods := _find_methods(request)):
        headers = {"allow": ", ".join(sorted(methods))}
    return answer_failure(request, error.status_code, code, message, headers=headers)


def _find_methods(request: Request) -> set[str]:
    """The methods of every route at this address: the framework's own answer names those of the first one only."""
    known: list[tuple[re.Pattern[str], frozenset[str]]] = request.app.state.methods
    return {method for pattern, methods in known if pattern.fullmatch(request.url.path) for method in methods}


def name_field(location: tuple[int | str, ...]) -> str:
    """`("query", "limit")` -> `limit`: where it was found matters less than what it is called.

    A name may be anything that was sent, half a surrogate pair included, which no answer can hold.
    """
    name = ".".join(str(part) for part in location[1:]) or str(location[0])
    return name[:FIELD_CHARS_MAX].encode(errors="replace").decode()


async def _answer_fields(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems: list[dict[str, Any]] = list(error.errors())
    if any(one["type"] == "json_invalid" for one in problems):
        return answer_failure(request, 400, "not_json", "The body is not JSON.")
    fields = [FieldProblem(name_field(one["loc"]), one["msg"]) for one in problems]
    named = ", ".join(sorted({field.field for field in fields}))
    message = f"These fields cannot be used: {named}."
    return answer_failure(request, 422, "invalid_fields", message, ErrorDetails(fields=fields))


async def _answer_market_data(request: Request, error: Exception) -> Response:
    """What the exchange said goes into the log and the health page, not to everyone who asked."""
    assert isinstance(error, MarketDataUnavailable)
    log.info("market data unavailable", extra={"state": error.state, "error": str(error)})
    message = f"No source has this as fresh as you want it: the exchange is {error.state.replace('_', ' ')}."
    headers = {"retry-after": str(max(1, ceil(error.retry_after_s or MARKET_RETRY_AFTER_S)))}
    return answer_failure(request, 503, MarketDataUnavailable.code, message, headers=headers)


async def _answer_store(request: Request, _error: Exception) -> Response:
    message = "The database did not answer; nothing was changed. Try again shortly."
    headers = {"retry-after": str(STORE_RETRY_AFTER_S)}
    return answer_failure(request, 503, StoreUnavailable.code, message, headers=headers)


def install_failures(api: FastAPI) -> None:
    api.add_exception_handler(ApiError, _answer_api_error)
    api.add_exception_handler(HTTPException, _answer_http)
    api.add_exception_handler(RequestValidationError, _answer_fields)
    api.add_exception_handler(MarketDataUnavailable, _answer_market_data)
    api.add_exception_handler(StoreUnavailable, _answer_store)
