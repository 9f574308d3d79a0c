"""JSON text across the boundary to D1: many rows in one parameter, many documents in one column."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from arbedge.errors import StoreUnavailable
from arbedge.limits import D1_STRING_BYTES_MAX

T = TypeVar("T")

_encoder = msgspec.json.Encoder()

log = logging.getLogger(__name__)


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

    A document that no longer fits its type is a missing migration: it raises `StoreUnavailable`.
    """
    try:
        return decoder.decode(f"[{','.join(texts)}]")
    except msgspec.MsgspecError as error:
        raise StoreUnavailable(f"database: a stored document cannot be read: {error}") from None


def recall(texts: Sequence[str], decoder: msgspec.json.Decoder[list[T]]) -> list[T | None]:
    """The document in each text, None in the place of one that cannot be read.

    For what must not stop the others, or is learned anew: a scan goes on without it.
    """
    try:
        return [*unpack(texts, decoder)]
    except StoreUnavailable:
        return [_recall_one(text, decoder) for text in texts]


def _recall_one(text: str, decoder: msgspec.json.Decoder[list[T]]) -> T | None:
    try:
        return decoder.decode(f"[{text}]")[0]
    except msgspec.MsgspecError as error:
        about = {"error": str(error), "begins": text[:120]}
        log.error("a stored document cannot be read and is left out", extra=about)  # noqa: TRY400 - its text says enough
        return None


def _join(chunk: list[bytes]) -> str:
    return (b"[" + b",".join(chunk) + b"]").decode()
