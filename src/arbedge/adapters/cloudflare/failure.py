"""Says why a binding failed in words that are safe to log and to show: never the bound values, never the SQL."""

import re

# SQLite names the constraint's table and column; nothing after that is needed, and a CHECK would repeat its text.
_CONSTRAINT = re.compile(r"(?:UNIQUE|CHECK|NOT NULL|FOREIGN KEY) constraint failed(?:: \w+\.\w+)?")
_TRANSIENT = re.compile(
    r"network|connection|reset|overloaded|timed? ?out|storage|too many requests|429|\b5\d\d\b", re.IGNORECASE
)


def explain(error: Exception) -> str:
    """One short reason: the broken constraint, `no answer`, or the kind of the error."""
    # The runtime's JavaScript errors carry their words in `message`.
    words = str(getattr(error, "message", error))
    if constraint := _CONSTRAINT.search(words):
        return constraint.group()
    if _TRANSIENT.search(words):
        return "no answer"
    return f"refused ({type(error).__name__})"
