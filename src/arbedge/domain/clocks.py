"""How an exchange's clock differs from ours, so that a quote's age is neither negative nor too small."""

from arbedge.limits import CLOCK_OFFSET_MS_MAX


def estimate_offset(sent_at: int, received_at: int, earliest: int, latest: int) -> int | None:
    """How far the exchange's clock is ahead of ours; None for a time that no clock would show.

    The exchange read its clock between `sent_at` and `received_at` of ours, and the reading lies between `earliest`
    and `latest`. Only what those bounds prove is corrected: a slow answer is not taken for a clock that is off.
    """
    low, high = earliest - received_at, latest - sent_at
    offset = low if low > 0 else min(high, 0)
    return offset if abs(offset) <= CLOCK_OFFSET_MS_MAX else None
