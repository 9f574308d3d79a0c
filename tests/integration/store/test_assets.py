"""Assets and tickers: written once, changed when they change, and a match is not lost for want of a price."""

import pytest

from arbedge.adapters.cloudflare.d1.assets import D1Assets
from arbedge.adapters.cloudflare.d1.database import Database
from arbedge.domain.identity import NAMINGS, Naming
from arbedge.ports.assets import Asset
from tests.miniflare_shim import ShimEnv

HOLO = Asset("HOT.OKX", "matched", 2682, [2682], "Holo", "ethereum", "0x6c")


@pytest.fixture
def assets(database: Database) -> D1Assets:
    return D1Assets(database)


async def count_writes(env: ShimEnv) -> int:
    return (await env.DB.prepare("SELECT total_changes() AS n").first())["n"]


async def test_what_was_saved_is_loaded_and_saving_it_again_writes_nothing(env: ShimEnv, assets: D1Assets):
    many = [HOLO, Asset("ZZZ", "unknown"), Asset("QI.BYBIT", "ambiguous", cmc_candidates=[1, 2])]
    await assets.save(many, 1)
    assert [await assets.load(one.id) for one in many] == many
    assert await assets.count() == {"matched": 1, "unknown": 1, "ambiguous": 1}
    before = await count_writes(env)
    await assets.save(many, 2)
    assert await count_writes(env) == before


async def test_a_match_stays_while_its_coin_is_still_a_candidate(assets: D1Assets):
    await assets.save([HOLO], 1)
    await assets.save([Asset("HOT.OKX", "ambiguous", cmc_candidates=[900001, 2682])], 2)
    assert await assets.load("HOT.OKX") == HOLO
    changed = Asset("HOT.OKX", "ambiguous", cmc_candidates=[900001])
    await assets.save([changed], 3)
    assert await assets.load("HOT.OKX") == changed
    await assets.save([HOLO], 4)
    assert await assets.load("HOT.OKX") == HOLO


async def test_tickers_are_those_of_the_last_save(env: ShimEnv, assets: D1Assets):
    extra = Naming("bybit", "1000CAT", "CAT", 1000, "the rule for powers of ten")
    await assets.save_namings([*NAMINGS, extra])
    assert await assets.load_namings("CAT") == [extra]
    assert {row.ticker for row in await assets.load_namings("PEPE")} == {"1000PEPE"}
    before = await count_writes(env)
    await assets.save_namings([*NAMINGS, extra])
    assert await count_writes(env) == before
    await assets.save_namings(NAMINGS)
    assert await assets.load_namings("CAT") == []


async def test_nothing_is_known_of_what_was_never_saved(assets: D1Assets):
    assert (await assets.load("BTC"), await assets.load_namings("BTC"), await assets.count()) == (None, [], {})
