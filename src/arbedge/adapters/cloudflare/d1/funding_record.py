"""What settlements charged: a row a perpetual and day, written only where it says more than the one before."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import pack, unpack
from arbedge.domain.funding_record import ChargedFunding, PerpKey
from arbedge.domain.instruments import Instrument
from arbedge.domain.market import Mode
from arbedge.domain.policy import HELD_TYPES
from arbedge.ports.funding_record import FundingRead

FORGOTTEN_MAX: Final = 100  # rows that one run forgets

_instruments = msgspec.json.Decoder(list[Instrument])

_FIND_NEXT = f"""
WITH held AS (
  SELECT DISTINCT leg.value ->> 'exchange' AS exchange, leg.value ->> 'symbol' AS symbol
  FROM opportunities, json_each(payload, '$.sighting.legs') AS leg
  WHERE ended_at IS NULL AND mode = ?1 AND opportunities.type IN ({", ".join(f"'{one}'" for one in sorted(HELD_TYPES))})
    AND leg.value ->> 'market' = 'perp'
), waiting AS (
  SELECT exchange, payload, row_number() OVER (
    PARTITION BY exchange
    ORDER BY (exchange, symbol) IN (SELECT exchange, symbol FROM held) AND coalesce(asked_at, 0) < ?2 DESC,
      coalesce(asked_at, 0), symbol
  ) AS place
  FROM instruments LEFT JOIN (SELECT exchange, symbol, asked_at FROM funding_reads WHERE mode = ?1)
    USING (exchange, symbol)
  WHERE market = 'perp'
)
SELECT payload FROM waiting
WHERE place = 1 AND exchange NOT IN (SELECT exchange FROM funding_reads WHERE mode = ?1 AND asked_at >= ?3)
ORDER BY exchange
"""  # noqa: S608 - made of constants
_SAVE_DAYS = """
INSERT INTO funding_days (mode, exchange, symbol, day, settlements, rate_sum, rate_min, rate_max)
SELECT ?1, read ->> 'exchange', read ->> 'symbol', one ->> 'day', one ->> 'settlements',
  CAST(one ->> 'rate_sum' AS REAL), CAST(one ->> 'rate_min' AS REAL), CAST(one ->> 'rate_max' AS REAL)
FROM (
  SELECT reads.value AS read, days.value AS one FROM json_each(?2) AS reads, json_each(reads.value, '$.days') AS days
)
WHERE true
ON CONFLICT DO UPDATE SET settlements = excluded.settlements, rate_sum = excluded.rate_sum,
  rate_min = excluded.rate_min, rate_max = excluded.rate_max
WHERE excluded.settlements > funding_days.settlements
  OR (excluded.settlements = funding_days.settlements AND excluded.rate_sum <> funding_days.rate_sum)
"""
_SAVE_READS = """
INSERT INTO funding_reads (mode, exchange, symbol, asked_at, read_at)
SELECT ?1, one ->> 'exchange', one ->> 'symbol', one ->> 'asked_at', one ->> 'read_at'
FROM (SELECT value AS one FROM json_each(?2)) WHERE true
ON CONFLICT DO UPDATE SET asked_at = excluded.asked_at, read_at = coalesce(excluded.read_at, funding_reads.read_at)
"""
_FORGET = """
DELETE FROM funding_days WHERE (mode, exchange, symbol, day) IN (
  SELECT mode, exchange, symbol, day FROM funding_days WHERE mode = ?1 AND day < ?2 LIMIT ?3
)
"""
_LOAD = """
SELECT exchange, symbol, min(day) AS from_at, read_at, sum(settlements) AS settlements, sum(rate_sum) AS rate_sum,
  min(rate_min) AS rate_min, max(rate_max) AS rate_max
FROM (SELECT value ->> 0 AS exchange, value ->> 1 AS symbol FROM json_each(?2))
CROSS JOIN funding_reads USING (exchange, symbol) CROSS JOIN funding_days USING (mode, exchange, symbol)
WHERE mode = ?1 AND day >= ?3 AND read_at IS NOT NULL
GROUP BY exchange, symbol
"""


class D1FundingRecord:
    """`FundingRecord` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_next(self, mode: Mode, asked_before: int, turn_at: int) -> list[Instrument]:
        rows = await self._database.run(_FIND_NEXT, mode, asked_before, turn_at)
        return unpack((row["payload"] for row in rows), _instruments)

    async def save(self, mode: Mode, reads: Sequence[FundingRead], forget_before: int) -> None:
        await self._database.run_all(
            [
                *(Statement(sql, (mode, rows)) for rows in pack(reads) for sql in (_SAVE_DAYS, _SAVE_READS)),
                Statement(_FORGET, (mode, forget_before, FORGOTTEN_MAX)),
            ]
        )

    async def load(self, mode: Mode, keys: Collection[PerpKey], since: int) -> Mapping[PerpKey, ChargedFunding]:
        found: dict[PerpKey, ChargedFunding] = {}
        for wanted in pack(sorted(set(keys))):
            for row in await self._database.run(_LOAD, mode, wanted, since):
                found[row["exchange"], row["symbol"]] = ChargedFunding(
                    from_at=row["from_at"],
                    read_at=row["read_at"],
                    settlements=row["settlements"],
                    rate_sum=row["rate_sum"],
                    rate_min=row["rate_min"],
                    rate_max=row["rate_max"],
                )
        return found
