"""Which stretch of time is replayed, from what a person writes on the command line."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

_LENGTH = re.compile(r"(\d+)\s*([smhd])")
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class SpanError(ValueError):
    """The stretch of time cannot be read, or is empty; the message says how to write one."""


class Span(Struct, frozen=True):
    """From `from_ms` up to, but not at, `to_ms`."""

    from_ms: int
    to_ms: int

    def __str__(self) -> str:
        return f"{render_time(self.from_ms)} to {render_time(self.to_ms)}"

    @property
    def file_name(self) -> str:
        return "-".join(render_time(at).replace(":", "").replace("-", "") for at in (self.from_ms, self.to_ms))


def read_span(given: Mapping[str, str], now_ms: int) -> Span:
    """FROM and TO as ISO 8601 (UTC unless they say otherwise) or epoch ms, or LAST as a length such as 10m."""
    begin, end, last = (given.get(name, "").strip() for name in ("FROM", "TO", "LAST"))
    to_ms = parse_time(end) if end else now_ms
    if bool(begin) == bool(last):
        raise SpanError("say either FROM=2026-11-23T01:00 [TO=2026-11-23T02:00] or LAST=10m")
    span = Span(parse_time(begin) if begin else to_ms - parse_length(last), to_ms)
    if span.from_ms >= span.to_ms:
        raise SpanError(f"from {render_time(span.from_ms)} to {render_time(span.to_ms)} there is nothing")
    return span


def parse_time(text: str) -> int:
    if text.isdecimal() and len(text) >= 12:
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SpanError(f"{text!r} is no time: write 2026-11-23T01:00 or epoch ms") from None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def parse_length(text: str) -> int:
    found = _LENGTH.fullmatch(text)
    if not found:
        raise SpanError(f"{text!r} is no length of time: write 90s, 10m, 2h or 1d")
    return int(found[1]) * _UNIT_MS[found[2]]


def render_time(at: int) -> str:
    """To the second, or to the millisecond where there is one."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}" + (f".{at % 1000:03}Z" if at % 1000 else "Z")
