"""Examples out of re-pricings, and what was learned from them."""

import logging
from collections.abc import Sequence
from typing import Final

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.domain.confidence import Example, Learned, Model
from arbedge.domain.market import Mode
from arbedge.ports.learning import Outcome

FORGOTTEN_MAX: Final = 5_000  # rows that one run forgets

_features = msgspec.json.Decoder(dict[str, float])
_learned = msgspec.json.Decoder(Learned)
_encoder = msgspec.json.Encoder()

log = logging.getLogger(__name__)

_LOAD_OUTCOMES = """
SELECT pair, claimed_at, features, realised_bps FROM appraisals
WHERE mode = ?1 AND step = 'after_5s' AND features IS NOT NULL AND type <> 'technical'
  AND (state = 'valued' OR (state = 'unvalued' AND reason = 'depth'))
ORDER BY claimed_at DESC LIMIT ?2
"""
_LOAD = "SELECT payload FROM learned WHERE mode = ?1"
_SAVE = """
INSERT INTO learned (mode, payload, learned_at) VALUES (?1, ?2, ?3)
ON CONFLICT (mode) DO UPDATE SET payload = excluded.payload, learned_at = excluded.learned_at
WHERE excluded.learned_at >= learned.learned_at
"""
_SAVE_MODEL = """
INSERT INTO models (version, mode, trained_at, outcomes, brier, brier_of_base_rate, taken, payload)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING
"""
_FORGET = """
DELETE FROM appraisals WHERE (opportunity_id, step) IN (
  SELECT opportunity_id, step FROM appraisals WHERE mode = ?1 AND claimed_at < ?2 LIMIT ?3
)
"""


class D1Learning:
    """`Learning` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_outcomes(self, mode: Mode, limit: int) -> Sequence[Outcome]:
        rows = await self._database.run(_LOAD_OUTCOMES, mode, limit)
        return [
            Outcome(
                row["pair"],
                Example(row["claimed_at"], _features.decode(row["features"]), (row["realised_bps"] or 0) > 0),
            )
            for row in rows
        ]

    async def load(self, mode: Mode) -> Learned | None:
        """What cannot be read is learned anew: it is derived from outcomes, and no scan stops for it."""
        rows = await self._database.run(_LOAD, mode)
        try:
            return _learned.decode(rows[0]["payload"]) if rows else None
        except msgspec.MsgspecError as error:
            log.error("what was learned cannot be read", extra={"mode": mode, "error": str(error)})  # noqa: TRY400
            return None

    async def save(self, learned: Learned, trained: Model | None, forget_before: int) -> None:
        statements = [
            Statement(_SAVE, (learned.mode, _encoder.encode(learned).decode(), learned.learned_at)),
            Statement(_FORGET, (learned.mode, forget_before, FORGOTTEN_MAX)),
        ]
        if trained is not None:
            statements.append(_save_model(trained, is_taken=trained == learned.model))
        await self._database.run_all(statements)


def _save_model(model: Model, *, is_taken: bool) -> Statement:
    judged = model.judgement
    figures = (model.trained_at, model.n, judged.brier, judged.brier_of_base_rate, int(is_taken))
    return Statement(_SAVE_MODEL, (model.version, model.mode, *figures, _encoder.encode(model).decode()))
