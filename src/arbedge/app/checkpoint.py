"""What a replay that begins at a scan must know of the scans before it: kept with one scan every ten minutes.

A scan that does not continue the one before it has its own, so that no gap makes more than it lost unrepeatable.
"""

import logging
from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

from arbedge.domain.decision import Known
from arbedge.limits import CHECKPOINT_BYTES_MAX, CHECKPOINT_INTERVAL_MS, SIGNALS_SETTLE_MS

CHECKPOINT_VERSION: Final = 1

log = logging.getLogger(__name__)


class Checkpoint(Struct, frozen=True):
    """`known` is what the scan's decision was given."""

    v: Literal[1]
    known: Known


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Checkpoint)


def is_checkpoint_due(scan_id: int, follows: int | None, learned_at: int = 0) -> bool:
    """Whether a scan that continues `follows` is the first of its ten minutes, knows more or continues nothing."""
    if follows is None or learned_at >= follows:
        return True
    return scan_id // CHECKPOINT_INTERVAL_MS != follows // CHECKPOINT_INTERVAL_MS


def encode_checkpoint(scan_id: int, follows: int | None, known: Known) -> Raw | None:
    """The checkpoint that belongs to this scan, or None where none is due, or it were too large to keep."""
    learned_at = known.learned.learned_at if known.learned else 0
    signalled_at = known.signals.computed_at + SIGNALS_SETTLE_MS if known.signals else 0
    if not is_checkpoint_due(scan_id, follows, max(learned_at, signalled_at)):
        return None
    document = _encoder.encode(Checkpoint(v=CHECKPOINT_VERSION, known=known))
    if len(document) > CHECKPOINT_BYTES_MAX:
        log.warning("checkpoint left out", extra={"bytes": len(document), "episodes": len(known.episodes)})
        return None
    return Raw(document)


def decode_checkpoint(document: bytes) -> Known:
    """Raises `ValueError` for anything that is no checkpoint."""
    try:
        return _decoder.decode(document).known
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a checkpoint of version {CHECKPOINT_VERSION}: {error}") from error
