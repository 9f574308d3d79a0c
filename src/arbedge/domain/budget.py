"""How much may still be asked of a host: what was used of its limits, and until when it wants silence.

A budget is kept at a share of the limit, because addresses are shared and other programs spend from the same one.
"""

from msgspec import Struct, field

from arbedge.limits import BUDGET_SHARE_MAX


class Limit(Struct, frozen=True):
    """So much weight in a window of the wall clock or, when `is_sliding`, in any stretch of that length."""

    name: str
    weight: int
    window_ms: int
    is_sliding: bool = False

    @property
    def budget(self) -> int:
        return int(self.weight * BUDGET_SHARE_MAX)


class Used(Struct):
    """What was spent in the window of this number, and in the one before it."""

    window: int
    weight: int = 0
    weight_before: int = 0


class Host(Struct):
    """What one host has told us and taken from us: plain data, which outlives the events that write it."""

    quiet_until: int = 0  # the host asked for silence until then
    clock_offset_ms: int = 0  # how far its clock is ahead of ours
    used: dict[str, Used] = field(default_factory=dict[str, Used])


def reserve(host: Host, limit: Limit, weight: int, now: int) -> int | None:
    """Takes the weight of a call about to be sent. Without room for it, takes nothing and returns when to ask again."""
    used = _window(host, limit, now)
    # Any stretch of a window's length lies within two windows of the wall clock, so both together must fit.
    taken = used.weight + used.weight_before if limit.is_sliding else used.weight
    if taken + weight > limit.budget:
        return (used.window + 1) * limit.window_ms
    used.weight += weight
    return None


def learn_used(host: Host, limit: Limit, weight: int, sent_at: int, now: int) -> None:
    """Takes the host's own count, which includes what others behind the same address have spent."""
    used = _window(host, limit, now)
    if sent_at // limit.window_ms == used.window:
        used.weight = max(used.weight, weight)


def _window(host: Host, limit: Limit, now: int) -> Used:
    number = now // limit.window_ms
    used = host.used.setdefault(limit.name, Used(number))
    if number > used.window:
        used.weight_before = used.weight if number == used.window + 1 else 0
        used.window, used.weight = number, 0
    return used


def merge_hosts(kept: dict[str, Host], stored: dict[str, Host]) -> None:
    """Adds what was stored to what is kept in memory: of two holds the longer, of two counts the later or larger."""
    for name, other in stored.items():
        if name not in kept:
            kept[name] = other
            continue
        host = kept[name]
        host.quiet_until = max(host.quiet_until, other.quiet_until)
        for limit, used in other.used.items():
            mine = host.used.get(limit, used)
            host.used[limit] = max(mine, used, key=lambda one: (one.window, one.weight, one.weight_before))
