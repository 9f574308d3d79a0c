"""Answers of the Bot API that are not ok, in Telegram's own words: callers meet what they will meet in production."""

from typing import Any


class ApiError(Exception):
    """A refused call; `code` is the HTTP status and the `error_code` at once, as Telegram has it."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad_request(reason: str, **parameters: int) -> ApiError:
    return ApiError(400, f"Bad Request: {reason}", **parameters)


def forbidden(reason: str) -> ApiError:
    return ApiError(403, f"Forbidden: {reason}")


def too_many_requests(retry_after_s: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {retry_after_s}", retry_after=retry_after_s)


STATUS_DESCRIPTIONS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
"""What Telegram says with a bare status; used when a failure is scripted by its number alone."""


def scripted(status: int, description: str | None = None) -> ApiError:
    """A failure asked for by the control endpoint; 429 needs `too_many_requests` for its parameters."""
    if status == 429:
        return too_many_requests(1)
    return ApiError(status, description or STATUS_DESCRIPTIONS.get(status, f"Error {status}"))
