"""Counts of reads of market data, rolled up by the hour."""

from collections.abc import Mapping
from typing import Final

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.limits import MARKET_READS_KEPT_MS
from arbedge.ports.market_documents import Kind, Reads, Served

_HOUR_MS: Final = 3_600_000

_ADD = """
INSERT INTO market_reads (hour, kind, served, reads)
SELECT ?2, value ->> 'kind', value ->> 'served', value ->> 'reads' FROM json_each(?1) WHERE true
ON CONFLICT (hour, kind, served) DO UPDATE SET reads = reads + excluded.reads
"""
# What is forgotten by the hour goes on counting in the row of hour 0, so that the sum of all rows never falls.
_FOLD = """
INSERT INTO market_reads (hour, kind, served, reads)
SELECT 0, kind, served, sum(reads) FROM market_reads WHERE hour > 0 AND hour < ?1 GROUP BY kind, served
ON CONFLICT (hour, kind, served) DO UPDATE SET reads = reads + excluded.reads
"""
_PRUNE = "DELETE FROM market_reads WHERE hour > 0 AND hour < ?1"
_LOAD = """
SELECT kind, served, sum(reads) AS reads FROM market_reads WHERE hour >= ?1
GROUP BY kind, served ORDER BY kind, served
"""


class D1ReadCounts:
    """`ReadCounts` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, counts: Mapping[tuple[Kind, Served], int], now: int) -> None:
        rows = [Reads(kind, served, reads) for (kind, served), reads in counts.items()]
        text = msgspec.json.encode(rows).decode()
        hour = now - now % _HOUR_MS
        oldest = now - MARKET_READS_KEPT_MS
        await self._database.run_all(
            [Statement(_ADD, (text, hour)), Statement(_FOLD, (oldest,)), Statement(_PRUNE, (oldest,))]
        )

    async def load(self, since: int) -> list[Reads]:
        return [msgspec.convert(row, Reads) for row in await self._database.run(_LOAD, since - since % _HOUR_MS)]
