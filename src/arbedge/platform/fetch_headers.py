"""Which headers cross between httpx and the platform's fetch; apart from it so that it can be tested anywhere."""

from collections.abc import Iterable

# The platform frames messages and negotiates compression itself; what httpx says about either would be untrue.
_OURS_TO_DROP = frozenset({"host", "connection", "content-length", "accept-encoding", "transfer-encoding"})
# The body arrives decompressed and whole, so its framing is no longer what these say.
_THEIRS_TO_DROP = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def select_request_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _OURS_TO_DROP]


def select_response_headers(headers: Iterable[Iterable[str]]) -> list[tuple[str, str]]:
    """Duplicates (Set-Cookie) stay apart."""
    pairs = ((name, value) for name, value in headers)
    return [(name, value) for name, value in pairs if name.lower() not in _THEIRS_TO_DROP]


def find_body_bytes(headers: Iterable[Iterable[str]]) -> int:
    """The announced length of a body; 0 where none is announced."""
    lengths = (value for name, value in headers if name.lower() == "content-length")
    return max(
        (int(length) for length in lengths if length.isdecimal() and length.isascii() and len(length) < 16), default=0
    )
