"""The ledger of CoinMarketCap's credits: one row of totals, and a row for each call.

One statement decides and reserves, so any number of callers at once stay within the ceiling that `domain.quota`
computes. That ceiling belongs to a day and a month; a statement that finds another one reserves nothing, and the
caller looks again.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.domain.quota import (
    OPEN_MS_MAX,
    WINDOW_MS,
    Account,
    Ledger,
    Pause,
    Refusal,
    ceiling_at,
    check_spend,
    month_ceiling,
    open_ledger,
    reconcile,
    requests_ceiling,
    roll,
)
from arbedge.limits import CMC_CREDITS_MONTHLY_MAX, CMC_REQUESTS_PER_MINUTE_MAX, CMC_TIMEOUT_S
from arbedge.ports.coin_data import Grant

LIMITS: Final = (CMC_CREDITS_MONTHLY_MAX, CMC_REQUESTS_PER_MINUTE_MAX)
ATTEMPTS_MAX: Final = 8  # only others' turn of the day or correction makes a second look necessary
CALLS_KEPT_MS: Final = 3_600_000
PRUNED_MAX: Final = 100
TOPIC_MS: Final = int(CMC_TIMEOUT_S * 1000)  # longer than that no call is under way

_CREATE = """
INSERT INTO cmc_quota (id, period_ends_at, credits_limit, requests_limit, credits_spent, day, day_base)
VALUES (1, ?1, ?2, ?3, 0, ?4, 0) ON CONFLICT DO NOTHING
"""
_LOAD = """
SELECT period_ends_at, confirmed_at, credits_limit, requests_limit, credits_spent, day, day_base, paused_until, pause,
  (SELECT coalesce(sum(credits), 0) FROM cmc_calls WHERE settled_at IS NULL) AS credits_open,
  (SELECT count(*) FROM cmc_calls WHERE reserved_at > ?1) AS requests_recent,
  (SELECT coalesce(sum(credits), 0) FROM cmc_calls WHERE settled_at IS NOT NULL AND settled_at >= ?2) AS settled_since,
  NOT EXISTS (SELECT 1 FROM cmc_calls WHERE credits > 0 AND (reserved_at > ?3 OR settled_at > ?3)) AS is_quiet
FROM cmc_quota WHERE id = 1
"""
# ?7 is the ceiling of the day and month named by ?5 and ?6, so they must still be the ledger's.
_RESERVE = """
INSERT INTO cmc_calls (id, topic, credits, reserved_at)
SELECT ?1, ?2, ?3, ?4 FROM cmc_quota
WHERE id = 1 AND day = ?5 AND period_ends_at = ?6 AND day_base = ?10 AND credits_limit = ?12
  AND (paused_until <= ?4 OR (?3 = 0 AND pause NOT IN ('minute', 'address')))
  AND (?3 = 0 OR ?3 + credits_spent + (SELECT coalesce(sum(credits), 0) FROM cmc_calls WHERE settled_at IS NULL) <= ?7)
  AND (SELECT count(*) FROM cmc_calls WHERE reserved_at > ?8) < ?9
  AND NOT EXISTS (SELECT 1 FROM cmc_calls WHERE settled_at IS NULL AND topic = ?2 AND reserved_at > ?11)
ON CONFLICT DO NOTHING
RETURNING id
"""
_IS_ASKED = "SELECT reserved_at FROM cmc_calls WHERE settled_at IS NULL AND topic = ?1 AND reserved_at > ?2"
_ADD = """
UPDATE cmc_quota SET credits_spent = credits_spent + ?2
WHERE id = 1 AND EXISTS (SELECT 1 FROM cmc_calls WHERE id = ?1 AND settled_at IS NULL)
"""
_SETTLE = "UPDATE cmc_calls SET credits = ?2, settled_at = ?3 WHERE id = ?1 AND settled_at IS NULL"
_PRUNE = """
DELETE FROM cmc_calls WHERE id IN (
  SELECT id FROM cmc_calls WHERE settled_at IS NOT NULL AND settled_at < ?1 ORDER BY settled_at LIMIT ?2
)
"""
_PAUSE = """
UPDATE cmc_quota SET paused_until = coalesce(?2, period_ends_at), pause = ?1
WHERE id = 1 AND coalesce(?2, period_ends_at) > paused_until
"""
# Another writer between the look and this one is seen by what it changed.
_REPLACE = """
UPDATE cmc_quota SET period_ends_at = ?1, confirmed_at = ?2, credits_limit = ?3,
  requests_limit = ?4, credits_spent = ?5, day = ?6, day_base = ?7, paused_until = ?8, pause = ?9
WHERE id = 1 AND credits_spent = ?10 AND day = ?11 AND period_ends_at = ?12 AND paused_until = ?13
RETURNING id
"""
# A call this old is in the account's own count, which has just been stored (?2), or was never made.
_CLOSE = """
UPDATE cmc_calls SET credits = 0, settled_at = ?3
WHERE settled_at IS NULL AND reserved_at < ?1 AND EXISTS (SELECT 1 FROM cmc_quota WHERE id = 1 AND confirmed_at = ?2)
"""


class D1CmcQuota:
    """`CreditLedger` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, now: int) -> Ledger:
        """The ledger as of now; nothing is written but its first row."""
        stored, _, _ = await self._look(now)
        return roll(stored, now)

    async def reserve(self, topic: str, cost: int, now: int, *, is_priority: bool) -> Grant | Refusal:
        grant = Grant(secrets.token_hex(8), cost)
        for _ in range(ATTEMPTS_MAX):
            ledger = await self._load_today(now)
            if ledger is None:
                continue
            if refusal := check_spend(ledger, cost, now, is_priority=is_priority):
                return refusal
            ceiling = min(ceiling_at(ledger, now, is_priority=is_priority), month_ceiling(ledger))
            granted, asked = await self._database.run_all(
                [
                    Statement(
                        _RESERVE,
                        (
                            grant.id,
                            topic,
                            cost,
                            now,
                            ledger.day,
                            ledger.period_ends_at,
                            ceiling,
                            now - WINDOW_MS,
                            requests_ceiling(ledger, is_priority=is_priority),
                            ledger.day_base,
                            now - TOPIC_MS,
                            ledger.credits_limit,
                        ),
                    ),
                    Statement(_IS_ASKED, (topic, now - TOPIC_MS)),
                ]
            )
            if granted:
                return grant
            if asked:
                return Refusal("already_asked", asked[0]["reserved_at"] + TOPIC_MS)
        return Refusal("ledger_unavailable", now + WINDOW_MS)

    async def settle(self, grant: Grant, cost: int, now: int) -> None:
        await self._database.run_all(
            [
                Statement(_ADD, (grant.id, cost)),
                Statement(_SETTLE, (grant.id, cost, now)),
                Statement(_PRUNE, (now - CALLS_KEPT_MS, PRUNED_MAX)),
            ]
        )

    async def pause(self, pause: Pause, until: int | None) -> None:
        await self._database.run(_PAUSE, pause, until)

    async def reconcile(self, account: Account, asked_at: int, now: int) -> Ledger:
        for _ in range(ATTEMPTS_MAX):
            stored, settled_since, is_quiet = await self._look(now, asked_at)
            # First today's ledger, so that a day begins with what was used before the correction.
            today = roll(stored, now)
            after = reconcile(today, account, asked_at, LIMITS, settled_since=settled_since, is_quiet=is_quiet)
            if await self._replace(stored, after, Statement(_CLOSE, (asked_at - OPEN_MS_MAX, asked_at, now))):
                break
        return await self.load(now)

    async def _load_today(self, now: int) -> Ledger | None:
        """The stored ledger, turned to today; None when somebody else changed it at the same time."""
        stored, _, _ = await self._look(now)
        today = roll(stored, now)
        return today if today == stored or await self._replace(stored, today) else None

    async def _look(self, now: int, since: int | None = None) -> tuple[Ledger, int, bool]:
        """The stored ledger; the credits settled at or after `since`, and whether none were used shortly before it."""
        first, since = open_ledger(*LIMITS, now), now if since is None else since
        create = Statement(_CREATE, (first.period_ends_at, first.credits_limit, first.requests_limit, first.day))
        load = Statement(_LOAD, (now - WINDOW_MS, since, since - OPEN_MS_MAX))
        _, rows = await self._database.run_all([create, load])
        return _read(rows[0]), rows[0]["settled_since"], bool(rows[0]["is_quiet"])

    async def _replace(self, before: Ledger, after: Ledger, *more: Statement) -> bool:
        """Stores `after` if the ledger is still `before`; what else is given happens in the same transaction."""
        values = (
            after.period_ends_at,
            after.confirmed_at,
            after.credits_limit,
            after.requests_limit,
            after.credits_spent,
            after.day,
            after.day_base,
            after.paused_until,
            after.pause,
            before.credits_spent,
            before.day,
            before.period_ends_at,
            before.paused_until,
        )
        replaced, *_ = await self._database.run_all([Statement(_REPLACE, values), *more])
        return bool(replaced)


def _read(row: Mapping[str, Any]) -> Ledger:
    return Ledger(
        period_ends_at=row["period_ends_at"],
        confirmed_at=row["confirmed_at"],
        credits_limit=row["credits_limit"],
        requests_limit=row["requests_limit"],
        credits_spent=row["credits_spent"],
        credits_open=row["credits_open"],
        day=row["day"],
        day_base=row["day_base"],
        requests_recent=row["requests_recent"],
        paused_until=row["paused_until"],
        pause=row["pause"],
    )
