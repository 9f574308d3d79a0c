"""Sums over re-pricings, each over a bounded number of rows of one mode."""

from typing import Any, Final

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.domain.market import Mode
from arbedge.ports.track_record import Answered, Bin, Calibration, Realised, Totals

BINS: Final = 10

# A forecast is no arbitrage and is in none of these sums.
# What the books no longer held at the claimed size has no number, and is gone all the same.
# Quartiles by rank; of an even number the median lies between the two in the middle. Those without a number rank last.
_REALISED = """
WITH recent AS (
  SELECT step, type, exchanges, confidence, realised_bps, realised_bps / claimed_bps AS ratio FROM appraisals
  WHERE mode = ?1 AND claimed_at >= ?2 AND claimed_bps > 0 AND type <> 'technical'
    AND (state = 'valued' OR (state = 'unvalued' AND reason = 'depth'))
  ORDER BY claimed_at DESC LIMIT ?3
), grouped AS (
  SELECT 'all' AS grouping, 'all' AS name, step, realised_bps, ratio FROM recent
  UNION ALL SELECT 'type', type, step, realised_bps, ratio FROM recent
  UNION ALL SELECT 'exchanges', exchanges, step, realised_bps, ratio FROM recent
  UNION ALL SELECT 'confidence', coalesce(CAST(min(CAST(confidence * 10 AS INTEGER), 9) AS TEXT), ''),
    step, realised_bps, ratio FROM recent
), ranked AS (
  SELECT *, count(ratio) OVER (PARTITION BY grouping, name, step) AS n,
    row_number() OVER (PARTITION BY grouping, name, step ORDER BY ratio IS NULL, ratio) AS place
  FROM grouped
)
SELECT grouping, name, step, n, count(*) AS judged, total(realised_bps > 0) / count(*) AS positive_share,
  avg(CASE WHEN place IN ((n + 1) / 2, (n + 2) / 2) THEN ratio END) AS median,
  max(CASE WHEN place = (n + 3) / 4 THEN ratio END) AS lower_quartile,
  max(CASE WHEN place = (3 * n + 3) / 4 THEN ratio END) AS upper_quartile
FROM ranked GROUP BY grouping, name, step, n ORDER BY grouping, name, step
"""
_ANSWERED = """
SELECT step, state, reason, count(*) AS count FROM (
  SELECT step, state, reason FROM appraisals WHERE mode = ?1 AND claimed_at >= ?2 AND type <> 'technical'
  ORDER BY claimed_at DESC LIMIT ?3
) GROUP BY step, state, reason ORDER BY step, state, reason
"""
_CALIBRATION = """
SELECT min(CAST(p * 10 AS INTEGER), 9) AS bin, count(*) AS n, avg(p) AS mean_p, avg(happened) AS positive_share,
  sum((p - happened) * (p - happened)) AS squares
FROM (
  SELECT confidence AS p, CASE WHEN realised_bps > 0 THEN 1.0 ELSE 0.0 END AS happened FROM appraisals
  WHERE mode = ?1 AND claimed_at >= ?2 AND step = 'after_5s' AND confidence IS NOT NULL
    AND (state = 'valued' OR (state = 'unvalued' AND reason = 'depth'))
  ORDER BY claimed_at DESC LIMIT ?3
) GROUP BY bin ORDER BY bin
"""


class D1TrackRecord:
    """`TrackRecord` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sum_up(self, mode: Mode, since: int, rows_max: int) -> Totals:
        sums = [Statement(sql, (mode, since, rows_max)) for sql in (_REALISED, _ANSWERED, _CALIBRATION)]
        realised, answered, bins = await self._database.run_all(sums)
        return Totals(
            realised=[msgspec.convert(_name(row), Realised) for row in realised],
            answered=[msgspec.convert(row, Answered) for row in answered],
            calibration=_read_calibration(bins),
        )


def _name(row: dict[str, Any]) -> dict[str, Any]:
    """Groups of stated probabilities by their bounds; the group without one keeps an empty name."""
    if row["grouping"] != "confidence" or not row["name"]:
        return row
    low = int(row["name"])
    return {**row, "name": f"{low / BINS:.1f} to {(low + 1) / BINS:.1f}"}


def _read_calibration(rows: list[dict[str, Any]]) -> Calibration:
    n = sum(row["n"] for row in rows)
    return Calibration(
        n=n,
        brier=sum(row["squares"] for row in rows) / n if n else None,
        bins=[
            Bin(row["bin"] / BINS, (row["bin"] + 1) / BINS, row["n"], row["mean_p"], row["positive_share"])
            for row in rows
        ],
    )
