"""Reasons of failures name constraints and kinds, never values."""

import pytest

from arbedge.adapters.cloudflare.failure import explain


class JavaScriptError(Exception):
    """As the runtime raises them: the words are in `message`."""

    def __init__(self, message: str) -> None:
        super().__init__(f"Error: {message}")
        self.message = message


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "D1_ERROR: UNIQUE constraint failed: users.telegram_id: SQLITE_CONSTRAINT",
            "UNIQUE constraint failed: users.telegram_id",
        ),
        ("D1_ERROR: CHECK constraint failed: role IN ('user'): SQLITE_CONSTRAINT", "CHECK constraint failed"),
        ("D1_ERROR: Network connection lost.", "no answer"),
        ("D1_ERROR: D1 DB is overloaded. Requests queued for too long.", "no answer"),
        ("KV PUT failed: 429 Too Many Requests", "no answer"),
        ("D1_TYPE_ERROR: Type 'bigint' not supported for value '12345'", "refused (JavaScriptError)"),
    ],
)
def test_reasons(message: str, reason: str) -> None:
    assert explain(JavaScriptError(message)) == reason


def test_an_error_of_python_is_named() -> None:
    assert explain(TypeError("<class 'tuple'> cannot be sent over RPC.")) == "refused (TypeError)"
