"""Assets and the tickers that stand for them."""

from collections.abc import Sequence

import msgspec

from arbedge.adapters.cloudflare.d1.database import Database, Statement
from arbedge.adapters.cloudflare.d1.documents import pack, unpack
from arbedge.domain.identity import Naming
from arbedge.ports.assets import Asset, AssetState

_assets = msgspec.json.Decoder(list[Asset])

# A match is not given up for want of a fresh price: only a coin that is no candidate any more ends it.
_SAVE = """
INSERT INTO assets (id, state, cmc_id, cmc_candidates, name, chain, contract, updated_at)
SELECT value ->> 'id', value ->> 'state', value ->> 'cmc_id', value -> 'cmc_candidates', value ->> 'name',
  value ->> 'chain', value ->> 'contract', ?2
FROM json_each(?1) WHERE true
ON CONFLICT (id) DO UPDATE SET
  state = excluded.state, cmc_id = excluded.cmc_id, cmc_candidates = excluded.cmc_candidates, name = excluded.name,
  chain = excluded.chain, contract = excluded.contract, updated_at = excluded.updated_at
WHERE (
  excluded.state <> assets.state OR excluded.cmc_id IS NOT assets.cmc_id
  OR excluded.cmc_candidates <> assets.cmc_candidates OR excluded.name IS NOT assets.name
  OR excluded.chain IS NOT assets.chain OR excluded.contract IS NOT assets.contract
) AND NOT (
  assets.state = 'matched' AND excluded.state = 'ambiguous'
  AND assets.cmc_id IN (SELECT value FROM json_each(excluded.cmc_candidates))
)
"""
_SAVE_NAMINGS = """
INSERT INTO asset_tickers (exchange, ticker, asset, multiplier, source)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1) WHERE true
ON CONFLICT (exchange, ticker) DO UPDATE SET
  asset = excluded.asset, multiplier = excluded.multiplier, source = excluded.source
WHERE excluded.asset <> asset_tickers.asset OR excluded.multiplier <> asset_tickers.multiplier
  OR excluded.source <> asset_tickers.source
"""
_DELETE_NAMINGS = """
DELETE FROM asset_tickers
WHERE exchange || ':' || ticker NOT IN (SELECT (value ->> 0) || ':' || (value ->> 1) FROM json_each(?1))
"""
_LOAD = """
SELECT json_object(
  'id', id, 'state', state, 'cmc_id', cmc_id, 'cmc_candidates', json(cmc_candidates), 'name', name, 'chain', chain,
  'contract', contract
) AS asset FROM assets WHERE id = ?1
"""
_LOAD_NAMINGS = """
SELECT exchange, ticker, asset, multiplier, source FROM asset_tickers WHERE asset = ?1 ORDER BY exchange, ticker
"""
_COUNT = "SELECT state, count(*) AS assets FROM assets GROUP BY state"


class D1Assets:
    """`Assets` on D1."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, assets: Sequence[Asset], now: int) -> None:
        await self._database.run_all([Statement(_SAVE, (rows, now)) for rows in pack(assets)])

    async def save_namings(self, namings: Sequence[Naming]) -> None:
        text = msgspec.json.encode(namings).decode()
        await self._database.run_all([Statement(_SAVE_NAMINGS, (text,)), Statement(_DELETE_NAMINGS, (text,))])

    async def load(self, asset_id: str) -> Asset | None:
        found = unpack((row["asset"] for row in await self._database.run(_LOAD, asset_id)), _assets)
        return found[0] if found else None

    async def load_namings(self, asset_id: str) -> list[Naming]:
        return [
            msgspec.convert(tuple(row.values()), Naming) for row in await self._database.run(_LOAD_NAMINGS, asset_id)
        ]

    async def count(self) -> dict[AssetState, int]:
        return {row["state"]: row["assets"] for row in await self._database.run(_COUNT)}
