"""News of opportunities in the order in which it was written, for those who follow it."""

from typing import Final

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import recall
from arbedge.domain.opportunity import Opportunity
from arbedge.domain.policy import PREMIUM_TYPES
from arbedge.ports.store import Change, Changes, OpportunityFilter

PREMIUM_TYPES_JSON: Final = msgspec.json.encode(sorted(PREMIUM_TYPES)).decode()
_opportunities = msgspec.json.Decoder(list[Opportunity])

LOAD_COUNTER = "SELECT value FROM change_counter"
_LOAD_CHANGES = """
SELECT seq, opened_seq, payload FROM opportunities INDEXED BY opportunities_changed
WHERE seq > ?1
  AND (?2 IS NULL OR type = ?2)
  AND (?3 IS NULL OR asset = ?3)
  AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(payload, '$.sighting.legs') WHERE value ->> 'exchange' = ?4))
  AND (?8 OR type <> 'technical')
  AND (?5 IS NULL OR ?5 OR type NOT IN (SELECT value FROM json_each(?6)))
ORDER BY seq LIMIT ?7
"""


async def load_changes(database: Database, wanted: OpportunityFilter, after_seq: int, limit: int) -> Changes:
    is_premium = None if wanted.is_premium is None else int(wanted.is_premium)
    filters = (wanted.type, wanted.asset, wanted.exchange, is_premium, PREMIUM_TYPES_JSON)
    rows, counted = await database.run_all(
        [
            Statement(_LOAD_CHANGES, (after_seq, *filters, limit + 1, int(wanted.shows_technical))),
            Statement(LOAD_COUNTER),
        ]
    )
    is_cut, rows = len(rows) > limit, rows[:limit]
    found = zip(rows, recall([row["payload"] for row in rows], _opportunities), strict=True)
    items = [Change(row["seq"], row["opened_seq"], one) for row, one in found if one is not None]
    return Changes(items, rows[-1]["seq"] if is_cut else counted[0]["value"], is_cut)
