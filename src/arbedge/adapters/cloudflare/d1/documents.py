"""JSON text across the boundary to D1: many rows in one parameter, many documents in one column."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from arbedge.errors import StoreUnavailable
from arbedge.limits import D1_STRING_BYTES_MAX

T = TypeVar("T")

_encoder = msgspec.json.Encoder()


def pack(documents: Iterable[object], bytes_max: int = D1_STRING_BYTES_MAX) -> Iterator[str]:
    """JSON arrays for `json_each`, each within the platform's limit for one string; none for no documents."""
    chunk: list[bytes] = []
    size = 2
    for document in documents:
        encoded = _encoder.encode(document)
        if chunk and size + len(encoded) + 1 > bytes_max:
            yield _join(chunk)
            chunk, size = [], 2
        chunk.append(encoded)
        size += len(encoded) + 1
    if chunk:
        yield _join(chunk)


def unpack(texts: Iterable[str], decoder: msgspec.json.Decoder[list[T]]) -> list[T]:
    """Decodes documents given as text, each text one document or several separated by commas.

    A document that no longer fits its type is a missing migration: it raises `StoreUnavailable` and is not skipped,
    since a skipped open opportunity would be opened twice.
    """
    try:
        return decoder.decode(f"[{','.join(texts)}]")
    except msgspec.MsgspecError as error:
        raise StoreUnavailable(f"database: a stored document cannot be read: {error}") from None


def _join(chunk: list[bytes]) -> str:
    return (b"[" + b",".join(chunk) + b"]").decode()
