"""When scans are due: on a grid of the wall clock, so that late, doubled and missed calls all mean the same scan."""

MINUTE_MS = 60_000


def find_due(now: int, interval_ms: int) -> int:
    """The latest scan that is due; the ones before it, if they were missed, are left out."""
    return now // interval_ms * interval_ms


def find_next(now: int, interval_ms: int) -> int:
    return find_due(now, interval_ms) + interval_ms


def is_wanted(scheduled_at: int, interval_ms: int) -> bool:
    """Whether a cron tick asks for a scan of its own.

    Where scans are further apart than the ticks, a tick of the minute counts only if it is on the grid.
    """
    return interval_ms <= MINUTE_MS or scheduled_at % MINUTE_MS != 0 or scheduled_at % interval_ms == 0
