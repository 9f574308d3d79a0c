"""Technical signals: a row a signal and a row a rule, in batches that are written and read whole."""

import logging
from typing import Final

import msgspec
from msgspec import Struct

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import pack
from arbedge.domain.market import Mode
from arbedge.domain.technical.signals import Signal, Signals, check_evidence
from arbedge.domain.technical.walk_forward import Evidence

FORGOTTEN_MAX: Final = 500  # rows that one run forgets of each table

_signal = msgspec.json.Decoder(Signal)
_evidence = msgspec.json.Decoder(Evidence)

log = logging.getLogger(__name__)

_NEWEST = "SELECT max(computed_at) FROM signal_rules WHERE mode = ?1"
_LOAD_RULES = f"""
SELECT computed_at, payload FROM signal_rules WHERE mode = ?1 AND computed_at = ({_NEWEST}) ORDER BY rule
"""  # noqa: S608 - made of constants
_LOAD_SIGNALS = f"""
SELECT payload FROM signals WHERE mode = ?1 AND computed_at = ({_NEWEST}) ORDER BY exchange, market, symbol, rule, bar
"""  # noqa: S608 - as above
_SAVE_RULES = """
INSERT INTO signal_rules (mode, rule, computed_at, trades, hits, net_bps, withheld, payload)
SELECT ?1, one ->> '$.evidence.rule', ?2, one ->> '$.evidence.trades', one ->> '$.evidence.hits',
  CAST(one ->> '$.evidence.net_bps' AS REAL), one ->> 'withheld', one -> 'evidence'
FROM (SELECT value AS one FROM json_each(?3)) WHERE true ON CONFLICT DO NOTHING
"""
_SAVE_SIGNALS = """
INSERT INTO signals (mode, computed_at, exchange, market, symbol, rule, side, bar, enter_by, source, age_ms, payload)
SELECT ?1, ?2, one ->> '$.at.exchange', one ->> '$.at.market', one ->> '$.at.symbol', one ->> 'rule', one ->> 'side',
  one ->> 'bar', one ->> 'enter_by', one ->> '$.at.source', max(0, ?2 - (one ->> '$.at.read_at')), one
FROM (SELECT value AS one FROM json_each(?3)) WHERE true ON CONFLICT DO NOTHING
"""
_FORGET = """
DELETE FROM {table} WHERE (mode, computed_at) IN (
  SELECT mode, computed_at FROM {table} WHERE mode = ?1 AND computed_at < ?2 LIMIT ?3
)
"""


class _Judged(Struct, frozen=True):
    evidence: Evidence
    withheld: str | None


class D1Signals:
    """`SignalStore` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, mode: Mode) -> Signals | None:
        """What cannot be read is computed anew within the hour: no scan stops for it."""
        rules, told = await self._database.run_all([Statement(_LOAD_RULES, (mode,)), Statement(_LOAD_SIGNALS, (mode,))])
        if not rules:
            return None
        try:
            evidence = [_evidence.decode(row["payload"]) for row in rules]
            signals = tuple(_signal.decode(row["payload"]) for row in told)
        except msgspec.MsgspecError as error:
            log.error("signals cannot be read", extra={"mode": mode, "error": str(error)})  # noqa: TRY400
            return None
        return Signals(rules[0]["computed_at"], {one.rule: one for one in evidence}, signals)

    async def save(self, mode: Mode, signals: Signals, minimum_bps: float, forget_before: int) -> None:
        judged = [_Judged(one, (check_evidence(one, minimum_bps) or (None,))[0]) for one in signals.rules.values()]
        batch = (mode, signals.computed_at)
        # Both tables in one transaction: the newest rules name the newest signals.
        await self._database.run_all(
            [
                *(Statement(_SAVE_SIGNALS, (*batch, rows)) for rows in pack(signals.told)),
                *(Statement(_SAVE_RULES, (*batch, rows)) for rows in pack(judged)),
                *(
                    Statement(_FORGET.format(table=table), (mode, forget_before, FORGOTTEN_MAX))
                    for table in ("signals", "signal_rules")
                ),
            ]
        )
