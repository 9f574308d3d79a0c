"""What a replay that begins at a scan must know of the scans before it: kept with one scan every ten minutes.

A scan that does not continue the one before it has its own, so that no gap makes more than it lost unrepeatable. Where
many episodes are open it is several documents, each small enough for a record of the lake.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from arbedge.domain.decision import Known
from arbedge.domain.opportunity import Opportunity
from arbedge.limits import CHECKPOINT_BYTES_MAX, CHECKPOINT_INTERVAL_MS, SIGNALS_SETTLE_MS

CHECKPOINT_VERSION: Final = 1


class Checkpoint(Struct, frozen=True):
    """`known` is what the scan's decision was given; a later part of it has episodes and nothing else."""

    v: Literal[1]
    known: Known


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Checkpoint)


def is_checkpoint_due(scan_id: int, follows: int | None, learned_at: int = 0) -> bool:
    """Whether a scan that continues `follows` is the first of its ten minutes, knows more or continues nothing."""
    if follows is None or learned_at >= follows:
        return True
    return scan_id // CHECKPOINT_INTERVAL_MS != follows // CHECKPOINT_INTERVAL_MS


def encode_checkpoint(scan_id: int, follows: int | None, known: Known) -> list[Raw]:
    """The parts of the checkpoint that belongs to this scan, in order; none where none is due."""
    learned_at = known.learned.learned_at if known.learned else 0
    signalled_at = known.signals.computed_at + SIGNALS_SETTLE_MS if known.signals else 0
    if not is_checkpoint_due(scan_id, follows, max(learned_at, signalled_at)):
        return []
    whole = _encode(known)
    if len(whole) <= CHECKPOINT_BYTES_MAX:
        return [whole]
    taken = len(_encode(replace(known, episodes=[])))
    first, *others = _split(known.episodes, CHECKPOINT_BYTES_MAX - taken)
    return [_encode(replace(known, episodes=first)), *(_encode(Known({}, part)) for part in others)]


def _encode(known: Known) -> Raw:
    return Raw(_encoder.encode(Checkpoint(v=CHECKPOINT_VERSION, known=known)))


def _split(episodes: Sequence[Opportunity], bytes_max: int) -> Iterator[list[Opportunity]]:
    """Episodes in order, as many a part as its bound allows, and at least one."""
    part: list[Opportunity] = []
    size = 0
    for one in episodes:
        length = len(_encoder.encode(one)) + 1
        if part and size + length > bytes_max:
            yield part
            part, size = [], 0
        part.append(one)
        size += length
    yield part


def decode_checkpoint(documents: Sequence[bytes]) -> Known:
    """What the parts tell together. Raises `ValueError` for anything that is no checkpoint."""
    try:
        first, *others = (_decoder.decode(document).known for document in documents)
        return replace(first, episodes=[*first.episodes, *(one for part in others for one in part.episodes)])
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a checkpoint of version {CHECKPOINT_VERSION}: {error}") from error
