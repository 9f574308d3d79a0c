"""The one form of every answer: success and failure bodies, their encoding and the headers that go with them.

Free of FastAPI, so that a Worker that cannot start still answers in the same form.
"""

import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType

from arbedge.errors import ConfigurationError
from arbedge.limits import API_BODY_BYTES_MAX

API_PREFIX: Final = "/api/v1"
JSON: Final = "application/json"

SECURITY_HEADERS: Final[dict[str, str]] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)


def choose_request_id(given: str | None) -> str:
    """The caller's own id where it is well formed, so that one id follows a request through both logs."""
    return given if given and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


class FieldProblem(Struct, frozen=True):
    """One field of a request that cannot be used, and why. What was sent is never repeated."""

    field: str
    message: str


class ErrorDetails(Struct, frozen=True):
    """What a program needs beyond the code: the fields to mend, or the permission that is missing."""

    fields: list[FieldProblem] | UnsetType = UNSET
    permission: str | UnsetType = UNSET


class Failure(Struct, frozen=True):
    """`code` is stable for programs, `message` is for people, `request_id` finds the log entry."""

    code: str
    message: str
    request_id: str
    details: ErrorDetails | UnsetType = UNSET


class FailureAnswer(Struct, frozen=True):
    error: Failure
    success: bool = False


def encode(answer: Struct) -> bytes:
    """JSON with amounts in plain decimal notation: `str(Decimal)` would turn a small price into `1E-8`."""
    return msgspec.json.encode(_write_plain(msgspec.to_builtins(answer, builtin_types=(Decimal,))))


def _write_plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {name: _write_plain(part) for name, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_write_plain(part) for part in cast("list[Any]", value)]
    return value


def encode_failure(code: str, message: str, request_id: str, details: ErrorDetails | UnsetType = UNSET) -> bytes:
    return msgspec.json.encode(FailureAnswer(error=Failure(code, message, request_id, details)))


def misconfigured_answer(error: ConfigurationError, request_id: str) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body for every request to a Worker whose settings are not usable.

    The error names settings and rules and never a value, so it may be shown.
    """
    headers = {**SECURITY_HEADERS, "content-type": JSON, "retry-after": "60", "x-request-id": request_id}
    return 503, headers, encode_failure(error.code, f"This deployment is not configured: {error}", request_id)


def too_large_answer(request_id: str) -> tuple[int, Mapping[str, str], bytes]:
    """For a request refused before its body is read, since the platform's bridge would take all of it in."""
    headers = {**SECURITY_HEADERS, "content-type": JSON, "x-request-id": request_id}
    message = f"The body is larger than {API_BODY_BYTES_MAX} bytes. Send less."
    return 413, headers, encode_failure("too_large", message, request_id)
