"""What can be compared of opportunities, read without the order books that make up most of each."""

import msgspec

from arbedge.adapters.cloudflare.d1.changes import PREMIUM_TYPES_JSON
from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import recall
from arbedge.domain.market import Mode
from arbedge.domain.policy import PREMIUM_NET_BPS
from arbedge.domain.similarity import Traits

_traits = msgspec.json.Decoder(list[Traits])

_TRAITS = """
SELECT json_object('id', id, 'type', type, 'asset', asset, 'ended_at', ended_at,
  'places', json((SELECT json_group_array(json_array(value ->> 'exchange', value ->> 'market'))
    FROM json_each(payload, '$.sighting.legs'))),
  'edge_bps', CAST(coalesce(payload ->> '$.claim.net_bps', payload ->> '$.sighting.edge.net_bps') AS REAL),
  'room', coalesce(CAST(payload ->> '$.sighting.capacity_quote' AS REAL)
    / nullif(CAST(payload ->> '$.sighting.edge.size_quote' AS REAL), 0), 0),
  'horizon_h', payload ->> 'horizon_h',
  'confirmed_at', coalesce(payload ->> '$.claim.at', detected_at),
  'steadiness', payload ->> '$.claim.features.edge_over_volatility') AS traits
FROM ({rows})
WHERE mode = ?2 AND (?3 OR NOT (net_bps >= ?4 OR type IN (SELECT value FROM json_each(?5))))
"""
# Limited before they are filtered, so that it is known how many rows are read.
_OPEN_TRAITS = _TRAITS.format(
    rows="SELECT * FROM opportunities INDEXED BY opportunities_open WHERE ended_at IS NULL"
    " ORDER BY ranked_bps DESC, id LIMIT ?1"
)
_ENDED_TRAITS = _TRAITS.format(
    rows="SELECT * FROM opportunities INDEXED BY opportunities_ended WHERE ended_at >= ?6"
    " ORDER BY ended_at DESC LIMIT ?1"
)


async def load_traits(
    database: Database, mode: Mode, ended_since: int, open_max: int, ended_max: int, *, with_premium: bool
) -> list[Traits]:
    wanted = (mode, int(with_premium), PREMIUM_NET_BPS, PREMIUM_TYPES_JSON)
    results = await database.run_all(
        [
            Statement(_OPEN_TRAITS, (open_max, *wanted)),
            Statement(_ENDED_TRAITS, (ended_max, *wanted, ended_since)),
        ]
    )
    found = recall([row["traits"] for rows in results for row in rows], _traits)
    return [one for one in found if one is not None]
