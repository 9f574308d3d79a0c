"""How much of a metered account may be used now: a month's credits spread over the days left, a minute's requests.

Pure arithmetic on what has been spent. Nine tenths of the month are ours to spend; the rest absorbs calls whose price
was not known before. Each day gets an equal part of what is left, of which a quarter at once and the rest as the day
goes by, so that a busy morning does not leave the evening with yesterday's values.
"""

import calendar
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec
from msgspec import Struct

DAY_MS: Final = 86_400_000
WINDOW_MS: Final = 65_000  # a minute of the account's clock, whatever its phase, and the longest a request is under way
OPEN_MS_MAX: Final = (
    600_000  # after this the account's own count includes a call whose answer was lost, or it never was
)
NEW_PERIOD_MS_MIN: Final = DAY_MS  # a reset that moves on by more is another month, by less a correction

SPENT_PERCENT_MAX: Final = 90
AT_ONCE_PERCENT: Final = 25
KEPT_FOR_PRIORITY_PERCENT: Final = 25
REQUESTS_KEPT_FOR_PRIORITY_PERCENT: Final = 20

Pause = Literal["minute", "address", "day", "month", "key_refused"]
RefusalReason = Literal[
    "minute_full",
    "day_spent",
    "month_spent",
    "paused",
    "key_refused",
    "already_asked",
    "ledger_unavailable",
    "not_configured",
]

# A pause for the pace holds every call. The others hold what costs credits; asking for the account's state lifts them.
PACE_PAUSES: Final[frozenset[Pause]] = frozenset({"minute", "address"})


class Refusal(Struct, frozen=True):
    """Why a call is not made, and when it may be tried again."""

    reason: RefusalReason
    retry_at: int


class Ledger(Struct, frozen=True):
    """What is known of an account: `credits_spent` is what answers said, `credits_open` is reserved until one says."""

    period_ends_at: int
    confirmed_at: int | None  # when the account itself last said what follows
    credits_limit: int  # a month
    requests_limit: int  # a minute
    credits_spent: int
    credits_open: int
    day: int  # since the epoch, UTC
    day_base: int  # used when the day began
    requests_recent: int  # within the last `WINDOW_MS`
    paused_until: int = 0
    pause: Pause | None = None

    @property
    def credits_used(self) -> int:
        return self.credits_spent + self.credits_open


class Account(Struct, frozen=True):
    """What the account says of itself."""

    credits_limit: int
    credits_used: int
    requests_limit: int
    resets_at: int


def open_ledger(credits_limit: int, requests_limit: int, now: int) -> Ledger:
    """Before the account has said anything: calendar months, and the plan's limits."""
    return Ledger(
        period_ends_at=next_reset(0, now),
        confirmed_at=None,
        credits_limit=credits_limit,
        requests_limit=requests_limit,
        credits_spent=0,
        credits_open=0,
        day=now // DAY_MS,
        day_base=0,
        requests_recent=0,
    )


def next_reset(anchor: int, now: int) -> int:
    """The first moment after `now` that is whole months from `anchor`; a shorter month has it on its last day."""
    start, current = datetime.fromtimestamp(anchor / 1000, UTC), datetime.fromtimestamp(now / 1000, UTC)
    months = (current.year - start.year) * 12 + current.month - start.month
    found = _add_months(start, anchor, months)
    return found if found > now else _add_months(start, anchor, months + 1)


def _add_months(start: datetime, anchor: int, months: int) -> int:
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month0 + 1)[1])
    moved = start.replace(year=year, month=month0 + 1, day=day, microsecond=0)
    return int(moved.timestamp()) * 1000 + anchor % 1000


def roll(ledger: Ledger, now: int) -> Ledger:
    """The ledger of the day and month that `now` lies in. A clock that goes back changes nothing.

    What is open stays: a call sent just before a reset may be charged after it.
    """
    if now >= ledger.period_ends_at:
        ledger = msgspec.structs.replace(
            ledger, period_ends_at=next_reset(ledger.period_ends_at, now), credits_spent=0, day=now // DAY_MS,
            day_base=ledger.credits_open,
        )  # fmt: skip
    day = now // DAY_MS
    if day > ledger.day:
        ledger = msgspec.structs.replace(ledger, day=day, day_base=ledger.credits_used)
    return ledger


def month_ceiling(ledger: Ledger) -> int:
    return ledger.credits_limit * SPENT_PERCENT_MAX // 100


def count_days_left(ledger: Ledger) -> int:
    """Days of the period from the ledger's day on, that one included."""
    return max(1, -(-(ledger.period_ends_at - ledger.day * DAY_MS) // DAY_MS))


def day_share(ledger: Ledger) -> int:
    """Credits of the whole day: an equal part of what was left when it began."""
    return -(-max(0, month_ceiling(ledger) - ledger.day_base) // count_days_left(ledger))


def ceiling_at(ledger: Ledger, now: int, *, is_priority: bool) -> int:
    """What `credits_used` may reach by now. Never over the month's ceiling, except where it is over already."""
    elapsed_ms = min(DAY_MS, max(0, now - ledger.day * DAY_MS))
    share = day_share(ledger) * (1 if is_priority else (100 - KEPT_FOR_PRIORITY_PERCENT) / 100)
    part = (AT_ONCE_PERCENT + (100 - AT_ONCE_PERCENT) * elapsed_ms / DAY_MS) / 100
    # A share too small to be divided may be spent by whoever comes first.
    paced = max(int(share * part), min(1, day_share(ledger)))
    return max(ledger.day_base, min(ledger.day_base + paced, month_ceiling(ledger)))


def requests_ceiling(ledger: Ledger, *, is_priority: bool) -> int:
    kept = 0 if is_priority else ledger.requests_limit * REQUESTS_KEPT_FOR_PRIORITY_PERCENT // 100
    return ledger.requests_limit - kept


def check_spend(ledger: Ledger, credits_needed: int, now: int, *, is_priority: bool) -> Refusal | None:
    """None when a call of this price may be made now; the ledger is one that `roll` has brought to today."""
    if now < ledger.paused_until and (credits_needed or ledger.pause in PACE_PAUSES):
        reason = "key_refused" if ledger.pause == "key_refused" else "paused"
        return Refusal(reason, ledger.paused_until)
    if credits_needed:
        if ledger.credits_used + credits_needed > month_ceiling(ledger):
            return Refusal("month_spent", ledger.period_ends_at)
        if ledger.credits_used + credits_needed > ceiling_at(ledger, now, is_priority=is_priority):
            return Refusal("day_spent", _find_room(ledger, credits_needed, now, is_priority=is_priority))
    if ledger.requests_recent >= requests_ceiling(ledger, is_priority=is_priority):
        return Refusal("minute_full", now + WINDOW_MS)
    return None


def _find_room(ledger: Ledger, credits_needed: int, now: int, *, is_priority: bool) -> int:
    """When the day's ceiling will have risen enough, to the next half hour; else tomorrow."""
    tomorrow, step_ms = (ledger.day + 1) * DAY_MS, 1_800_000
    for at in range((now // step_ms + 1) * step_ms, tomorrow, step_ms):
        if ledger.credits_used + credits_needed <= ceiling_at(ledger, at, is_priority=is_priority):
            return at
    return tomorrow


def reconcile(
    ledger: Ledger, account: Account, asked_at: int, limits: tuple[int, int], *, settled_since: int, is_quiet: bool
) -> Ledger:
    """The ledger after the account has said at `asked_at` how it stands. An answer older than the last one is dropped.

    Our own count is what the account's answers said, so of the two counts the larger one holds, unless nothing was
    spent for `OPEN_MS_MAX` (`is_quiet`): then the account has counted everything. `settled_since` is what was spent
    after it was asked; `limits` are the most we use of any account, credits a month and requests a minute.
    """
    if ledger.confirmed_at is not None and asked_at <= ledger.confirmed_at:
        return ledger
    spent, ends_at = ledger.credits_spent, ledger.period_ends_at
    # A reset that has passed already says that the account's month is about to turn; ours has.
    if account.resets_at > asked_at:
        is_next = ledger.confirmed_at is not None and account.resets_at >= ends_at + NEW_PERIOD_MS_MIN
        own = account.credits_used + settled_since if is_next else account.credits_used if is_quiet else spent
        spent, ends_at = max(own, account.credits_used), account.resets_at
    keeps_pause = ledger.pause in PACE_PAUSES
    return msgspec.structs.replace(
        ledger,
        period_ends_at=ends_at,
        confirmed_at=asked_at,
        credits_limit=min(limits[0], account.credits_limit),
        requests_limit=min(limits[1], account.requests_limit),
        credits_spent=spent,
        day_base=min(ledger.day_base, spent + ledger.credits_open),
        paused_until=ledger.paused_until if keeps_pause else 0,
        pause=ledger.pause if keeps_pause else None,
    )
